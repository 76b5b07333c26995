"""Reads one setting from the environment, or stops start-up and says which, why and what is allowed."""

import io
import re
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import available_timezones

import environ
import phonenumbers
from django.core.exceptions import ImproperlyConfigured

from telephony.identifiers import ACCOUNT_SID

BASE_DIR = Path(__file__).resolve().parent.parent

# An address as SMTP takes it; no comma, blank or line break can make two of one.
MAIL_ADDRESS = r"[^\s@<>,;\"]+@[^\s@<>,;\"]+"

# What .env.example shows in place of secrets. They are public, so allowed only with DEBUG.
SAMPLE_SECRETS = frozenset(
    {"sample-secret-key-replace-it-with-fifty-random-characters", "sample-auth-token-replace-it"}
)

# A host in the address of a database: its IPv6 address or its name, and its port.
DATABASE_HOST = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9._-]+))(?::([0-9]{1,5}))?")

# As django-environ reads it, which writes any other line into the log.
SETTING_LINE = re.compile(r"(?:export )?[A-Za-z_0-9]+=.*|#.*|")

env = environ.Env()


def refuse(name: str, found: str, allowed: str) -> ImproperlyConfigured:
    """Return the error that stops start-up; `found` must not hold a secret."""
    return ImproperlyConfigured(f"{name}: found {found}; allowed: {allowed}. See docs/settings.md.")


def read_file(path: Path) -> None:
    """Add what a file such as .env sets to the environment, which wins. The file may be absent."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return
    except OSError as error:
        raise ImproperlyConfigured(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise ImproperlyConfigured(f"{path} is not UTF-8 text; save it as UTF-8.") from error
    for number, line in enumerate(text.splitlines(), start=1):
        # The line is not shown, as it may hold a secret.
        if not SETTING_LINE.fullmatch(line):
            raise ImproperlyConfigured(
                f"{path}, line {number}: found neither NAME=VALUE nor a comment, which begins with #."
            )
    env.read_env(io.StringIO(text))


def read_text(name: str, default: str | None = None) -> str:
    value = str(env.str(name, default=default or "")).strip()
    if not value and default is None:
        raise refuse(name, "nothing", "a value, there is no default")
    if not value and default:
        raise refuse(name, "nothing", f"a value; without the line it is {default}")
    return value


def read_int(name: str, default: int, *, low: int, high: int) -> int:
    found = read_text(name, str(default))
    if not re.fullmatch(r"[0-9]{1,9}", found) or not low <= int(found) <= high:
        raise refuse(name, repr(found), f"a whole number from {low} to {high}")
    return int(found)


def read_float(name: str, default: float, *, low: float, high: float) -> float:
    found = read_text(name, str(default))
    if not re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,6})?", found) or not low <= float(found) <= high:
        raise refuse(name, repr(found), f"a number from {low} to {high}")
    return float(found)


def read_bool(name: str, default: bool = False) -> bool:
    found = read_text(name, str(default))
    words = {"true": True, "1": True, "yes": True, "on": True}
    words |= {"false": False, "0": False, "no": False, "off": False}
    if found.lower() not in words:
        raise refuse(name, repr(found), "True or False")
    return words[found.lower()]


def read_choice(name: str, default: str, allowed: Sequence[str]) -> str:
    found = read_text(name, default)
    if found not in allowed:
        raise refuse(name, repr(found), ", ".join(allowed))
    return found


def read_pattern(name: str, default: str, pattern: str, allowed: str) -> str:
    found = read_text(name, default)
    if found and not re.fullmatch(pattern, found):
        raise refuse(name, repr(found), allowed)
    return found


def read_country(name: str) -> str:
    """Return an ISO code whose numbering plan is known, "" for none."""
    found = read_text(name, "")
    if found and found not in phonenumbers.SUPPORTED_REGIONS:
        allowed = "nothing, or a country's two capital letters such as UY or GB (ISO 3166)"
        raise refuse(name, repr(found), allowed)
    return found


def read_time_zone(name: str, default: str) -> str:
    found = read_text(name, default)
    if found not in available_timezones():
        raise refuse(name, repr(found), "a time zone such as UTC or America/Montevideo")
    return found


def read_list(name: str, default: str) -> list[str]:
    return [item.strip() for item in read_text(name, default).split(",") if item.strip()]


def read_hosts(name: str, default: str) -> list[str]:
    hosts = read_list(name, default)
    for host in hosts:
        if not re.fullmatch(r"[A-Za-z0-9.*-]+|\[[0-9A-Fa-f:.]+\]", host):
            raise refuse(name, repr(host), "host names without scheme or port, separated by commas")
    return hosts


def read_path(name: str, default: Path) -> Path:
    """Return an absolute path; a relative one is relative to the project's folder."""
    return BASE_DIR / read_text(name, str(default))


