"""Who gets in: the signature, the form, the method; docs/webhooks.md has the answers in a table."""

import threading
from dataclasses import replace

import pytest
from django.db.backends.utils import CursorWrapper

from telephony.models import CallEvent, RefusedWebhooks
from telephony.records.refusals import WRONG, Refusals
from telephony.snapshots.live import live_directory
from telephony.webhooks import guard
from tests import make, twilio
from tests.environment import ACCOUNT_SID, AUTH_TOKEN

LEG = {"CallSid": "CAchild", "ParentCallSid": make.CALL_SID}
WEBHOOKS = [
    "/twilio/voice/",
    "/twilio/voice/1/",
    "/twilio/voice/1/fn.2-f3-20-fn/",
    "/twilio/voice-failed/",
    "/twilio/leg/",
    "/twilio/leg/1/0/",
    "/twilio/screen/1/",
    "/twilio/screen/1/key/",
    "/twilio/status/",
]
SHARED = "webhooks_sharedkey_0123"


@pytest.mark.parametrize("path", WEBHOOKS)
def test_an_unsigned_request_is_refused(ask, path):
    request = twilio.Request(path, twilio.encode(make.FIELDS), None)

    assert ask(request).status == 403
    assert CallEvent.objects.count() == 0


@pytest.mark.parametrize("path", WEBHOOKS)
def test_a_request_signed_with_another_token_is_refused(twilio_post, path):
    assert twilio_post(path, token="another-token").status == 403
    assert CallEvent.objects.count() == 0


def test_a_tampered_field_is_refused(ask):
    genuine = twilio.sign("/twilio/voice/", make.FIELDS)
    body = genuine.body.replace(b"2025550143", b"2025550144")

    assert body != genuine.body
    assert ask(replace(genuine, body=body)).status == 403


def test_a_signature_for_one_webhook_opens_no_other(ask):
    genuine = twilio.sign("/twilio/status/", make.FIELDS)

    assert ask(replace(genuine, path="/twilio/voice/")).status == 403


def test_another_plan_in_the_address_is_refused(ask):
    genuine = twilio.sign("/twilio/voice/1/fn.2-f3-20-fn/", make.FIELDS)

    assert ask(replace(genuine, path="/twilio/voice/1/fn.2-f4-20-fn/")).status == 403


def test_a_signature_over_what_a_proxy_says_is_refused(client, twilio_post, settings):
    settings.PUBLIC_BASE_URL = "https://elsewhere.example.com"

    assert twilio_post("/twilio/voice/").status == 403


@pytest.mark.parametrize("account_sid", ["AC00000000000000000000000000000000", "", None, "x"])
def test_an_account_without_a_token_is_refused(twilio_post, account_sid):
    assert twilio_post("/twilio/voice/", AccountSid=account_sid).status == 403


@pytest.mark.parametrize("debug", [False, True])
@pytest.mark.parametrize("token", [AUTH_TOKEN, ""])
def test_without_tokens_nobody_gets_in_debug_or_not(twilio_post, settings, debug, token):
    settings.TWILIO_TOKENS, settings.DEBUG = {}, debug

    assert twilio_post("/twilio/voice/", token=token).status == 403


def test_both_tokens_get_in_during_a_rotation(twilio_post, settings):
    settings.TWILIO_TOKENS = {ACCOUNT_SID: (AUTH_TOKEN, "the-next-token")}

    assert twilio_post("/twilio/voice/").status == 200
    assert twilio_post("/twilio/voice/", token="the-next-token").status == 200


def test_a_refusal_names_no_secret_in_the_log(twilio_post, caplog):
    twilio_post("/twilio/voice/", token="another-token")

    assert "signed with another token" in caplog.text
    assert AUTH_TOKEN not in caplog.text


def test_what_is_no_signature_is_not_blamed_on_the_settings(ask, caplog):
    answer = ask(replace(twilio.sign("/twilio/voice/", make.FIELDS), signature="abc"))

    assert answer.status == 403
    assert "what it has is no signature" in caplog.text
    assert "PUBLIC_BASE_URL" not in caplog.text


@pytest.mark.parametrize("path", WEBHOOKS)
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"])
def test_only_post_is_answered(ask, path, method):
    answer = ask(twilio.Request(path, b"", None, method=method))

    assert (answer.status, answer.headers.get("allow")) == (405, "POST")


@pytest.mark.parametrize(
    "path",
    ["/twilio/", "/twilio/voice", "/twilio/voice/0/", "/twilio/voice/1000/", "/twilio/leg/1/10/"],
)
def test_another_address_is_no_webhook(twilio_post, path):
    assert twilio_post(path).status == 404


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"CallSid": None}, "Malformed: CallSid is missing.\n"),
        ({"CallSid": "1"}, "Malformed: CallSid '1' is not a call SID (CA and letters or digits).\n"),
        ({"To": None}, "Malformed: To is missing: the request does not say which number was called.\n"),
        ({"X": ["1"] * 500}, "Malformed: there are more than 500 fields.\n"),
    ],
)  # fmt: skip
def test_a_malformed_request_is_told_why(twilio_post, fields, why):
    response = twilio_post("/twilio/voice/", **fields)

    assert (response.status, response.text) == (400, why)
    assert CallEvent.objects.count() == 0


def test_what_is_no_form_is_refused(ask):
    request = twilio.Request("/twilio/voice/", b"{}", None, content_type="application/json")

    assert ask(request).status == 403


