"""A route as one line of text that people can write: `Ana's desk 20s > Lobby 25s + Desk 25s > Mobile 30s`.

Steps after `>` ring later, those around ` + ` together. `20s` is how long a step rings. In brackets
stands when the call moves on, where that is not the usual: `[after failure, busy]` or `[never]`.
"""

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches

RING_S = 20
WORDS = ("failure", "no answer", "busy", "decline")
USUALLY = frozenset({"failure", "no answer"})
NEVER = "never"
# Letters of a name for which a similar one is looked for, which is slow for long ones.
GUESSED_AT_MOST = 128
# What a step may end with. Each is searched for from the left and begins with one sign only, so
# that no run of blanks or brackets is looked through more than once.
WORDS_AT_END = re.compile(r"\[([^\[\]]*)\]\Z")
SECONDS_AT_END = re.compile(r"\s([0-9]{1,9})\s*s\Z")
TOGETHER = re.compile(r"(?<=\s)\+(?=\s)")
E164_AS_TYPED = re.compile(r"\+[0-9 ().-]+")


@dataclass(frozen=True, slots=True)
class Ring:
    """One step: who rings, for how many seconds, and after what the call moves on."""

    name: str
    ring_s: int = RING_S
    moves_on: frozenset[str] = USUALLY


# Rings of one group ring together; the groups ring one after the other.
Route = tuple[tuple[Ring, ...], ...]


def write_route(route: Route) -> str:
    return " > ".join(" + ".join(map(_write_ring, group)) for group in route)


def _write_ring(ring: Ring) -> str:
    text = f"{ring.name} {ring.ring_s}s"
    if ring.moves_on == USUALLY:
        return text
    words = ", ".join(word for word in WORDS if word in ring.moves_on)
    return f"{text} [after {words}]" if words else f"{text} [{NEVER}]"


def read_route(text: str) -> Route:
    """Raises ValueError with a sentence for the person."""
    if not text.strip():
        return ()
    return tuple(
        tuple(_read_ring(step) for step in TOGETHER.split(group)) for group in text.split(">")
    )


def _read_ring(text: str) -> Ring:
    name, words, seconds = text.strip(), None, RING_S
    if found := WORDS_AT_END.search(name):
        name, words = name[: found.start()].rstrip(), found[1]
    if found := SECONDS_AT_END.search(name):
        name, seconds = name[: found.start()].rstrip(), int(found[1])
    if not name or "[" in name or "]" in name:
        said = f"{text.strip()!r} is no step" if text.strip() else "A step is missing beside > or +"
        raise ValueError(
            f"{said}. Write who rings and for how long, such as Reception 20s; > before those who "
            "ring later, + between those who ring together."
        )
    return Ring(name, seconds, _read_words(words))


def _read_words(text: str | None) -> frozenset[str]:
    if text is None:
        return USUALLY
    words = {" ".join(word.removeprefix("after").split()) for word in _listed(text)}
    if words == {NEVER}:
        return frozenset()
    if not words or not words <= set(WORDS):
        wrong = ", ".join(sorted(words - set(WORDS))) or "nothing"
        raise ValueError(
            f"[{text}] has {wrong} in it. In brackets stands after what the call moves on: "
            f"{', '.join(WORDS)}; or {NEVER}."
        )
    return frozenset(words)


def _listed(text: str) -> list[str]:
    return [word.strip().casefold() for word in text.split(",") if word.strip()]


class Names:
    """What destinations are called in routes: by their label, or by what nothing else is called.

    `labels` and `addresses` are by the destination's key; an address is `user@server` or a number.
    """

    def __init__(self, addresses: Mapping[str, str], labels: Mapping[str, str]) -> None:
        self._found: dict[str, set[str]] = defaultdict(set)
        for key, name in [*addresses.items(), *labels.items()]:
            self._found[name.casefold()].add(key)
        self._exact = {address: key for key, address in addresses.items()}
        self._names = {
            key: label if self._is_fit(label := labels.get(key, "")) else address
            for key, address in addresses.items()
        }

    def name_of(self, key: str) -> str:
        return self._names[key]

    def find(self, name: str) -> str:
        """Return the key. Raises ValueError with a sentence for the person."""
        if E164_AS_TYPED.fullmatch(name):
            name = "+" + re.sub("[^0-9]", "", name)
        if name in self._exact:
            return self._exact[name]
        keys = self._found.get(name.casefold(), set())
        if len(keys) == 1:
            return next(iter(keys))
        how = "Write its label, user@server, or a fallback number with + and country code."
        if keys:
            raise ValueError(f"{len(keys)} destinations are called {name!r}. {how}")
        raise ValueError(f"Nobody is called {name!r}. {how}{self._guess(name)}")

    def _is_fit(self, label: str) -> bool:
        """Whether a label leads back to its destination from anywhere in a route."""
        if not label or len(self._found[label.casefold()]) > 1 or E164_AS_TYPED.fullmatch(label):
            return False
        ring = Ring(label)
        route: Route = ((ring, ring), (ring,))
        try:
            return read_route(write_route(route)) == route
        except ValueError:
            return False

    def _guess(self, name: str) -> str:
        if len(name) > GUESSED_AT_MOST:
            return ""
        close = get_close_matches(name, list(self._names.values()), n=1)
        return "".join(f" Did you mean {each}?" for each in close)
