"""Measures the call log's list, search and CSV, beside Django's own list: `python -m benchmarks.call_log`."""
