"""What can be found, and how bad each kind of it is.

The order of the codes is that of the work: what stands first is done first.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class Kind(StrEnum):
    """How bad it is. What is only worth knowing (a note) leaves `doctor` content."""

    WRONG = "wrong"
    NOT_SET_UP = "not-set-up"
    OUT_OF_STEP = "out-of-step"
    NOTE = "note"


TITLES: Mapping[Kind, str] = MappingProxyType(
    {
        Kind.WRONG: "Wrong",
        Kind.NOT_SET_UP: "Not set up yet",
        Kind.OUT_OF_STEP: "Out of step",
        Kind.NOTE: "Worth knowing",
    }
)


class Code(StrEnum):
    DATABASE_AWAY = "database-away"
    ALERT = "alert"
    ALERTS_UNKNOWN = "alerts-unknown"
    SPOOL_UNREADABLE = "spool-unreadable"
    WEBHOOKS_WAITING = "webhooks-waiting"
    WEBHOOKS_REFUSED = "webhooks-refused"
    JOB_FAILED = "job-failed"
    JOB_LATE = "job-late"
    RINGS_NOBODY = "rings-nobody"
    EXPORT_REFUSED = "export-refused"
    NO_NUMBER = "no-number"
    NO_SERVER = "no-server"
    NO_ENDPOINT = "no-endpoint"
    NO_FALLBACK = "no-fallback"
    NEVER_EXPORTED = "never-exported"
    PUBLIC_ADDRESS = "public-address"
    NO_TOKEN = "no-token"  # noqa: S105  a code, not a token
    MADE_UP_TOKEN = "made-up-token"  # noqa: S105
    FOREIGN_ACCOUNT = "foreign-account"
    NEVER_HEARD = "never-heard"
    DOCUMENTS_NEVER_EXPORTED = "documents-never-exported"
    NEVER_TICKED = "never-ticked"
    EXPORT_DIFFERS = "export-differs"
    NOT_APPLIED = "not-applied"
    DOCUMENTS_DIFFER = "documents-differ"
    TOTALS_BEHIND = "totals-behind"
    TOTALS_DIFFER = "totals-differ"
    ALERT_OVER = "alert-over"
    NOBODY_IS_TOLD = "nobody-is-told"
    DEMO = "demo"
