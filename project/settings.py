"""Every setting of the panel: from the environment or .env; docs/settings.md explains each."""

from urllib.parse import urlsplit

from project import env as read
from project.env import BASE_DIR

read.read_file(BASE_DIR / ".env")

DEBUG = read.read_bool("DEBUG")
SECRET_KEY = read.read_secret("SECRET_KEY", debug=DEBUG, shortest=50, required=True)

# Scheme, host and port as Twilio sees them: signatures are checked over this address,
# never over what a proxy says.
PUBLIC_BASE_URL = read.read_base_url("PUBLIC_BASE_URL", "http://127.0.0.1:8000")
_PUBLIC = urlsplit(PUBLIC_BASE_URL)
_BEHIND_TLS = _PUBLIC.scheme == "https"

# Folder of the static documents that Twilio plays while the panel is down, as Twilio sees it.
STATIC_FALLBACK_URL = read.read_base_url("STATIC_FALLBACK_URL", "")

ALLOWED_HOSTS = read.read_hosts("ALLOWED_HOSTS", f"{_PUBLIC.hostname},127.0.0.1,localhost")

# Account SID -> tokens that may have signed. If it is empty, the webhooks are shut.
TWILIO_ACCOUNT_SID = read.read_text("TWILIO_ACCOUNT_SID", "")
TWILIO_TOKENS = read.read_tokens(debug=DEBUG)
# (Account SID, key id) -> secrets of webhooks that are signed with a shared key instead.
TWILIO_SHARED_KEYS = read.read_shared_keys()

# ISO 4217 code of every rate and cost in the panel.
CURRENCY = read.read_pattern("CURRENCY", "USD", r"[A-Z]{3}", "a currency code such as USD")

# ISO 3166 code of the country whose telephone numbers are written without their country code.
COUNTRY = read.read_country("COUNTRY")

# Seconds between two checks of the configuration's revision. Half a second keeps the promise
# "live within a second".
DIRECTORY_REFRESH_S = read.read_float("DIRECTORY_REFRESH_S", 0.5, low=0.1, high=3600)

# Webhooks wait here for the database, one JSON object per line.
SPOOL_DIR = read.read_path("SPOOL_DIR", BASE_DIR / "var" / "spool")

# When a webhook is flushed to the disk before it is answered: while the database is down, or always.
JOURNAL_SYNC = read.read_choice("JOURNAL_SYNC", "outage", ("outage", "always"))

# A server that fails so often in a row is passed over, for so many seconds at first, until it has
# answered so often in a row. telephony/routing/breaker.py has the rest.
BREAKER_FAILURES = read.read_int("BREAKER_FAILURES", 3, low=1, high=100)
BREAKER_SUCCESSES = read.read_int("BREAKER_SUCCESSES", 2, low=1, high=100)
BREAKER_PAUSE_S = read.read_int("BREAKER_PAUSE_S", 30, low=1, high=600)

# Seconds to wait for a locked row or a connection. Twilio gives up on a webhook after 15.
DATABASE_TIMEOUT_S = read.read_int("DATABASE_TIMEOUT_S", 3, low=1, high=10)

# Server processes, and threads in each. More threads let one commit serve more webhooks.
WEB_WORKERS = read.read_int("WEB_WORKERS", 2, low=1, high=64)
WEB_THREADS = read.read_int("WEB_THREADS", 4, low=1, high=64)

LOG_LEVEL = read.read_choice("LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR"))
TIME_ZONE = read.read_time_zone("TIME_ZONE", "UTC")

# Who is told when something is wrong: by e-mail through a mail server, and by a signed POST.
ALERT_MAILS_TO = read.read_mail_addresses("ALERT_MAILS_TO")
ALERT_FROM = read.read_pattern("ALERT_FROM", "", read.MAIL_ADDRESS, "an address")
_MAIL_SERVER = read.read_mail_server("EMAIL_URL")
if ALERT_MAILS_TO and not _MAIL_SERVER:
    raise read.refuse("EMAIL_URL", "nothing", "the mail server that sends to ALERT_MAILS_TO")
