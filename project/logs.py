"""Writes log records so that no field of a request can look like a line of the log."""

import logging

# Everything that ends a line or moves a terminal's cursor: C0, DEL, C1 and Unicode's separators.
CONTROLS = {code: repr(chr(code))[1:-1] for code in (*range(32), *range(127, 160), 0x2028, 0x2029)}


class OneLineFormatter(logging.Formatter):
    """Keeps a message on one line, and marks the lines of the traceback below it."""

    def formatMessage(self, record: logging.LogRecord) -> str:
        if not record.message.isprintable():
            record.message = record.message.translate(CONTROLS)
        return super().formatMessage(record)

    def format(self, record: logging.LogRecord) -> str:
        text = super().format(record)
        return text.replace("\n", "\n    | ") if "\n" in text else text