def test_no_cookie_is_ever_set(twilio_post):
    answers = [twilio_post(path, **LEG) for path in WEBHOOKS]

    assert not any("cookie" in name for answer in answers for name in answer.headers)


@pytest.mark.parametrize("query", ["?a=1", "?b=2&a=1", "?a=%7Eana&b=x+y", "?a=It%27s"])
def test_a_query_is_part_of_what_is_signed(twilio_post, query):
    assert twilio_post(f"/twilio/voice/{query}").status == 200


# Shared keys.


@pytest.fixture
def shared(settings):
    settings.TWILIO_SHARED_KEYS = {(ACCOUNT_SID, SHARED): ("the-shared-secret",)}
    return settings


@pytest.mark.parametrize("algorithm", ["HMAC_SHA1", "HMAC_SHA256", "hmac_sha256"])
def test_a_webhook_signed_with_a_shared_key_gets_in(ask, shared, algorithm):
    request = twilio.sign_shared(make.FIELDS, SHARED, "the-shared-secret", algorithm)

    assert ask(request).status == 200
    assert ask(replace(request, body=request.body + b"&A=1")).status == 403


def test_an_unknown_key_is_not_told_as_a_missing_token(ask, monkeypatch):
    # The recorder's thread adds up its own.
    refusals = Refusals()
    monkeypatch.setattr(guard, "refusals", refusals)
    ask(twilio.sign_shared(make.FIELDS, "webhooks_sharedkey_x", "any", "HMAC_SHA256"))
    refusals.fold()

    assert RefusedWebhooks.objects.get().reason == WRONG


def test_both_shared_keys_get_in_during_a_rotation(ask, settings):
    settings.TWILIO_SHARED_KEYS = {
        (ACCOUNT_SID, SHARED): ("the-shared-secret",),
        (ACCOUNT_SID, "webhooks_sharedkey_next"): ("the-next-secret",),
    }
    pairs = ((SHARED, "the-shared-secret"), ("webhooks_sharedkey_next", "the-next-secret"))

    assert [ask(twilio.sign_shared(make.FIELDS, *pair)).status for pair in pairs] == [200, 200]


@pytest.mark.parametrize(
    ("key", "secret", "algorithm", "why"),
    [
        (SHARED, AUTH_TOKEN, "HMAC_SHA256", "signed with another shared key"),
        (SHARED, "the-shared-secret", "HMAC_MD5", "the signature algorithm 'HMAC_MD5' is unknown"),
        ("webhooks_sharedkey_other", AUTH_TOKEN, "HMAC_SHA1", "the shared key 'webhooks_sharedkey_other' is not in TWILIO_SHARED_KEYS"),
        ("", "the-shared-secret", "HMAC_SHA256", "signed with another token"),
    ],
)  # fmt: skip
def test_a_key_is_never_tried_for_another_and_the_log_says_why(
    ask, shared, caplog, key, secret, algorithm, why
):
    answer = ask(twilio.sign_shared(make.FIELDS, key, secret, algorithm))

    assert answer.status == 403
    assert why in caplog.text
    assert "the-shared-secret" not in caplog.text


def test_a_shared_key_opens_no_other_account(ask, shared):
    fields = {**make.FIELDS, "AccountSid": "AC" + "f" * 32}

    assert ask(twilio.sign_shared(fields, SHARED, "the-shared-secret")).status == 403


# What the call costs the database.


@pytest.fixture
def queries(monkeypatch):
    """The statements of every thread: the one that answers, and the one that stores."""
    found: list[tuple[str, str]] = []
    execute = CursorWrapper.execute

    def note(cursor, sql, params=None):
        found.append((threading.current_thread().name, sql))
        return execute(cursor, sql, params)

    monkeypatch.setattr(CursorWrapper, "execute", note)
    return found


@pytest.mark.parametrize("account_sid", [ACCOUNT_SID, "AC" + "9" * 32, None])
@pytest.mark.parametrize("token", ["another-token", None])
def test_a_refusal_asks_no_database(ask, queries, account_sid, token):
    live_directory.refresh()
    fields = {name: value for name, value in make.FIELDS.items() if name != "AccountSid"}
    fields |= {"AccountSid": account_sid} if account_sid else {}
    unsigned = twilio.Request("/twilio/voice/", twilio.encode(fields), None)
    queries.clear()

    request = twilio.sign("/twilio/voice/", fields, token) if token else unsigned
    assert ask(request, refresh=False).status == 403
    assert {thread for thread, _ in queries} <= {"recorder"}


@pytest.mark.parametrize("path", WEBHOOKS)
def test_the_answer_asks_no_database_and_what_is_stored_does_not_grow(ask, queries, path):
    number = make.make_story()

    def statements(sequence: str) -> list[tuple[str, str]]:
        queries.clear()
        request = twilio.sign(path, {**make.FIELDS, **LEG, "SequenceNumber": sequence})
        assert ask(request, refresh=False).status == 200
        return list(queries)

    live_directory.refresh()
    ask(twilio.sign("/twilio/leg/1/0/", {**make.FIELDS, **LEG}))
    few = statements("98")
    for place in range(20):
        endpoint = make.make_endpoint(user=f"more{place}")
        make.make_step(number, endpoint, position=place + 3)
        make.make_number(endpoint, e164=f"+120255502{place:02}")
        fields = {**make.FIELDS, **LEG, "SequenceNumber": str(place)}
        ask(twilio.sign("/twilio/leg/1/0/", fields))
    many = statements("99")

    assert {thread for thread, _ in (*few, *many)} == {"recorder"}
    assert len(many) == len(few) <= 12
