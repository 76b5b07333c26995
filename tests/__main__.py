"""Runs the suite: `python -m tests`, or a part of it: `python -m tests tests/routing -x`.

1. Missing programs are installed where that is allowed.
2. What is missing still is told. In CI that is the end.
3. Pytest runs on SQLite, with the arguments given. Without any, the coverage of the pure rooms is
   measured, which must not fall below the floor in pyproject.toml.
4. What depends on the database runs on PostgreSQL too: without arguments, or with ON_POSTGRES=yes.
5. What was left out is told again, at the very end.
"""

import os
import sys
from collections.abc import Sequence

from project.debian import tell
from tests import floors, on_postgres, programs

PYTEST = (sys.executable, "-m", "pytest")
# The rest brings databases of its own.
DEPENDS_ON_DATABASE = ("-m", "not live and not asterisk")
# Pytest's exit status where it came to its end. Others say that it was interrupted, or worse.
ALL_PASSED, SOME_FAILED = 0, 1


def main(arguments: Sequence[str]) -> int:
    absent = programs.missing()
    left_out = programs.notice(absent)
    if left_out:
        tell(left_out)
    if absent and programs.in_ci():
        return 1
    status = on_postgres.run((*PYTEST, *(arguments or measuring())))
    is_wanted = not arguments or os.environ.get("ON_POSTGRES") == "yes"
    if is_wanted and status in (ALL_PASSED, SOME_FAILED):
        status = on_postgres.main((*PYTEST, *DEPENDS_ON_DATABASE, *arguments)) or status
    if left_out:
        tell(left_out)
    return status


def measuring() -> list[str]:
    """Pytest's options to measure the pure rooms, module by module.

    A package would bring all that is below it, impure rooms too; its own file is empty.
    """
    modules = [path for path in floors.pure_files() if path.name != "__init__.py"]
    return [f"--cov={floors.module_of(path)}" for path in modules]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
