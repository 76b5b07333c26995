"""One thing that was found: what it is, what it concerns, and its words."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from telephony.health.findings.codes import Code, Kind
from telephony.health.findings.words import WORDS


@dataclass(frozen=True, slots=True)
class Finding:
    """`values` are JSON. `page` is where in the admin it is mended, a path."""

    code: Code
    values: Mapping[str, Any] = field(default_factory=dict)
    page: str = ""

    @property
    def kind(self) -> Kind:
        return WORDS[self.code].kind

    @property
    def needs(self) -> list[str]:
        return [f"telephony.{name}" for name in WORDS[self.code].needs.split()]

    @property
    def text(self) -> str:
        return WORDS[self.code].text.format(**self.values)

    @property
    def todo(self) -> str:
        return WORDS[self.code].todo.format(**self.values)

    @property
    def command(self) -> str:
        return WORDS[self.code].command.format(**self.values)

    def as_json(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "kind": self.kind,
            "values": dict(self.values),
            "text": self.text,
            "todo": self.todo,
            "command": self.command,
            "page": self.page,
        }
