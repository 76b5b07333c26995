"""Asterisk's configuration file format: sections, options, comments. Refuses what cannot be written."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

# Asterisk skips longer lines with a warning (config.c); bytes without the line end.
LINE_BYTES = 8190
WRITABLE = re.compile(r"[\x20-\x7e]*")
# To the end of the line, because a password may hold anything that a line can.
SECRET = re.compile(
    r"\b((?:password|secret|remotesecret|md5secret|md5_cred|password_digest)[ \t]*=>?[ \t]*).*",
    re.IGNORECASE,
)
MASK = "********"

Options = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Section:
    """One section. `base` is the template it is based on, or + to add to an existing section."""

    name: str
    options: Options
    base: str = ""
    is_template: bool = False

    def value(self, name: str) -> str:
        return dict(self.options).get(name, "")

    def values(self, name: str) -> list[str]:
        return [value for option, value in self.options if option == name]


def escape(value: str) -> str:
    """Return a value as a file may hold it. Raises ValueError for what no file can hold."""
    if not WRITABLE.fullmatch(value):
        raise ValueError(f"{value!r} has characters that Asterisk's files cannot hold")
    if value != value.strip():
        raise ValueError(f"{value!r} begins or ends with a blank, which Asterisk would drop")
    # An unescaped semicolon starts a comment, and ";--" one that swallows the rest of the file.
    return value.replace(";", "\\;")


def render_section(section: Section, why: Mapping[str, str]) -> str:
    """Return the section's lines. `why`: option -> the comment above its first use."""
    suffix = "(!)" if section.is_template else f"({section.base})" if section.base else ""
    lines = [f"[{section.name}]{suffix}"]
    comments = dict(why)
    for name, value in section.options:
        if name in comments:
            lines.append(f"; {comments.pop(name)}")
        # Blanks around the sign: "name=>value" would lose a leading ">" of the value.
        lines.append(f"{name} = {escape(value)}")
    return text_of(lines)


def render_header(lines: Iterable[str]) -> str:
    return text_of(f"; {line}".rstrip() for line in lines)


def text_of(lines: Iterable[str]) -> str:
    """Return lines as text. Raises ValueError for one that Asterisk would skip."""
    kept = list(lines)
    for line in kept:
        if len(line) > LINE_BYTES:
            raise ValueError(f"a line would have more than {LINE_BYTES} bytes: {line[:60]!r}")
    return "".join(f"{line}\n" for line in kept)


def mask(text: str) -> str:
    """Return the text with every password hidden: of a file, of a diff, or of Asterisk's log."""
    return SECRET.sub(rf"\g<1>{MASK}", text)
