"""Puts findings into words: what is not set up, out of step or wrong, and what to do about it."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from django.utils.translation import gettext_lazy as _

from telephony.health.findings.codes import Code, Kind

MANAGE = ".venv/bin/python manage.py"
CONSOLE = _(
    "Put TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN into .env; both are on the first page of "
    "Twilio's console. Then restart the panel."
)


@dataclass(frozen=True, slots=True)
class Words:
    """`text`, `todo` and `command` are filled in with a finding's values.

    `needs` are the permissions of whoever can do it, separated by blanks, of the app telephony.
    """

    kind: Kind
    needs: str
    text: str
    todo: str = ""
    command: str = ""


# The permissions of whoever can set up all of a number, and of whoever can remove the demo.
BUILD = "add_asteriskserver add_sipendpoint add_fallbacknumber add_phonenumber add_routestep"
# Its calls go with it: nobody else's can be deleted.
REMOVE = "delete_asteriskserver delete_sipendpoint delete_fallbacknumber delete_phonenumber"
JOURNAL = f"{MANAGE} journal"
EXPORT = f"{MANAGE} export_asterisk --server {{server}} --output /etc/asterisk --reload"
STATIC = f"{MANAGE} export_twiml --output /srv/switchhook-twiml/calls"
TICK = f"{MANAGE} tick"
ON_ASTERISK = _("On Asterisk's machine:")
WORDS: Mapping[Code, Words] = MappingProxyType(
    {
        Code.DATABASE_AWAY: Words(
            Kind.WRONG,
            "view_callrecord",
            _("The database cannot be used: {reason}. Calls are answered all the same."),
            _(
                "Is it running, is DATABASE_URL right, and have the tables of this version been made?"
            ),
            f"{MANAGE} migrate",
        ),
        Code.ALERT: Words(
            Kind.WRONG,
            "view_callrecord",
            _("{title}, since {since}; {told}."),
            _("What it concerns"),
        ),
        Code.ALERTS_UNKNOWN: Words(Kind.WRONG, "view_callrecord", "{reason}"),
        Code.SPOOL_UNREADABLE: Words(
            Kind.WRONG,
            "view_callrecord",
            _("The folder where webhooks wait for the database cannot be read: {reason}."),
            _("Is SPOOL_DIR right, and does this run as the user that the panel runs as?"),
        ),
        Code.WEBHOOKS_WAITING: Words(
            Kind.WRONG,
            "view_callrecord",
            _(
                "Webhooks have waited for the database for over a minute ({kilobytes} kB). Calls are "
                "answered; they appear in the log once the database takes them."
            ),
            _("What waits:"),
            JOURNAL,
        ),
        Code.WEBHOOKS_REFUSED: Words(
            Kind.WRONG,
            "view_callrecord",
            _("Webhooks that could not be stored: {count}. Calls in the log may lack something."),
            _("Why, and what to do:"),
            JOURNAL,
        ),
        Code.JOB_FAILED: Words(
            Kind.WRONG,
            "change_policy",
            _("The periodic job “{job}” has failed: {result}"),
            _("Try it at once:"),
            TICK,
        ),
        Code.JOB_LATE: Words(
            Kind.WRONG,
            "change_policy",
            _("The periodic job “{job}” last ran at {at}."),
            _("Does the timer of deploy/README.md run? Try it at once:"),
            TICK,
        ),
        Code.RINGS_NOBODY: Words(
            Kind.WRONG,
            "change_phonenumber",
            _(
                "A call to {number} rings nobody: all that its route has is switched off, or it has "
                "no step."
            ),
            _("Give its route a step that can ring"),
        ),
        Code.EXPORT_REFUSED: Words(
            Kind.WRONG,
            "change_asteriskserver",
            _("The server {server} cannot be exported: a value could not be written safely."),
            _("Which one, and why"),
        ),
        Code.NO_NUMBER: Words(
            Kind.NOT_SET_UP,
            BUILD,
            _("There is no number yet."),
            _("Set up your first number, with all that it rings, on one page"),
        ),
        Code.NO_SERVER: Words(
            Kind.NOT_SET_UP,
            "add_asteriskserver",
            _("There is no Asterisk server yet, so every call goes the dear way."),
            _("Add the Asterisk server"),
        ),
        Code.NO_ENDPOINT: Words(
            Kind.NOT_SET_UP,
            "add_sipendpoint",
            _("There is nothing yet that an Asterisk server rings."),
            _("Add a SIP endpoint"),
        ),
        Code.NO_FALLBACK: Words(
            Kind.NOT_SET_UP,
            "add_fallbacknumber",
            _("There is no fallback number yet: when Asterisk is down, nobody is rung."),
            _("Add a fallback number, and make it the last step of your routes"),
        ),
        Code.NEVER_EXPORTED: Words(
            Kind.NOT_SET_UP,
            "change_asteriskserver",
            _(
                "Asterisk on {server} does not know the panel's configuration: it was never exported."
            ),
            ON_ASTERISK,
            EXPORT,
        ),
        Code.PUBLIC_ADDRESS: Words(
            Kind.NOT_SET_UP,
            "change_policy",
            _("Twilio cannot use the panel's address {url}: {reason}."),
            _(
                "Run the panel behind a proxy with TLS, as deploy/README.md shows, and put its "
                "public address into .env as PUBLIC_BASE_URL=https://… Then restart the panel."
            ),
        ),
        Code.NO_TOKEN: Words(
            Kind.NOT_SET_UP,
            "change_policy",
            _("No Twilio account is set up, so every webhook is refused."),
            CONSOLE,
        ),
        Code.MADE_UP_TOKEN: Words(
            Kind.NOT_SET_UP,
            "change_policy",
            _(
                "The Twilio account is the made-up one that the first make run wrote into .env. It "
                "is good for rehearsed calls only."
            ),
            CONSOLE,
        ),
        Code.FOREIGN_ACCOUNT: Words(
            Kind.NOT_SET_UP,
            "change_policy",
            _(
                "Numbers belong to the Twilio account {account}, whose token is not set, so their "
                "webhooks are refused."
            ),
            _("Add {account}:ITS_TOKEN to TWILIO_AUTH_TOKENS in .env. Then restart the panel."),
        ),
        Code.NEVER_HEARD: Words(
            Kind.NOT_SET_UP,
            "change_phonenumber",
            _("No real call has come in yet."),
            _("Enter the addresses on the number's page in Twilio's console, and call it"),
        ),
        Code.DOCUMENTS_NEVER_EXPORTED: Words(
            Kind.NOT_SET_UP,
            "change_phonenumber",
            _(
                "Numbers that Twilio cannot connect while the panel is down, because their documents "
                "were never exported: {count}."
            ),
            _("On the panel's machine:"),
            STATIC,
        ),
        Code.NEVER_TICKED: Words(
            Kind.NOT_SET_UP,
            "change_policy",
            _("What is done from time to time has never been done: probes, alerts, closing calls."),
            _("Let a timer run this every minute, as deploy/README.md shows:"),
            TICK,
        ),
        Code.EXPORT_DIFFERS: Words(
            Kind.OUT_OF_STEP,
            "change_asteriskserver",
            _("What Asterisk on {server} should have differs from what was last exported."),
            ON_ASTERISK,
            EXPORT,
        ),
        Code.NOT_APPLIED: Words(
            Kind.OUT_OF_STEP,
            "change_asteriskserver",
            _(
                "Asterisk on {server} has yet to learn a new username or password; calls go on with the "
                "former ones."
            ),
            ON_ASTERISK,
            EXPORT,
        ),
        Code.DOCUMENTS_DIFFER: Words(
            Kind.OUT_OF_STEP,
            "change_phonenumber",
            _("Documents for the time when the panel is down that are out of date: {count}."),
            _("On the panel's machine:"),
            STATIC,
        ),
        Code.TOTALS_BEHIND: Words(
            Kind.OUT_OF_STEP,
            "change_policy",
            "Hours whose calls are still to be added up for the start page and the log's totals: "
            "{count}.",
            "The timer's next runs do it. To do it at once:",
            f"{MANAGE} rebuild_totals",
        ),
        Code.TOTALS_DIFFER: Words(
            Kind.OUT_OF_STEP,
            "change_policy",
            "What the start page and the log's totals say of the hour from {hour} differs from its "
            "calls.",
            "Calls were changed past the panel. Add them up anew:",
            f"{MANAGE} rebuild_totals",
        ),
        Code.ALERT_OVER: Words(
            Kind.NOTE,
            "view_callrecord",
            _("{title}, since {since}; {told}."),
            _("What it concerns"),
        ),
        Code.NOBODY_IS_TOLD: Words(
            Kind.NOTE,
            "change_policy",
            _("Nobody is told when something is wrong."),
            _(
                "Set ALERT_MAILS_TO or ALERT_POST_URL in .env, as docs/alerts.md says, restart the "
                "panel, and try it:"
            ),
            f"{MANAGE} alerts --test",
        ),
        Code.DEMO: Words(
            Kind.NOTE,
            REMOVE,
            _("The demo is still here: its number, what it rings, and its calls are made up."),
            _("Remove it here, or with"),
            f"{MANAGE} load_demo --remove",
        ),
    }
)