def read_secret(name: str, *, debug: bool, shortest: int, required: bool) -> str:
    """Return a secret without blanks; the samples of .env.example are for DEBUG only."""
    secret = read_text(name, None if required else "")
    if secret in SAMPLE_SECRETS and not debug:
        raise refuse(name, "the sample from .env.example", "a secret of your own")
    if secret and (len(secret) < shortest or re.search(r"\s", secret)):
        raise refuse(
            name, f"{len(secret)} characters", f"{shortest} or more characters without blanks"
        )
    return secret


def read_base_url(name: str, default: str) -> str:
    """Return scheme, host, port and path as Twilio sees them, without a final slash; "" for none."""
    found = read_text(name, default)
    if not found:
        return ""
    allowed = "http(s)://host[:port][/path], as Twilio sees it, without query or fragment"
    if "@" in found:
        raise refuse(name, "an address with a user name or a password", allowed)
    if not re.fullmatch(r"https?://[A-Za-z0-9.:\[\]-]+(/[A-Za-z0-9._~/-]*)?", found):
        raise refuse(name, repr(found), allowed)
    try:
        parts = urlsplit(found)
        usable = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        usable = False
    if not usable:
        raise refuse(name, repr(found), allowed)
    return found.rstrip("/")


def read_mail_server(name: str) -> dict[str, object]:
    """Return Django's e-mail settings, {} for none. The address may hold a password: errors do not show it."""
    found = read_text(name, "")
    if not found:
        return {}
    allowed = "smtp, smtp+tls or smtp+ssl://[USER:PASSWORD@]HOST[:PORT]"
    if not re.match(r"smtp(\+tls|\+ssl)?://", found):
        raise refuse(name, f"the scheme {found.partition(':')[0][:20]!r}", allowed)
    try:
        server = dict(env.email_url_config(found))
    except (ValueError, TypeError, ImproperlyConfigured) as error:
        raise refuse(name, "an address that cannot be read", allowed) from error
    if not server["EMAIL_HOST"]:
        raise refuse(name, "an address without a host", allowed)
    return server


def read_mail_addresses(name: str) -> list[str]:
    addresses = read_list(name, "")
    for address in addresses:
        if not re.fullmatch(MAIL_ADDRESS, address):
            raise refuse(name, repr(address), "addresses such as ops@example.com")
    return addresses


def read_post_url(name: str) -> str:
    """Return an address to post to, "" for none. It may hold a secret, so errors do not show it."""
    found = read_text(name, "")
    allowed = "http(s)://host[:port][/path][?query], without user, password or fragment"
    if not found:
        return ""
    try:
        parts = urlsplit(found)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or "@" in parts.netloc or not re.fullmatch(r"[!-~]+", found) or "#" in found:
        raise refuse(name, "an address that cannot be used", allowed)
    return found