if ALERT_MAILS_TO and not ALERT_FROM:
    raise read.refuse("ALERT_FROM", "nothing", "the sender of what goes to ALERT_MAILS_TO")
globals().update(_MAIL_SERVER)
ALERT_POST_URL = read.read_post_url("ALERT_POST_URL")
ALERT_POST_KEY = read.read_secret("ALERT_POST_KEY", debug=DEBUG, shortest=16, required=False)
if ALERT_POST_URL and not ALERT_POST_KEY:
    raise read.refuse("ALERT_POST_KEY", "nothing", "the key that signs what ALERT_POST_URL gets")

DATABASES = {"default": read.read_database("DATABASE_URL", "sqlite:///var/switchhook.sqlite3")}
_DATABASE = DATABASES["default"]
# Idle server threads are retired and would leave persistent connections open.
_DATABASE["CONN_MAX_AGE"] = 0
if _DATABASE["ENGINE"] == "django.db.backends.sqlite3":
    _DATABASE["OPTIONS"] = {
        "timeout": DATABASE_TIMEOUT_S,
        "transaction_mode": "IMMEDIATE",
        # FULL: a commit is on the disk, as PostgreSQL's is. What was in a journal may be deleted.
        "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;"
        "PRAGMA cache_size=-8000;PRAGMA wal_autocheckpoint=4000;"
        "PRAGMA journal_size_limit=67108864;",
    }
else:
    # No pool: one that has met an outage waits longer and longer before it tries again.
    _DATABASE["OPTIONS"] = {
        "connect_timeout": DATABASE_TIMEOUT_S,
        # Milliseconds for which a server, or the network before it, may acknowledge nothing.
        "tcp_user_timeout": DATABASE_TIMEOUT_S * 1000,
        "keepalives_idle": 5,
        "keepalives_interval": 2,
        "keepalives_count": 3,
        # What the address says outweighs these.
        **dict(_DATABASE.get("OPTIONS") or {}),
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "project.apps.PanelAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "simple_history",
    "telephony",
]
MIDDLEWARE = [
    "project.headers.StrictHeaders",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "telephony.admin.preferences.OwnTimeZone",
    # Says to the tables' history who is signed in.
    "simple_history.middleware.HistoryRequestMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "project.urls"
WSGI_APPLICATION = "project.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

LANGUAGE_CODE = "en-us"
USE_TZ = True
STATIC_URL = "static/"
# Served from the packages and from telephony/static: nothing to collect, nothing to forget.
WHITENOISE_USE_FINDERS = True

# W008: TLS ends at the proxy in front, which also sends plain HTTP to HTTPS.
# W005, W021: the panel speaks for its own host, not for other hosts under the domain.
SILENCED_SYSTEM_CHECKS = ["security.W008", "security.W005", "security.W021"]
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _BEHIND_TLS
CSRF_TRUSTED_ORIGINS = [f"{_PUBLIC.scheme}://{_PUBLIC.netloc}"]
if read.read_bool("TRUST_X_FORWARDED_PROTO"):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
# Seconds for which browsers insist on HTTPS once they have seen it. A year is usual.
SECURE_HSTS_SECONDS = read.read_int("HSTS_S", 31536000, low=0, high=63072000) * _BEHIND_TLS

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "project.logs.OneLineFormatter",
            "format": "{asctime} {levelname} {name}: {message}",
            "style": "{",
        }
    },
    "filters": {"refusals": {"()": "project.logs.WithoutTraceback"}},
    "handlers": {
        "console": {
            "class": "project.logs.PatientHandler",
            "formatter": "line",
            "filters": ["refusals"],
        }
    },
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    "loggers": {"django": {"handlers": ["console"], "level": "INFO", "propagate": False}},
}
