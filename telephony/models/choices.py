"""The closed lists of values. A new label needs a migration, so they change rarely."""

from django.db import models


class Transport(models.TextChoices):
    UDP = "udp", "UDP"
    TCP = "tcp", "TCP"
    TLS = "tls", "TLS"


class Edge(models.TextChoices):
    """Twilio's edges for outgoing SIP. Source: Twilio, "Receiving SIP", 2026."""

    ASHBURN = "ashburn", "Ashburn (Virginia)"
    UMATILLA = "umatilla", "Umatilla (Oregon)"
    DUBLIN = "dublin", "Dublin"
    FRANKFURT = "frankfurt", "Frankfurt"
    SINGAPORE = "singapore", "Singapore"
    TOKYO = "tokyo", "Tokyo"
    SAO_PAULO = "sao-paulo", "São Paulo"
    SYDNEY = "sydney", "Sydney"


class Driver(models.TextChoices):
    PJSIP = "pjsip", "PJSIP (Asterisk 18 and later)"
    CHAN_SIP = "chan_sip", "chan_sip (Asterisk 20 and earlier)"


class AccountCheck(models.TextChoices):
    """What Asterisk does with a call whose header names an account that is not ours."""

    OFF = "off", "do not check"
    LOG = "log", "log and let in"
    ENFORCE = "enforce", "refuse"


class Authentication(models.TextChoices):
    DIGEST = "digest", "username and password"
    ADDRESS = "address", "Twilio's addresses only"


class CallerId(models.TextChoices):
    CALLER = "caller", "the caller's number"
    CALLED = "called", "the number that was called"
    FIXED = "fixed", "a fixed number of ours"


class Language(models.TextChoices):
    """Languages in which Twilio speaks to a caller who reaches nobody."""

    EN_US = "en-US", "English (United States)"
    EN_GB = "en-GB", "English (United Kingdom)"
    ES_MX = "es-MX", "Spanish (Latin America)"
    ES_ES = "es-ES", "Spanish (Spain)"
    PT_BR = "pt-BR", "Portuguese (Brazil)"
    FR_FR = "fr-FR", "French"
    DE_DE = "de-DE", "German"
    IT_IT = "it-IT", "Italian"


class NetworkKind(models.TextChoices):
    SIGNALLING = "sip-signalling", "SIP signalling"
    MEDIA = "rtp-media", "RTP media"


class CallOutcome(models.TextChoices):
    """How a whole call ended, for the person who reads the log."""

    RINGING = "ringing", "in progress"
    ANSWERED = "answered", "answered"
    FAILED_OVER = "failed-over", "answered after failover"
    UNANSWERED = "unanswered", "nobody answered"
    BUSY = "busy", "busy"
    CALLER_GONE = "caller-gone", "caller hung up"
    REJECTED = "rejected", "rejected"
    UNKNOWN = "unknown", "unknown to the panel"
