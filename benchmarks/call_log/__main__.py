"""Measures the call log's list, totals, search and CSV, and the start page, beside Django's own list: `python -m benchmarks.call_log`.

Every figure of a page is of the whole request: the session, the user, the calls and the HTML.
"""

import argparse
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests import on_postgres

SIZES = (10_000, 1_000_000)


def main() -> None:
    options = parse()
    for size in options.calls:
        for database in options.databases:
            # Django is set up for one database in a process.
            child = os.fork()
            if child == 0:
                with database_of(database) as url:
                    run(url, size, stock=not options.no_stock)
                os._exit(0)
            if os.waitpid(child, 0)[1]:
                raise SystemExit(f"{database} with {size:,} calls failed")


def run(url: str, size: int, *, stock: bool) -> None:
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "project.settings",
        "SECRET_KEY": "benchmark" * 6,
        "DEBUG": "False",
        "PUBLIC_BASE_URL": "https://panel.example.com",
        "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
        "TWILIO_AUTH_TOKEN": "a-token-of-the-benchmark",
        "DATABASE_URL": url,
        "LOG_LEVEL": "ERROR",
    }
    import django

    django.setup()
    from benchmarks.call_log.making import make
    from benchmarks.call_log.pages import measure

    print(f"\n{size:,} calls, {url.partition(':')[0]}", flush=True)
    make(size)
    measure(stock=stock)


@contextmanager
def database_of(name: str) -> Iterator[str]:
    """A database of the benchmark's own; yields its address."""
    if name == "sqlite":
        with tempfile.TemporaryDirectory(prefix="switchhook-log-") as folder:
            yield f"sqlite:///{Path(folder) / 'log.sqlite3'}"
        return
    binaries = on_postgres.find_binaries()
    if binaries is None:
        raise SystemExit(f"PostgreSQL is missing. To install it: {on_postgres.INSTALL}")
    with on_postgres.cluster(binaries) as postgres:
        yield postgres.url


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.call_log", description=__doc__)
    parser.add_argument("calls", nargs="*", type=int, default=SIZES, help="such as 10000000")
    parser.add_argument(
        "--databases", nargs="+", choices=("sqlite", "postgresql"), default=("sqlite", "postgresql")
    )
    parser.add_argument("--no-stock", action="store_true", help="without Django's own list")
    return parser.parse_args()


if __name__ == "__main__":
    main()
