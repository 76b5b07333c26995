"""The floors of the house: which rooms there are, and what each may import. It is all in one table.

A room imports itself and rooms on lower floors, so imports go one way and never in a circle. Pure
rooms decide and render: no settings, no tables, no sockets, and no clock but the one they are given.
`python -m tests.floors` prints the files whose types are checked strictly, `python -m
tests.floors pure` the pure ones; the Makefile passes both on.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# What a pure room may import besides the standard library.
# Translation chooses the words of a sentence; what is decided does not depend on it.
PURE_LIBRARIES = ("phonenumbers", "twilio.twiml", "django.utils.translation")


@dataclass(frozen=True)
class Room:
    """`is_pure` and `is_typed` hold for all of its modules, but not for rooms below its name."""

    floor: int
    is_pure: bool = False
    is_typed: bool = False


PURE = {"is_pure": True, "is_typed": True}
# The longest name that a module begins with is its room.
ROOMS = {
    "telephony.identifiers": Room(0, **PURE),
    "telephony.routing": Room(1, **PURE),
    "telephony.ledger": Room(1, **PURE),
    "telephony.bulk": Room(1, **PURE),
    "telephony.asterisk": Room(1, **PURE),
    "telephony.wire": Room(2, **PURE),
    "telephony.asterisk.box": Room(2, is_typed=True),
    "telephony.models": Room(2),
    "telephony.database": Room(2),
    "telephony.records": Room(3),
    "telephony.snapshots": Room(3),
    "telephony.health": Room(4),
    "telephony.webhooks": Room(5),
    "telephony.rehearsal": Room(6),
    "telephony.periodic": Room(6),
    "telephony.admin": Room(7),
    "telephony.templatetags": Room(8),
    "telephony.management": Room(8),
    "telephony.checks": Room(7),
    "telephony.apps": Room(8),
}
# Pure modules in rooms that are not pure as a whole: they share a room with what writes or plays
# what they make, and may import each other but nothing else of it.
PURE_MODULES = (
    "telephony.health.alerts.judging",
    "telephony.health.alerts.signing",
    "telephony.health.alerts.silence",
    "telephony.health.alerts.words",
    "telephony.health.findings.codes",
    "telephony.health.findings.finding",
    "telephony.health.findings.words",
    "telephony.health.options",
    "telephony.records.decision",
    "telephony.records.event",
    "telephony.records.evidence",
    "telephony.records.gaps",
    "telephony.records.hours",
    "telephony.records.legs",
    "telephony.records.meanings",
    "telephony.records.outcome",
    "telephony.records.places",
    "telephony.records.projection",
    "telephony.records.scene",
    "telephony.records.timeline",
    "telephony.rehearsal.backtest",
    "telephony.rehearsal.endings",
    "telephony.rehearsal.player",
    "telephony.rehearsal.seen",
    "telephony.rehearsal.tally",
)
# Typed strictly though not pure.
TYPED_MODULES = ("telephony.health.probe", "telephony.records.journal", "project.dotenv")


def sources() -> list[Path]:
    """Every module of telephony but migrations, which Django writes and nobody imports."""
    files = sorted((ROOT / "telephony").rglob("*.py"))
    return [path for path in files if "migrations" not in path.parts]


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def room_of(module: str) -> str:
    """Return the room of a module. Raises LookupError if it is in none."""
    names = [name for name in ROOMS if f"{module}.".startswith(f"{name}.")]
    if not names:
        raise LookupError(f"{module} stands on no floor: give its room a line in ROOMS")
    return max(names, key=len)


def is_pure(module: str) -> bool:
    return module in PURE_MODULES or ROOMS[room_of(module)].is_pure


def pure_files() -> list[Path]:
    return [path for path in sources() if _has_room(path) and is_pure(module_of(path))]


def typed_files() -> list[Path]:
    typed = [
        path
        for path in sources()
        if _has_room(path)
        and (is_pure(module_of(path)) or ROOMS[room_of(module_of(path))].is_typed)
    ]
    return [*typed, *(ROOT / f"{name.replace('.', '/')}.py" for name in TYPED_MODULES)]


def _has_room(path: Path) -> bool:
    # The package telephony itself is only a name, and not a room.
    return module_of(path) != "telephony"


if __name__ == "__main__":
    files = pure_files() if sys.argv[1:] == ["pure"] else typed_files()
    sys.stdout.write("".join(f"{path.relative_to(ROOT)}\n" for path in files))
