"""A network that swallows packets: rules of nft, which only root may make."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager


def is_possible() -> bool:
    return os.geteuid() == 0 and shutil.which("nft") is not None


@contextmanager
def black_hole(port: int, *addresses: str) -> Iterator[None]:
    """Drop, without a word, whatever goes to this port at these addresses of ours or comes from there."""
    table = f"switchhook_faults_{os.getpid()}"
    places = f"{{ {', '.join(addresses)} }}"
    rules = f"""table inet {table} {{
        chain arriving {{
            type filter hook input priority 0;
            ip daddr {places} tcp dport {port} drop
            ip saddr {places} tcp sport {port} drop
        }}
    }}"""
    subprocess.run(["nft", "-f", "-"], input=rules, text=True, check=True)
    try:
        yield
    finally:
        subprocess.run(["nft", "delete", "table", "inet", table], check=True)
