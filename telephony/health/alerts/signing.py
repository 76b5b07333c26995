"""Signs what is posted, so that the receiver knows that it is ours and new; docs/alerts.md says how to check."""

import hashlib
import hmac

HEADER = "Switchhook-Signature"


def sign(key: str, body: bytes, at_s: int) -> str:
    """Return the header's value; `at_s` are Unix seconds, which the signature covers too."""
    signed = hmac.new(key.encode(), b"%d.%b" % (at_s, body), hashlib.sha256)
    return f"t={at_s},v1={signed.hexdigest()}"
