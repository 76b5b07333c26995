"""Turns Twilio's declarations of TwiML, and the way its library writes them, into plain data.

The declarations say which attributes and children a class has and whether it takes text; the
JavaScript beside them says under which tag it is written.
"""

import re
from collections.abc import Iterable
from typing import Any

from tests.twiml.declarations import ROOT, Declarations, NotUnderstood, Parser, Signature

PLAIN_TYPES = {"boolean", "number", "string"}
# One alternative for a class of the JavaScript, one for a method that adds an element to it.
WRITING = re.compile(
    r"class (?P<within>\w+) extends TwiML_1\.default \{"
    r"|return new VoiceResponse\.(?P<made>\w+)"
    r'\(this\.\w+\.ele\("(?P<tag>[\w-]+)", attributes(?P<text>, \w+)?\)\);'
)


def extract(declarations: str, writer: str, base: str) -> dict[str, Any]:
    """Return the elements by class, and the enumerations.

    The texts are VoiceResponse.d.ts, VoiceResponse.js and TwiML.js, the base class of them all.
    """
    declared = Parser(declarations).file()
    _refuse_loose_ends(declared)
    tags = _tags(writer, declared)
    tags[ROOT] = _only(r'\.create\("(\w+)"', base, "the root's tag")
    between = _only(r'value\.join\("([^"]*)"\)', base, "what stands between the values of a list")
    return {
        "between_values": between,
        "elements": {name: _element(name, tags, declared) for name in declared.classes},
        "enumerations": {name: sorted(each) for name, each in declared.enumerations.items()},
        "root": ROOT,
    }


def _element(name: str, tags: dict[str, str], declared: Declarations) -> dict[str, Any]:
    made = [s for s in _signatures(declared) if s.made == name]
    attributes = _agreed(name, (s.attributes for s in made if s.attributes), "object")
    children = {tags[s.made]: s.made for s in declared.classes[name]}
    if len(children) < len({s.made for s in declared.classes[name]}):
        raise NotUnderstood(f"{name} has two children of one tag: {children}")
    return {
        "attributes": {} if attributes == "object" else declared.interfaces[attributes],
        "children": children,
        "tag": tags[name],
        "text": _agreed(name, (s.text for s in made), "none"),
    }


def _agreed(name: str, said: Iterable[str], otherwise: str) -> str:
    different = set(said) or {otherwise}
    if len(different) > 1:
        raise NotUnderstood(f"{name} is made in different ways: {sorted(different)}")
    return different.pop()


def _tags(writer: str, declared: Declarations) -> dict[str, str]:
    """Return the tag of each class; what the JavaScript writes must be what is declared."""
    tags: dict[str, str] = {}
    written: list[tuple[str, str, bool]] = []
    within = ""
    for match in WRITING.finditer(writer):
        if match["within"]:
            within = match["within"]
            continue
        if tags.setdefault(match["made"], match["tag"]) != match["tag"]:
            raise NotUnderstood(f"{match['made']} is written under two tags")
        written.append((within, match["made"], bool(match["text"])))
    said = {
        (name, signature.made, signature.text != "none")
        for name, signatures in declared.classes.items()
        for signature in signatures
    }
    if unlike := sorted(set(written) ^ said):
        raise NotUnderstood(f"the JavaScript does not write what is declared: {unlike}")
    if len(written) != writer.count(".ele("):
        raise NotUnderstood("the JavaScript adds elements in a way that cannot be read")
    return tags


def _only(pattern: str, text: str, what: str) -> str:
    found: list[str] = re.findall(pattern, text)
    if len(found) != 1:
        raise NotUnderstood(f"TwiML.js must say {what} once; it was found {len(found)} times")
    return found[0]


def _refuse_loose_ends(declared: Declarations) -> None:
    """Refuse what is declared but not used, which would be left out, and the reverse."""
    signatures = _signatures(declared)
    types = {kind for each in declared.interfaces.values() for kind in each.values()}
    for what, known, used in (
        ("class", set(declared.classes), {s.made for s in signatures} | {ROOT}),
        ("interface", set(declared.interfaces), {s.attributes for s in signatures}),
        ("type", set(declared.enumerations), {kind.removesuffix("[]") for kind in types}),
    ):
        if unlike := known ^ (used - PLAIN_TYPES - {"object", None}):
            raise NotUnderstood(f"{what}: {sorted(map(str, unlike))} declared and not used, or used and not declared")  # fmt: skip


def _signatures(declared: Declarations) -> list[Signature]:
    return [signature for each in declared.classes.values() for signature in each]
