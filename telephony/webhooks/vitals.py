"""What balancers and monitors ask: whether the process lives, and whether it can answer calls."""

from django.conf import settings

from telephony.records.recorder import recorder
from telephony.records.survey import find_waiting
from telephony.snapshots.live import NoRoutesError, live_directory
from telephony.webhooks.guard import Reply

LIVES_PATH = "/healthz"
READY_PATH = "/readyz"


def reply_to_probe(path: str, method: str) -> Reply | None:
    """Answer one of the two addresses, or return None for any other."""
    if path not in (LIVES_PATH, READY_PATH):
        return None
    if method not in ("GET", "HEAD"):
        return Reply(405, "Only GET is answered here.\n")
    return Reply(200, "ok\n") if path == LIVES_PATH else say_what_is_ready()


def say_what_is_ready() -> Reply:
    """Return 200 if calls can be answered. An outage of the database does not stop them."""
    try:
        routes, status = f"revision {live_directory.current().revision}", 200
    except NoRoutesError:
        routes, status = "none", 503
    waiting = find_waiting(settings.SPOOL_DIR)
    is_away = recorder.is_down or live_directory.is_stale
    lines = {
        "routes": routes,
        "database": "away" if is_away else "there",
        "journal_bytes": sum(journal.size for journal in waiting),
        "journal_age_s": round(max((journal.age_s for journal in waiting), default=0)),
    }
    return Reply(status, "".join(f"{name}: {value}\n" for name, value in lines.items()))
