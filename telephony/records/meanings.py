"""What SIP response codes and Twilio's error codes mean, in words for the person who reads the log."""

from collections.abc import Mapping
from types import MappingProxyType

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

# RFC 3261, section 21; 607 is of RFC 8197, 608 of RFC 8688.
SIP_CODES: Mapping[int, str] = MappingProxyType(
    {
        200: _("picked up"),
        400: _("the server could not read the request"),
        401: _("username or password refused"),
        403: _("the server refuses the call"),
        404: _("the server does not know this user"),
        405: _("the server does not take calls"),
        407: _("username or password refused"),
        408: _("no reply in time"),
        410: _("this user has gone for good"),
        415: _("no codec in common"),
        420: _("an extension is not supported"),
        480: _("nobody there at the moment"),
        481: _("the server does not know this call"),
        482: _("the call went in a loop"),
        483: _("the call went through too many servers"),
        484: _("the number is incomplete"),
        485: _("the user is ambiguous"),
        486: _("busy"),
        487: _("rang until it was given up"),
        488: _("no codec or encryption in common"),
        491: _("another request was under way"),
        500: _("the server had an error"),
        501: _("the server cannot do this"),
        502: _("the server behind it gave no valid reply"),
        503: _("the server is down or full"),
        504: _("the server behind it gave no reply in time"),
        505: _("the SIP version is not supported"),
        513: _("the request was too large"),
        600: _("busy everywhere"),
        603: _("declined"),
        604: _("this user exists nowhere"),
        606: _("no codec or encryption in common anywhere"),
        607: _("declined as unwanted"),
        608: _("declined by a call-blocking service"),
    }
)
SIP_CLASSES: Mapping[int, str] = MappingProxyType(
    {
        1: _("under way"),
        2: _("accepted"),
        3: _("moved elsewhere"),
        4: _("refused"),
        5: _("the server failed"),
        6: _("refused everywhere"),
    }
)

# Source: Twilio's error dictionary, www.twilio.com/docs/api/errors.
TWILIO_ERRORS: Mapping[int, str] = MappingProxyType(
    {
        10004: _("the account has too many calls at once"),
        11200: _("Twilio could not fetch the answer"),
        11205: _("Twilio could not connect to the panel in time"),
        11206: _("the panel's answer was not valid HTTP"),
        11210: _("Twilio could not find the panel's host"),
        11215: _("the panel redirected Twilio too often"),
        11217: _("the panel answered with an HTTP error"),
        11220: _("the TLS connection to the panel failed"),
        11235: _("the panel's TLS certificate is not valid"),
        11236: _("the panel's TLS certificate has expired"),
        11237: _("the panel's TLS certificate is not from a public authority"),
        11750: _("the answer was larger than 64 kB"),
        12100: _("the answer was not well-formed XML"),
        12200: _("something in the answer is unknown to Twilio, which ignored it"),
        12300: _("the answer had the wrong content type"),
        12400: _("Twilio had an internal error"),
        13214: _("the caller ID is not one that Twilio takes"),
        13224: _("the number dialled is not valid"),
        13225: _("Twilio blocks calls to this number"),
        13226: _("the country of the number dialled is not valid"),
        13227: _("the account may not call this country (geographic permissions)"),
        13243: _("the SIP URI is not valid"),
        13244: _("SIP is not enabled for the account"),
        13246: _("SIP is not enabled for the account"),
        13247: _("the caller ID has characters that SIP does not take"),
        13248: _("the caller ID is too long"),
        13249: _("the SIP username or password is not valid"),
        13250: _("more SIP URIs than Twilio rings together"),
        13254: _("the server's host does not resolve to a public address"),
        13255: _("Twilio does not dial its own hosts"),
        15003: _("the panel answered a status callback with an HTTP error"),
        32011: _("Twilio could not talk to the server by SIP"),
        32209: _("the call must be encrypted"),
        32222: _("the server offers no TLS version that Twilio takes"),
    }
)

# Prefix of StirVerstat -> its meaning. Source: Twilio, "Trusted calling with SHAKEN/STIR".
VERSTATS: Mapping[str, str] = MappingProxyType(
    {
        "TN-Validation-Passed-A": _("passed (A): the carrier knows the caller and the number"),
        "TN-Validation-Passed-B": _("passed (B): the carrier knows the caller but not the number"),
        "TN-Validation-Passed-C": _(
            "passed (C): the call came through a gateway that knows neither"
        ),
        "TN-Validation-Failed": _("failed: the signature on the caller's number is not valid"),
        "No-TN-Validation": _("none: nobody has signed the caller's number"),
    }
)


def sip_meaning(code: int) -> str:
    return str(SIP_CODES.get(code) or SIP_CLASSES.get(code // 100, _("not a SIP response code")))


def error_meaning(code: int) -> str:
    meaning = TWILIO_ERRORS.get(code)
    page = f"www.twilio.com/docs/api/errors/{code}"
    return str(meaning) if meaning else gettext("see {page}").format(page=page)


def code_meanings(sip_code: int | None, error_code: int | None) -> tuple[str, ...]:
    """Return what a leg's codes mean. Beside a SIP code, Twilio's error is shown only as a number.

    The far side's own word explains more: Twilio turns its 400 into 13224, an invalid number.
    """
    if sip_code is None:
        if error_code is None:
            return ()
        told = gettext("error {code}: {meaning}")
        return (told.format(code=error_code, meaning=error_meaning(error_code)),)
    beside = gettext(" (Twilio's error {code})").format(code=error_code) if error_code else ""
    return (f"SIP {sip_code}: {sip_meaning(sip_code)}{beside}",)


def verstat_meaning(verstat: str) -> str:
    """Return what STIR says about the caller's number: who vouches for it, if anybody does."""
    for prefix, meaning in VERSTATS.items():
        if verstat.startswith(prefix):
            is_diverted = verstat.endswith("-Diverted")
            diverted = gettext(", and the call was diverted") if is_diverted else ""
            return f"{meaning}{diverted}"
    return verstat
