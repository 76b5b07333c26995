"""Decides whether a request was signed by Twilio.

The algorithm is published at www.twilio.com/docs/usage/security; what differs between Twilio's
products (ports, repeated fields, JSON bodies) is from its helper libraries' published vectors.
Shared keys: www.twilio.com/docs/usage/webhooks/webhook-shared-keys.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qs, quote

STANDARD_PORTS = {"http": "80", "https": "443"}
DEFAULT_ALGORITHM = "HMAC_SHA1"
# An HMAC in base64: SHA-1, SHA-256, SHA-384 or SHA-512.
SIGNATURE = re.compile(
    r"[A-Za-z0-9+/]{27}=|[A-Za-z0-9+/]{43}=|[A-Za-z0-9+/]{64}|[A-Za-z0-9+/]{86}=="
)
ALGORITHMS = {DEFAULT_ALGORITHM: "sha1", "HMAC_SHA256": "sha256"}


@dataclass(frozen=True, slots=True)
class SignatureSettings:
    """How a webhook says that it was signed; `key` is "" where the account's auth token signed it.

    Nothing of this is signed itself, so `key` may choose among our own secrets and no more.
    """

    key: str = ""
    algorithm: str = DEFAULT_ALGORITHM


BY_TOKEN = SignatureSettings()


def parse_settings(header: str | None) -> SignatureSettings:
    """Return what X-Twilio-Webhooks-Signature-Settings says, such as `key=...,algorithm=HMAC_SHA256`."""
    if not header:
        return BY_TOKEN
    found: dict[str, str] = {}
    for part in header.split(","):
        name, _, value = part.partition("=")
        found.setdefault(name.strip(), value.strip())
    algorithm = found.get("algorithm", "").upper() or DEFAULT_ALGORITHM
    return SignatureSettings(found.get("key", ""), algorithm)


def looks_signed(signature: str) -> bool:
    """Return whether a text has the form of a signature, whoever made it."""
    return SIGNATURE.fullmatch(signature) is not None


def is_genuine(
    url: str,
    params: Mapping[str, Sequence[str]],
    body: bytes,
    signature: str | None,
    secrets: Sequence[str],
    algorithm: str = DEFAULT_ALGORITHM,
) -> bool:
    """Return whether one of `secrets` signed this request; an algorithm not in ALGORITHMS never did.

    `url` is the public form, query included, as it is set at Twilio. `params` are the decoded
    fields of a form, all of them, untrimmed, empty ones kept; for any other `body` they are
    empty, and the URL must carry the body's SHA-256.
    """
    # An empty secret would be one that everybody has.
    secrets = [secret for secret in secrets if secret]
    if not signature or algorithm not in ALGORITHMS:
        return False
    if body and not params and not _has_hash_of(url, body):
        return False
    try:
        given = signature.encode("ascii")
        fields = _join(params)
        return any(
            hmac.compare_digest(
                given, _sign(secret, form.encode("utf-8", "surrogateescape") + fields, algorithm)
            )
            for form in _url_forms(url)
            for secret in secrets
        )
    except UnicodeEncodeError:
        return False


def sign(url: str, params: Mapping[str, Sequence[str]], token: str) -> str:
    """Return the X-Twilio-Signature of a form post, as Twilio would send it."""
    return _sign(token, url.encode() + _join(params)).decode("ascii")


def _sign(secret: str, data: bytes, algorithm: str = DEFAULT_ALGORITHM) -> bytes:
    return base64.b64encode(hmac.digest(secret.encode(), data, ALGORITHMS[algorithm]))


def _join(params: Mapping[str, Sequence[str]]) -> bytes:
    """Join the names in byte order, each followed by its distinct values in order; no separators."""
    parts = []
    for name in sorted(params):
        values = params[name]
        for value in [values] if isinstance(values, str) else sorted(set(values)):
            parts.append(name + value)
    return "".join(parts).encode("utf-8", "surrogateescape")


def _has_hash_of(url: str, body: bytes) -> bool:
    hashes = parse_qs(url.partition("?")[2]).get("bodySHA256", [])
    digest = hashlib.sha256(body).hexdigest()
    return len(hashes) == 1 and hmac.compare_digest(hashes[0].lower().encode(), digest.encode())


def _url_forms(url: str) -> Iterator[str]:
    """The URL as it is, then the forms that Twilio is known to sign in its place.

    HTTPS voice requests are signed without the port that the URL has, some others with the
    standard port that it lacks; user and password are dropped; what a browser would escape
    in a query may be escaped.
    """
    url = url.partition("#")[0]
    yield url
    scheme, separator, rest = url.partition("://")
    netloc, slash, path = _split_netloc(rest)
    if not separator:
        return
    userinfo, at, host = netloc.rpartition("@")
    bare, own_port = _split_port(host)
    port = own_port or STANDARD_PORTS.get(scheme.lower(), "")
    for user in dict.fromkeys((userinfo + at, "")):
        for suffix in (f":{own_port}" if own_port else "", "", f":{port}"):
            form = f"{scheme}://{user}{bare}{suffix}{slash}{path}"
            if form != url:
                yield form
    base, mark, query = url.partition("?")
    escaped = quote(query, safe="!#$%&()*+,-./:;=?@[\\]^_`{|}~")
    if escaped != query:
        yield base + mark + escaped


def _split_netloc(rest: str) -> tuple[str, str, str]:
    end = min((i for i in (rest.find("/"), rest.find("?")) if i >= 0), default=len(rest))
    return rest[:end], rest[end : end + 1], rest[end + 1 :]


def _split_port(host: str) -> tuple[str, str]:
    bare, colon, port = host.rpartition(":")
    return (bare, port) if colon and port.isdigit() else (host, "")
