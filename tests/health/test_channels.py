"""How a message is sent: to a real mail server and to a real receiver, whatever they do."""

import socket
import time
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from telephony.health.alerts import channels
from telephony.health.alerts.channels import configured, send_all, send_mail, send_post, try_all
from telephony.health.alerts.signing import sign
from telephony.health.alerts.words import Message
from tests.health.receivers import KEY, is_genuine, text_of

MESSAGE = Message(
    id="0123",
    code="server-down",
    subject="5",
    state="begun",
    since=datetime(2026, 11, 24, 12, tzinfo=UTC),
    title="The server büro does not answer",
    text="The server büro does not answer.\nIt began.",
    url="https://panel.example.com/admin/",
)


def test_an_email_says_what_and_from_whom(told):
    send_mail(MESSAGE)

    (mail,) = told.mailbox.mails
    assert mail["Subject"] == "[Switchhook] The server büro does not answer"
    assert (mail["From"], mail["To"]) == ("panel@example.com", "ops@example.com")
    assert mail["Message-ID"] == "<0123@panel.example.com>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert text_of(mail) == "The server büro does not answer.\nIt began.\n"


def test_a_post_says_the_same_and_its_signature_fits(told):
    send_post(MESSAGE)

    assert told.receiver.posts == [
        {
            "id": "0123",
            "code": "server-down",
            "subject": "5",
            "state": "begun",
            "since": "2026-11-24T12:00:00+00:00",
            "title": MESSAGE.title,
            "text": MESSAGE.text,
            "url": MESSAGE.url,
        }
    ]
    assert told.receiver.paths == ["/hook?token=secret"]


def test_the_check_of_the_document_refuses_what_is_not_ours_or_old():
    now, body = int(time.time()), b'{"a": 1}'

    assert is_genuine(sign(KEY, body, now), body)
    assert not is_genuine(sign("another-key", body, now), body)
    assert not is_genuine(sign(KEY, body, now), body + b" ")
    assert not is_genuine(sign(KEY, body, now - 301), body)
    later = sign(KEY, body, now - 301).replace(str(now - 301), str(now))
    assert not is_genuine(later, body)


@pytest.mark.parametrize("status", [301, 302, 307, 308, 403, 404, 500, 503])
def test_an_answer_other_than_2xx_is_a_failure_and_no_redirect_is_followed(told, status):
    told.receiver.status = status

    assert try_all(MESSAGE) == {"e-mail": "", "POST": f"it answered {status}"}
    assert told.receiver.paths == ["/hook?token=secret"]


@pytest.mark.parametrize("status", [200, 201, 204])
def test_any_2xx_is_taken(told, status):
    told.receiver.status = status

    assert try_all(MESSAGE) == {"e-mail": "", "POST": ""}


@pytest.mark.parametrize("status", ["hang", "trickle"])
def test_a_receiver_that_never_ends_is_given_up_and_delays_nobody(told, monkeypatch, status):
    monkeypatch.setattr(channels, "WITHIN_S", 1.0)
    told.receiver.status = status
    began = time.monotonic()

    results = try_all(MESSAGE)

    assert results["e-mail"] == ""
    assert results["POST"] in ("no answer within 1 s", "TimeoutError: timed out")
    assert time.monotonic() - began < 8
    assert len(told.mailbox.mails) == 1


def test_a_mail_server_that_hangs_is_given_up_and_delays_nobody(told, monkeypatch):
    monkeypatch.setattr(channels, "WITHIN_S", 1.0)
    told.mailbox.delay_s = 3

    results = try_all(MESSAGE)
    assert results["e-mail"] in ("no answer within 1 s", "TimeoutError: timed out")
    assert results["POST"] == ""


def test_a_receiver_that_closes_or_is_not_there_is_a_failure(told, settings):
    told.receiver.status = "close"
    assert "RemoteDisconnected" in try_all(MESSAGE)["POST"]

    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        settings.ALERT_POST_URL = f"http://127.0.0.1:{unused.getsockname()[1]}/secret"
        error = try_all(MESSAGE)["POST"]
    assert "ConnectionRefusedError" in error
    assert "secret" not in error


def test_a_certificate_is_checked(told, settings):
    settings.ALERT_POST_URL = told.receiver.url.replace("http:", "https:")

    assert "SSLError" in try_all(MESSAGE)["POST"]
    assert told.receiver.tries == 0


def test_a_mail_server_that_refuses_is_a_failure_and_the_post_arrives(told):
    told.mailbox.answer = "451 Try again later"

    results = try_all(MESSAGE)
    assert "451" in results["e-mail"]
    assert results["POST"] == ""
    assert len(told.receiver.posts) == 1


def test_no_line_break_in_a_title_forges_a_header(told):
    with pytest.raises(ValueError, match="Header values can't contain newlines"):
        send_mail(replace(MESSAGE, title="a\r\nBcc: thief@example.com"))

    assert told.mailbox.mails == []


def test_only_what_is_set_up_is_used(told, settings):
    settings.ALERT_MAILS_TO = []
    assert list(configured()) == ["POST"]
    settings.ALERT_POST_URL = ""
    assert configured() == {}
    assert send_all([]) == []
