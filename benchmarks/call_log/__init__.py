"""Measures the call log's list, totals, search and CSV, and the start page, beside Django's own list: `python -m benchmarks.call_log`."""