def read_database(name: str, default: str) -> dict[str, object]:
    """Return Django's database settings. The address may hold a password, so errors do not show it."""
    found = read_text(name, default)
    allowed = "sqlite:///FILE or postgres://USER:PASSWORD@HOST[:PORT][,HOST[:PORT]]/NAME"
    scheme = found.partition(":")[0]
    if scheme not in {"sqlite", "postgres", "postgresql"}:
        raise refuse(name, f"the scheme {scheme!r}", allowed)
    try:
        database = dict(env.db_url_config(found))
    except (ValueError, TypeError, ImproperlyConfigured) as error:
        raise refuse(name, "an address that cannot be read", allowed) from error
    if not database.get("NAME"):
        raise refuse(name, "an address without a database name", allowed)
    if "," in str(database["HOST"]):
        places = found.partition("://")[2].partition("/")[0].rpartition("@")[2].split(",")
        database |= _read_several_hosts(name, places, dict(database.get("OPTIONS") or {}))
    if scheme == "sqlite" and database["NAME"] != ":memory:":
        file = BASE_DIR / str(database["NAME"])
        if file.parent == BASE_DIR / "var":
            # Passwords and callers' numbers: for the panel's own user only.
            file.parent.mkdir(exist_ok=True, mode=0o700)
        elif not file.parent.is_dir():
            raise refuse(name, f"a file in {str(file.parent)!r}", "a folder that is there")
        database["NAME"] = str(file)
    return database


def _read_several_hosts(
    name: str, places: Sequence[str], options: dict[str, object]
) -> dict[str, object]:
    """Return what Django's database settings say about a primary and its standbys."""
    hosts = [DATABASE_HOST.fullmatch(place) for place in places]
    for number, host in enumerate(hosts, start=1):
        if host is None or not 0 < int(host[3] or 5432) < 65536:
            raise refuse(name, f"host {number} in another form", "HOST[:PORT], separated by commas")
    # A standby takes connections too, and no webhooks.
    wanted = options.setdefault("target_session_attrs", "read-write")
    if wanted not in ("read-write", "primary"):
        allowed = "target_session_attrs=read-write (or primary) with several hosts"
        raise refuse(name, f"target_session_attrs={wanted}", allowed)
    return {
        "HOST": ",".join(host[1] or host[2] for host in hosts if host),
        # One port alone would be that of all hosts.
        "PORT": ",".join(host[3] or "5432" for host in hosts if host),
        "OPTIONS": options,
    }


def read_shared_keys() -> dict[tuple[str, str], tuple[str, ...]]:
    """Return (account SID, key id) -> its secrets, any of which may sign."""
    keys: dict[tuple[str, str], tuple[str, ...]] = {}
    for number, item in enumerate(read_list("TWILIO_SHARED_KEYS", ""), start=1):
        sid, key, secret = (*item.split(":", 2), "", "")[:3]
        usable = ACCOUNT_SID.fullmatch(sid) and re.fullmatch(r"[A-Za-z0-9_-]{1,80}", key)
        if not usable or len(secret) < 8 or re.search(r"\s", secret):
            allowed = "ACCOUNT_SID:KEY_ID:SECRET, separated by commas"
            raise refuse("TWILIO_SHARED_KEYS", f"item {number} in another form", allowed)
        keys[sid, key] = (*keys.get((sid, key), ()), secret)
    return keys


def read_tokens(*, debug: bool) -> dict[str, tuple[str, ...]]:
    """Return account SID -> its auth tokens, any of which may sign. If empty, webhooks stay shut."""
    account_sid = read_pattern(
        "TWILIO_ACCOUNT_SID", "", ACCOUNT_SID.pattern, "AC and 32 letters or digits"
    )
    token = read_secret("TWILIO_AUTH_TOKEN", debug=debug, shortest=8, required=False)
    if token and not account_sid:
        raise refuse("TWILIO_ACCOUNT_SID", "nothing", "the account of TWILIO_AUTH_TOKEN")
    pairs = [(account_sid, token)] if token else []
    for number, pair in enumerate(read_list("TWILIO_AUTH_TOKENS", ""), start=1):
        sid, _, further = pair.partition(":")
        if not ACCOUNT_SID.fullmatch(sid) or len(further) < 8 or re.search(r"\s", further):
            allowed = "ACCOUNT_SID:AUTH_TOKEN pairs, separated by commas"
            raise refuse("TWILIO_AUTH_TOKENS", f"pair {number} in another form", allowed)
        if further in SAMPLE_SECRETS and not debug:
            raise refuse("TWILIO_AUTH_TOKENS", "the sample from .env.example", "your own tokens")
        pairs.append((sid, further))
    tokens: dict[str, tuple[str, ...]] = {}
    for sid, further in pairs:
        tokens[sid] = tuple(dict.fromkeys((*tokens.get(sid, ()), further)))
    return tokens
