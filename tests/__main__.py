"""Runs the suite: `python -m tests`, or a part of it: `python -m tests tests/routing -x`.

1. Missing programs are installed where that is allowed.
2. What is still missing is reported. In CI that ends the run.
3. Pytest runs on SQLite, with the arguments given. Without any, the tests of parts run side by side,
   and the coverage of the pure rooms is measured; it must not fall below the limit in pyproject.toml.
   Then those that drive Asterisk run beside those that drive the running panel: both mostly wait.
4. What depends on the database runs on PostgreSQL too, if there are no arguments or ON_POSTGRES=yes.
5. What was left out is reported again, at the very end.
"""

import os
import sys
from collections.abc import Sequence

from project.debian import tell
from tests import floors, on_postgres, programs

PYTEST = (sys.executable, "-m", "pytest")
PARTS, WHOLES = ("-m", "not live and not asterisk"), ("-m", "live or asterisk")
SIDE_BY_SIDE = ("--numprocesses=auto", "--maxprocesses=4")
# In each of the two one at a time, because they use clocks and ports.
IN_TWO = ("--numprocesses=2", "--dist=loadgroup")
# The other tests bring databases of their own.
DEPENDS_ON_DATABASE = ("-m", "not live and not asterisk and not any_database")
# Pytest's exit statuses for a complete run. Others mean that it was interrupted, or worse.
ALL_PASSED, SOME_FAILED = 0, 1


def main(arguments: Sequence[str]) -> int:
    absent = programs.missing()
    left_out = programs.notice(absent)
    if left_out:
        tell(left_out)
    if absent and programs.in_ci():
        return 1
    status = _run_on_sqlite(arguments)
    is_wanted = not arguments or os.environ.get("ON_POSTGRES") == "yes"
    if is_wanted and status in (ALL_PASSED, SOME_FAILED):
        how = arguments or SIDE_BY_SIDE
        status = on_postgres.main((*PYTEST, *DEPENDS_ON_DATABASE, *how)) or status
    if left_out:
        tell(left_out)
    return status


def _run_on_sqlite(arguments: Sequence[str]) -> int:
    if arguments:
        return on_postgres.run((*PYTEST, *arguments))
    status = on_postgres.run((*PYTEST, *PARTS, *SIDE_BY_SIDE, *measuring()))
    if status in (ALL_PASSED, SOME_FAILED):
        status = on_postgres.run((*PYTEST, *WHOLES, *IN_TWO)) or status
    return status


def measuring() -> list[str]:
    """Return pytest's options to measure the pure rooms, module by module.

    Naming a package would measure all that is below it, even impure rooms; its own file is empty.
    """
    modules = [path for path in floors.pure_files() if path.name != "__init__.py"]
    return [f"--cov={floors.module_of(path)}" for path in modules]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
