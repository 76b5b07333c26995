"""A small parser of the TypeScript declarations that Twilio's generator writes, and of no others.

Whatever it does not understand stops it, with the line: a judge that has silently lost a verb
would call good documents wrong.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NoReturn

ROOT = "VoiceResponse"

TOKEN = re.compile(
    r"""(?P<blank> \s+ | //[^\n]* | /\*.*?\*/ )
      | (?P<string> "[^"\\\n]*" )
      | (?P<name> [A-Za-z_]\w* )
      | (?P<mark> [{}()\[\]:;,|?=.] )""",
    re.VERBOSE | re.DOTALL,
)


class NotUnderstood(Exception):
    """The sources hold something that this program cannot read; teach it before going on."""


@dataclass(frozen=True, slots=True)
class Token:
    kind: str
    text: str
    line: int


@dataclass(frozen=True, slots=True)
class Signature:
    """One declared way to add an element.

    `attributes` is the name of an interface, "object" where none are declared, or None where this
    way takes none; `text` is none, optional or required.
    """

    made: str
    attributes: str | None
    text: str


@dataclass(slots=True)
class Declarations:
    enumerations: dict[str, list[str]] = field(default_factory=dict)
    interfaces: dict[str, dict[str, str]] = field(default_factory=dict)
    classes: dict[str, list[Signature]] = field(default_factory=dict)


class Parser:
    """A descent through the few forms of declaration that Twilio's generator writes."""

    def __init__(self, text: str) -> None:
        self.tokens = list(_tokens(text))
        self.at = 0
        self.declared = Declarations()

    def file(self) -> Declarations:
        while self.next.kind != "end":
            if self.accept("import"):
                self.skip_import()
            elif self.accept("export"):
                self.expect("=", ROOT, ";")
            else:
                self.expect("declare")
                self.declaration()
        return self.declared

    def declaration(self) -> None:
        if self.accept("class"):
            self.class_()
        else:
            self.expect("namespace", ROOT, "{")
            self.namespace()

    def skip_import(self) -> None:
        while not self.accept(";"):
            if self.next.kind not in ("name", "string") and self.next.text not in "{},":
                self.refuse("the rest of an import")
            self.take()

    def namespace(self) -> None:
        while not self.accept("}"):
            if self.accept("type"):
                self.enumeration()
                continue
            self.expect("export")
            if self.accept("interface"):
                self.interface()
            elif self.accept("class"):
                self.class_()
            else:
                self.expect("{", "}", ";")

    def enumeration(self) -> None:
        name = self.name()
        self.expect("=")
        values = [self.string()]
        while self.accept("|"):
            values.append(self.string())
        self.expect(";")
        if name in self.declared.enumerations or len(set(values)) < len(values):
            self.fail(f"{name} is declared twice, or one of its values is")
        self.declared.enumerations[name] = values

    def interface(self) -> None:
        # TypeScript merges the declarations of one interface.
        attributes = self.declared.interfaces.setdefault(self.name(), {})
        self.expect("{")
        while not self.accept("}"):
            name = self.string() if self.next.kind == "string" else self.name()
            self.expect("?", ":")
            kind = self.type_()
            if attributes.setdefault(name, kind) != kind:
                self.fail(f"the attribute {name} is {kind} here and {attributes[name]} elsewhere")
            self.expect(";")

    def type_(self) -> str:
        name = self.name()
        if not self.accept("["):
            return name
        self.expect("]")
        return f"{name}[]"

    def class_(self) -> None:
        name = self.name()
        if name in self.declared.classes:
            self.fail(f"the class {name} is declared twice")
        self.expect("extends", "TwiML", "{")
        self.declared.classes[name] = signatures = []
        while not self.accept("}"):
            member = self.name()
            if self.accept(":"):
                # The element that the class wraps: its name is no part of TwiML.
                self.expect("XMLElement", ";")
            elif member == "constructor":
                self.constructor()
            elif signature := self.method():
                signatures.append(signature)

    def constructor(self) -> None:
        self.expect("(")
        if self.next.kind == "name":
            self.take()
            self.expect(":", "XMLElement")
        self.expect(")", ";")

    def method(self) -> Signature | None:
        """Read a method; None for one that writes an XML comment, which is no element."""
        self.expect("(")
        if self.accept("comment"):
            self.expect(":", "string", ")", ":", "XMLElement", ";")
            return None
        attributes, text = None, "none"
        if self.accept("attributes"):
            self.accept("?")
            self.expect(":")
            attributes = "object" if self.accept("object") else self.qualified()
            if not self.accept(","):
                return self.returned(attributes, text)
        self.name()
        text = "optional" if self.accept("?") else "required"
        self.expect(":", "string")
        return self.returned(attributes, text)

    def returned(self, attributes: str | None, text: str) -> Signature:
        self.expect(")", ":")
        made = self.qualified()
        self.expect(";")
        return Signature(made, attributes, text)

    def qualified(self) -> str:
        self.expect(ROOT, ".")
        return self.name()

    @property
    def next(self) -> Token:
        return self.tokens[self.at]

    def take(self) -> Token:
        self.at += 1
        return self.tokens[self.at - 1]

    def name(self) -> str:
        return self.take().text if self.next.kind == "name" else self.refuse("a name")

    def string(self) -> str:
        return self.take().text[1:-1] if self.next.kind == "string" else self.refuse("a string")

    def accept(self, text: str) -> bool:
        is_next = self.next.text == text
        self.at += is_next
        return is_next

    def expect(self, *texts: str) -> None:
        for text in texts:
            if not self.accept(text):
                self.refuse(repr(text))

    def refuse(self, expected: str) -> NoReturn:
        self.fail(f"{self.next.text or 'the end'!r} stands where {expected} was expected")

    def fail(self, why: str) -> NoReturn:
        raise NotUnderstood(f"line {self.next.line}: {why}")


def _tokens(text: str) -> Iterator[Token]:
    at, line = 0, 1
    while at < len(text):
        match = TOKEN.match(text, at)
        if match is None:
            raise NotUnderstood(f"line {line}: {text[at : at + 20]!r} cannot be read")
        if match.lastgroup != "blank":
            yield Token(str(match.lastgroup), match.group(), line)
        line += match.group().count("\n")
        at = match.end()
    yield Token("end", "", line)
