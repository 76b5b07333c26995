"""What SIP response codes and Twilio's error codes mean, in words for the person who reads the log."""

from collections.abc import Mapping
from types import MappingProxyType

# RFC 3261, section 21; 607 is of RFC 8197, 608 of RFC 8688.
SIP_CODES: Mapping[int, str] = MappingProxyType(
    {
        200: "picked up",
        400: "the server could not read the request",
        401: "username or password refused",
        403: "the server refuses the call",
        404: "the server does not know this user",
        405: "the server does not take calls",
        407: "username or password refused",
        408: "no reply in time",
        410: "this user has gone for good",
        415: "no codec in common",
        420: "an extension is not supported",
        480: "nobody there at the moment",
        481: "the server does not know this call",
        482: "the call went in a loop",
        483: "the call went through too many servers",
        484: "the number is incomplete",
        485: "the user is ambiguous",
        486: "busy",
        487: "rang until it was given up",
        488: "no codec or encryption in common",
        491: "another request was under way",
        500: "the server had an error",
        501: "the server cannot do this",
        502: "the server behind it gave no valid reply",
        503: "the server is down or full",
        504: "the server behind it gave no reply in time",
        505: "the SIP version is not supported",
        513: "the request was too large",
        600: "busy everywhere",
        603: "declined",
        604: "this user exists nowhere",
        606: "no codec or encryption in common anywhere",
        607: "declined as unwanted",
        608: "declined by a call-blocking service",
    }
)
SIP_CLASSES: Mapping[int, str] = MappingProxyType(
    {
        1: "under way",
        2: "accepted",
        3: "moved elsewhere",
        4: "refused",
        5: "the server failed",
        6: "refused everywhere",
    }
)

# Source: Twilio's error dictionary, www.twilio.com/docs/api/errors.
TWILIO_ERRORS: Mapping[int, str] = MappingProxyType(
    {
        10004: "the account has too many calls at once",
        11200: "Twilio could not fetch the answer",
        11205: "Twilio could not connect to the panel in time",
        11206: "the panel's answer was not valid HTTP",
        11210: "Twilio could not find the panel's host",
        11215: "the panel redirected Twilio too often",
        11217: "the panel answered with an HTTP error",
        11220: "the TLS connection to the panel failed",
        11235: "the panel's TLS certificate is not valid",
        11236: "the panel's TLS certificate has expired",
        11237: "the panel's TLS certificate is not from a public authority",
        11750: "the answer was larger than 64 kB",
        12100: "the answer was not well-formed XML",
        12200: "something in the answer is unknown to Twilio, which ignored it",
        12300: "the answer had the wrong content type",
        12400: "Twilio had an internal error",
        13214: "the caller ID is not one that Twilio takes",
        13224: "the number dialled is not valid",
        13225: "Twilio blocks calls to this number",
        13226: "the country of the number dialled is not valid",
        13227: "the account may not call this country (geographic permissions)",
        13243: "the SIP URI is not valid",
        13244: "SIP is not enabled for the account",
        13246: "SIP is not enabled for the account",
        13247: "the caller ID has characters that SIP does not take",
        13248: "the caller ID is too long",
        13249: "the SIP username or password is not valid",
        13250: "more SIP URIs than Twilio rings together",
        13254: "the server's host does not resolve to a public address",
        13255: "Twilio does not dial its own hosts",
        15003: "the panel answered a status callback with an HTTP error",
        32011: "Twilio could not talk to the server by SIP",
        32209: "the call must be encrypted",
        32222: "the server offers no TLS version that Twilio takes",
    }
)

# Prefix of StirVerstat -> its meaning. Source: Twilio, "Trusted calling with SHAKEN/STIR".
VERSTATS: Mapping[str, str] = MappingProxyType(
    {
        "TN-Validation-Passed-A": "passed (A): the carrier knows the caller and the number",
        "TN-Validation-Passed-B": "passed (B): the carrier knows the caller but not the number",
        "TN-Validation-Passed-C": "passed (C): the call came through a gateway that knows neither",
        "TN-Validation-Failed": "failed: the signature on the caller's number is not valid",
        "No-TN-Validation": "none: nobody has signed the caller's number",
    }
)


def sip_meaning(code: int) -> str:
    return SIP_CODES.get(code) or SIP_CLASSES.get(code // 100, "not a SIP response code")


def error_meaning(code: int) -> str:
    return TWILIO_ERRORS.get(code) or f"see www.twilio.com/docs/api/errors/{code}"


def code_meanings(sip_code: int | None, error_code: int | None) -> tuple[str, ...]:
    """Return what a leg's codes mean. Beside a SIP code, Twilio's error is shown only as a number.

    The far side's own word explains more: Twilio turns its 400 into 13224, an invalid number.
    """
    if sip_code is None:
        return () if error_code is None else (f"error {error_code}: {error_meaning(error_code)}",)
    beside = "" if error_code is None else f" (Twilio's error {error_code})"
    return (f"SIP {sip_code}: {sip_meaning(sip_code)}{beside}",)


def verstat_meaning(verstat: str) -> str:
    """Return what STIR says about the caller's number: who vouches for it, if anybody does."""
    for prefix, meaning in VERSTATS.items():
        if verstat.startswith(prefix):
            diverted = ", and the call was diverted" if verstat.endswith("-Diverted") else ""
            return f"{meaning}{diverted}"
    return verstat
