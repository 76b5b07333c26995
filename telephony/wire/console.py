"""The addresses that somebody enters for a number in Twilio's console."""

from dataclasses import dataclass

from telephony.wire.paths import FAILED_PATH, STATUS_PATH, VOICE_PATH

# Twilio's connection overrides: milliseconds to connect, to read, and in all. With its defaults a
# caller hears 15 seconds of silence before the fallback is asked. Twilio does not send or sign them.
OVERRIDES = "#ct=1000&rt=2500&tt=3000"


@dataclass(frozen=True, slots=True)
class ConsoleEntry:
    """One line of the form: what Twilio calls it, the address, and the HTTP method."""

    label: str
    url: str
    method: str


def console_entries(base_url: str, static_url: str, static_name: str) -> tuple[ConsoleEntry, ...]:
    """Return the entries for a number; `static_url` is the folder of the static documents, or ""."""
    fallback = (
        ConsoleEntry("Primary handler fails", f"{static_url}/{static_name}", "GET")
        if static_url
        else ConsoleEntry("Primary handler fails", base_url + FAILED_PATH, "POST")
    )
    return (
        ConsoleEntry("A call comes in", base_url + VOICE_PATH + OVERRIDES, "POST"),
        fallback,
        ConsoleEntry("Call status changes", base_url + STATUS_PATH, "POST"),
    )
