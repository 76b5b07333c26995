"""Judges a TwiML document: by Twilio's own type declarations, then by what its pages add.

types.json is extracted (`make twiml-types`) and says what exists, what stands within what and which
values there are; documented.py is the small table of what the declarations lack. Twilio would run
most of these documents and ignore what it does not know, with a warning that nobody sees.
"""

import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from pathlib import Path

from tests.twiml import documented

TYPES = json.loads(Path(__file__).with_name("types.json").read_text(encoding="utf-8"))
ELEMENTS, ENUMERATIONS, ROOT = TYPES["elements"], TYPES["enumerations"], TYPES["root"]
TAGS = {element["tag"] for element in ELEMENTS.values()}
PLAIN = {"boolean": "true|false", "number": r"-?[0-9]+(\.[0-9]+)?", "string": "(?s:.*)"}
XML_PREFIX = "{http://www.w3.org/XML/1998/namespace}"


def judged(document: str, *, is_screening: bool = False) -> str:
    """Return the document unchanged if it has no fault."""
    found = faults(document, is_screening=is_screening)
    assert not found, "\n".join(["Twilio would not take this TwiML as it is meant:", *found, document])  # fmt: skip
    return document


def faults(document: str, *, is_screening: bool = False) -> list[str]:
    """Return a sentence for each fault of a document, in the order of the document.

    A screening document answers the `url` of a noun in <Dial>; fewer verbs are allowed there.
    """
    try:
        root = ET.fromstring(document)
    except ET.ParseError as error:
        return [f"The document is not well-formed XML: {error}."]
    if root.tag != ELEMENTS[ROOT]["tag"]:
        return [f"The document begins with <{root.tag}>, not with <{ELEMENTS[ROOT]['tag']}>."]
    whole = documented.document_faults(root, len(document.encode()), is_screening=is_screening)
    return [*_faults(root, ROOT, root.tag), *(f"The document {fault}." for fault in whole)]


def _faults(element: ET.Element, kind: str, where: str) -> Iterator[str]:
    for name, value in element.attrib.items():
        name = name.replace(XML_PREFIX, "xml:")
        if fault := _attribute_fault(kind, name, value):
            yield f"{where}: {name}={value!r} {fault}."
    text = "".join([element.text or "", *(child.tail or "" for child in element)])
    for fault in _text_faults(element, ELEMENTS[kind]["text"], text.strip()):
        yield f"{where} {fault}."
    for fault in documented.element_faults(element, kind, text.strip()):
        yield f"{where} {fault}."
    children = ELEMENTS[kind]["children"]
    for place, child in enumerate(element, 1):
        if child.tag in children:
            yield from _faults(child, children[child.tag], f"{where}/{child.tag}[{place}]")
        else:
            yield f"{where} holds <{child.tag}>, {_misplaced(child.tag, children)}."


def _text_faults(element: ET.Element, declared: str, text: str) -> Iterator[str]:
    if declared == "none" and text:
        yield f"holds the text {text!r}; there may be none"
    if declared == "required" and not text and not len(element):
        yield "is empty; it needs a text"


def _attribute_fault(kind: str, name: str, value: str) -> str | None:
    known = ELEMENTS[kind]["attributes"]
    declared = known.get(name) or documented.ATTRIBUTES.get((kind, name))
    if declared is None:
        return f"is no attribute that Twilio knows there{_meant(name, known)}"
    if value in documented.VALUES.get((kind, name), ()):
        return None
    return _type_fault(declared, value) or documented.value_fault(kind, name, value)


def _type_fault(declared: str, value: str) -> str | None:
    base = declared.removesuffix("[]")
    is_list = base != declared
    values = value.split(TYPES["between_values"]) if is_list else [value]
    wrong = [each for each in values if not _is(base, each)]
    if not wrong:
        return None
    if is_list:
        return f"is no list of {base}: {wrong[0]!r} is none"
    return f"is no {base}{_meant(value, ENUMERATIONS.get(base, ()))}"


def _is(base: str, value: str) -> bool:
    if base in PLAIN:
        return re.fullmatch(PLAIN[base], value) is not None
    return value in ENUMERATIONS[base]


def _misplaced(tag: str, children: Iterable[str]) -> str:
    if tag not in TAGS:
        return f"which Twilio does not know{_meant(tag, TAGS)}"
    return f"which may not stand there; there may be {', '.join(children) or 'no element'}"


def _meant(word: str, known: Iterable[str]) -> str:
    close = get_close_matches(word, known, n=1)
    return f" (was {close[0]} meant?)" if close else ""
