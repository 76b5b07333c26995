"""Start-up: a bad value stops it and names itself, in a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.checks import run_checks
from django.core.exceptions import ImproperlyConfigured

from project import dotenv, env
from telephony.identifiers import MADE_UP_TOKEN

ROOT = Path(__file__).resolve().parent.parent
SECRET = "not-a-sample-secret-0123456789-0123456789-0123456789"


def start(**variables: str | None) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "SECRET_KEY": SECRET, **variables}
    environment = {name: value for name, value in environment.items() if value is not None}
    code = (
        "import sys; from project import env; env.read_file = lambda *_: None;"
        "sys.argv = ['manage.py', 'check']; import manage; manage.main()"
    )
    return subprocess.run(
        [sys.executable, "-c", code], env=environment, cwd=ROOT, capture_output=True, text=True
    )


@pytest.mark.parametrize(
    ("name", "value", "found", "allowed"),
    [
        ("SECRET_KEY", None, "nothing", "a value, there is no default"),
        ("SECRET_KEY", "short", "5 characters", "50 or more characters"),
        (
            "SECRET_KEY",
            min(env.SAMPLE_SECRETS, key=lambda s: "auth" in s),
            "the sample",
            "your own",
        ),
        ("TWILIO_AUTH_TOKEN", "sample-auth-token-replace-it", "the sample", "your own"),
        ("DEBUG", "maybe", "'maybe'", "True or False"),
        ("PUBLIC_BASE_URL", "panel.example.com", "'panel.example.com'", "http(s)://host"),
        ("PUBLIC_BASE_URL", "https://panel.example.com/?a=1", "a=1", "without query or fragment"),
        ("PUBLIC_BASE_URL", "https://panel.example.com:99999", ":99999", "http(s)://host"),
        ("DATABASE_URL", "mysql://root:hunter2@host/db", "the scheme 'mysql'", "postgres://"),
        ("STATIC_FALLBACK_URL", "https://me:hunter2@host/", "a user name or a password", "http(s)"),
        ("DATABASE_URL", "postgres://u:hunter2@a:5432,b:x/db", "host 2 in", "HOST[:PORT], sep"),
        ("DATABASE_URL", "postgres://u:hunter2@a,,b/db", "host 2 in another form", "HOST[:PORT]"),
        ("DATABASE_URL", "postgres://u:hunter2@a,b:65536/db", "host 2 in", "HOST[:PORT], sep"),
        (
            "DATABASE_URL",
            "postgres://u:hunter2@a,b/db?target_session_attrs=any",
            "target_session_attrs=any",
            "read-write (or primary) with several hosts",
        ),
        ("TWILIO_ACCOUNT_SID", "SK123", "'SK123'", "AC and 32"),
        ("TWILIO_AUTH_TOKENS", "hunter2hunter2", "pair 1", "ACCOUNT_SID:AUTH_TOKEN pairs"),
        ("WEB_WORKERS", "many", "'many'", "a whole number from 1 to 64"),
        ("WEB_THREADS", "65", "'65'", "a whole number from 1 to 64"),
        ("DIRECTORY_REFRESH_S", "0", "'0'", "a number from 0.1 to 3600"),
        ("DATABASE_TIMEOUT_S", "-1", "'-1'", "a whole number from 1 to 10"),
        ("CURRENCY", "", "nothing", "without the line it is USD"),
        ("SPOOL_DIR", "", "nothing", "without the line it is"),
        (
            "DATABASE_URL",
            "sqlite:////nowhere/at/all/x.sqlite3",
            "a file in '/nowhere/at/all'",
            "a folder that is there",
        ),
        ("ALLOWED_HOSTS", "http://panel", "'http://panel'", "host names without scheme"),
        ("STATIC_FALLBACK_URL", "fallback.example.com", "'fallback.example.com'", "http(s)://host"),
        ("JOURNAL_SYNC", "never", "'never'", "outage, always"),
        ("CURRENCY", "dollars", "'dollars'", "a currency code such as USD"),
        ("COUNTRY", "UK", "'UK'", "two capital letters such as UY or GB"),
        ("COUNTRY", "uruguay", "'uruguay'", "nothing, or a country's"),
        ("ALERT_MAILS_TO", "ops@example.com,ops", "'ops'", "addresses such as"),
        ("ALERT_FROM", "Ops <ops@example.com>", "'Ops <ops@example.com>'", "an address"),
        ("EMAIL_URL", "http://u:hunter2@mail", "the scheme 'http'", "smtp, smtp+tls"),
        ("EMAIL_URL", "smtp://u:hunter2@mail:x", "cannot be read", "smtp, smtp+tls"),
        ("EMAIL_URL", "smtp://u:hunter2@", "without a host", "smtp, smtp+tls"),
        ("ALERT_POST_URL", "https://u:hunter2@example.com/", "cannot be used", "without user"),
        ("ALERT_POST_URL", "file:///etc/hunter2", "cannot be used", "http(s)://host"),
        ("ALERT_POST_URL", "https://example.com/hunter2#a", "cannot be used", "or fragment"),
        ("ALERT_POST_KEY", "hunter2", "7 characters", "16 or more characters"),
        ("LOG_LEVEL", "LOUD", "'LOUD'", "DEBUG, INFO, WARNING, ERROR"),
        ("TIME_ZONE", "Mars/Olympus", "'Mars/Olympus'", "America/Montevideo"),
    ],
)
def test_a_bad_value_stops_start_up_and_names_itself(name, value, found, allowed):
    started = start(**{name: value})
    assert started.returncode == 1
    assert started.stderr.startswith(f"Cannot start: {name}: found ")
    assert found in started.stderr
    assert allowed in started.stderr
    assert "hunter2" not in started.stderr
    assert "Traceback" not in started.stderr


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"# fine\n\nexport A_1='x'\nTWILIO_AUTH_TOKEN: hunter2\n", ", line 4: found neither"),
        (b"A_1=1\n \nA_2=hunter2\n", ", line 2: found neither"),
        ("A_1=hunter2 \N{LATIN SMALL LETTER E WITH ACUTE}".encode("latin-1"), " is not UTF-8 text"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_without_showing_it(tmp_path, content, problem):
    file = tmp_path / ".env"
    file.write_bytes(content)
    with pytest.raises(ImproperlyConfigured) as refused:
        env.read_file(file)
    assert str(refused.value).startswith(f"{file}{problem}")
    assert "hunter2" not in str(refused.value)


def test_a_folder_of_that_name_is_refused_and_a_missing_file_is_not(tmp_path):
    with pytest.raises(ImproperlyConfigured, match="cannot be read: Is a directory"):
        env.read_file(tmp_path)
    env.read_file(tmp_path / "missing")


def test_the_environment_wins_over_the_file(tmp_path, monkeypatch):
    monkeypatch.setitem(os.environ, "SWITCHHOOK_A", "environment")
    monkeypatch.delitem(os.environ, "SWITCHHOOK_B", raising=False)
    (tmp_path / ".env").write_text("SWITCHHOOK_A=file\nSWITCHHOOK_B=file\n")
    env.read_file(tmp_path / ".env")
    assert (os.environ["SWITCHHOOK_A"], os.environ.pop("SWITCHHOOK_B")) == ("environment", "file")


def test_a_token_without_its_account_is_refused():
    assert "TWILIO_ACCOUNT_SID: found nothing" in start(TWILIO_ACCOUNT_SID="").stderr


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ({"ALERT_MAILS_TO": "ops@example.com"}, "EMAIL_URL"),
        ({"ALERT_MAILS_TO": "ops@example.com", "EMAIL_URL": "smtp://mail"}, "ALERT_FROM"),
        ({"ALERT_POST_URL": "https://example.com/hunter2"}, "ALERT_POST_KEY"),
    ],
)
def test_half_a_way_to_tell_alerts_is_refused(given, missing):
    started = start(**given)

    assert started.stderr.startswith(f"Cannot start: {missing}: found nothing")
    assert "hunter2" not in started.stderr


@pytest.mark.parametrize(
    ("url", "tls", "ssl"),
    [("smtp", None, None), ("smtp+tls", True, None), ("smtp+ssl", None, True)],
)
def test_a_mail_server_is_read_with_its_password(monkeypatch, url, tls, ssl):
    monkeypatch.setenv("EMAIL_URL", f"{url}://ops%40example.com:p%2Fw%3A@mail.example.com:2525")
    server = env.read_mail_server("EMAIL_URL")

    assert (server["EMAIL_HOST_USER"], server["EMAIL_HOST_PASSWORD"]) == ("ops@example.com", "p/w:")
    assert (server["EMAIL_HOST"], server["EMAIL_PORT"]) == ("mail.example.com", 2525)
    assert (server.get("EMAIL_USE_TLS"), server.get("EMAIL_USE_SSL")) == (tls, ssl)


def test_samples_are_allowed_while_debugging():
    sample = next(secret for secret in env.SAMPLE_SECRETS if "secret-key" in secret)
    assert start(SECRET_KEY=sample, DEBUG="True").returncode == 0


def test_no_token_starts_with_a_warning_that_the_webhooks_are_shut():
    started = start(TWILIO_AUTH_TOKEN="", TWILIO_ACCOUNT_SID="")
    assert started.returncode == 0
    assert "telephony.W001" in started.stderr


def test_tokens_of_one_account_are_all_kept_in_order(monkeypatch):
    first, second = "AC" + "1" * 32, "AC" + "2" * 32
    monkeypatch.setenv("TWILIO_ACCOUNT_SID", first)
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", "token-one")
    monkeypatch.setenv("TWILIO_AUTH_TOKENS", f"{first}:token-two, {second}:token-three")
    assert env.read_tokens(debug=False) == {
        first: ("token-one", "token-two"),
        second: ("token-three",),
    }


@pytest.mark.parametrize(
    ("hosts", "host", "port"),
    [
        (
            "one.example.com:6432,two.example.com:6433",
            "one.example.com,two.example.com",
            "6432,6433",
        ),
        ("10.0.0.1,10.0.0.2:6433", "10.0.0.1,10.0.0.2", "5432,6433"),
        ("10.0.0.1:6432,10.0.0.2,10.0.0.3", "10.0.0.1,10.0.0.2,10.0.0.3", "6432,5432,5432"),
        ("[fd00::1]:6432,ten", "fd00::1,ten", "6432,5432"),
    ],
)
def test_each_of_several_databases_has_its_own_port_and_only_the_primary_is_taken(
    monkeypatch, hosts, host, port
):
    monkeypatch.setenv("DATABASE_URL", f"postgres://panel:a,b:1@{hosts}/db?application_name=web")
    database = env.read_database("DATABASE_URL", "")
    assert (database["HOST"], database["PORT"]) == (host, port)
    assert database["OPTIONS"] == {
        "application_name": "web",
        "target_session_attrs": "read-write",
    }


def test_the_first_env_has_secrets_of_its_own_and_is_never_overwritten(tmp_path):
    assert dotenv.write(tmp_path / "a", 8000)
    assert dotenv.write(tmp_path / "b", 9101)
    first, second = (tmp_path / "a").read_text(), (tmp_path / "b").read_text()
    assert first != second
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o600
    assert "PUBLIC_BASE_URL=http://127.0.0.1:9101\n" in second
    # By this `doctor` and the start page know that it is none of Twilio's.
    assert f"TWILIO_AUTH_TOKEN={MADE_UP_TOKEN}" in second
    assert not dotenv.write(tmp_path / "a", 9101)
    assert (tmp_path / "a").read_text() == first


@pytest.mark.parametrize(
    ("url", "is_named"), [("http://127.0.0.1:8000", True), ("https://panel.example.com", False)]
)
def test_the_check_for_production_names_an_address_that_twilio_cannot_reach(
    settings, url, is_named
):
    settings.PUBLIC_BASE_URL = url

    found = [warning.id for warning in run_checks(include_deployment_checks=True)]

    assert ("telephony.W002" in found) is is_named


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_the_check_for_production_names_documents_that_cross_the_net_in_clear(settings, scheme):
    settings.STATIC_FALLBACK_URL = f"{scheme}://fallback.example.com/calls"

    found = [warning.id for warning in run_checks(include_deployment_checks=True)]

    assert ("telephony.W004" in found) is (scheme == "http")
