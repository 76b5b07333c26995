"""Facts: Twilio's documentation of X-Twilio-Signature, and the vectors that its libraries publish."""

import hashlib
import json
from pathlib import Path
from urllib.parse import urlencode

import pytest
from django.utils.datastructures import MultiValueDict
from hypothesis import assume, given
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator, get_signature_algorithm

from telephony.wire.forms import parse_form
from telephony.wire.signature import SignatureSettings, is_genuine, parse_settings, sign

VECTORS = json.loads((Path(__file__).parents[1] / "data" / "signature_vectors.json").read_text())[
    "vectors"
]

URL = "https://panel.example.com/twilio/voice/"
TOKEN = "a-token"
PARAMS = {"CallSid": ["CA1"], "From": ["+12025550143"], "To": ["+12025550100"]}
SIGNATURE = sign(URL, PARAMS, TOKEN)


def theirs(url, params, token) -> str:
    """The signature that Twilio's own library makes."""
    return RequestValidator(token).compute_signature(url, MultiValueDict(params))


def is_signed(params=PARAMS, *, by, url=URL, body=b"", tokens=(TOKEN,)) -> bool:
    return is_genuine(url, params, body, by, tokens)


@pytest.mark.parametrize("vector", VECTORS, ids=[vector["name"] for vector in VECTORS])
def test_published_vectors_are_judged_as_published(vector):
    params = {
        name: [value] if isinstance(value, str) else value
        for name, value in vector["params"].items()
    }
    body = (vector["body"] or "").encode()
    tokens = [vector["auth_token"]]

    verdict = is_genuine(vector["url"], params, body, vector["signature"], tokens)

    assert verdict is vector["expect_valid"]


def test_the_vectors_are_all_there():
    assert len(VECTORS) == 24
    assert sum(not vector["expect_valid"] for vector in VECTORS) == 3


def test_the_order_of_the_fields_does_not_matter():
    assert is_signed(dict(reversed(PARAMS.items())), by=SIGNATURE)


def test_fields_are_sorted_by_name_and_not_by_name_with_value():
    params = {"Reason": ["Z"], "ReasonConferenceEnded": ["a"]}

    assert is_signed(params, by=theirs(URL, params, TOKEN))


def test_a_repeated_field_counts_once_for_each_distinct_value():
    signature = sign(URL, {"Tag": ["a", "b"]}, TOKEN)

    assert is_signed({"Tag": ["b", "a", "b"]}, by=signature)
    assert not is_signed({"Tag": ["a"]}, by=signature)
    assert not is_signed({"Tag": ["a", "b", "c"]}, by=signature)


@pytest.mark.parametrize(
    ("sent", "tampered"),
    [
        ("", None),
        (" padded ", "padded"),
        ("padded\n", "padded"),
        ("Ana", "ana"),
        ("José", "Jose"),
        ("Jose\u0301", "José"),
        ("+1", " 1"),
    ],
)
def test_values_count_exactly_as_they_were_sent(sent, tampered):
    signature = theirs(URL, {"CallerName": [sent]}, TOKEN)

    assert is_signed({"CallerName": [sent]}, by=signature)
    assert not is_signed({} if tampered is None else {"CallerName": [tampered]}, by=signature)


def test_bytes_that_are_not_utf_8_are_signed_as_they_came():
    assert is_signed(parse_form(b"Name=%FF"), by=sign(URL, parse_form(b"Name=\xff"), TOKEN))
    assert not is_signed(parse_form(b"Name=%FF"), by=sign(URL, parse_form(b"Name=%FE"), TOKEN))


@pytest.mark.parametrize(
    ("public", "signed"),
    [
        # HTTPS voice requests are signed without the port that the URL has.
        ("https://host.example:8443/a/", "https://host.example/a/"),
        ("https://host.example:8443/a/", "https://host.example:8443/a/"),
        ("https://host.example:443/a/", "https://host.example/a/"),
        ("https://host.example/a/", "https://host.example:443/a/"),
        ("http://host.example/a/", "http://host.example:80/a/"),
        ("http://host.example:8000/a/", "http://host.example:8000/a/"),
        ("https://192.0.2.7:8443/a/", "https://192.0.2.7/a/"),
        ("https://[2001:db8::1]:8443/a/", "https://[2001:db8::1]/a/"),
        ("https://[2001:db8::1]/a/", "https://[2001:db8::1]:443/a/"),
        ("https://host.example:8443", "https://host.example"),
        ("https://host.example:8443?a=1", "https://host.example?a=1"),
        # User and password are dropped before signing.
        ("https://ana:secret@host.example/a/", "https://host.example/a/"),
        ("https://ana:secret@host.example:8443/a/", "https://host.example/a/"),
        ("https://ana@host.example/a/", "https://ana@host.example:443/a/"),
        # The fragment holds Twilio's connection overrides; it is neither sent nor signed.
        ("https://host.example/a/#rc=2&rp=all", "https://host.example/a/"),
        # What a browser would escape in a query.
        ("https://host.example/a/?b=It's", "https://host.example/a/?b=It%27s"),
    ],
)
def test_twilio_may_sign_another_form_of_the_same_address(public, signed):
    assert is_signed(url=public, by=sign(signed, PARAMS, TOKEN))


@pytest.mark.parametrize(
    "signed",
    [
        "http://panel.example.com/twilio/voice/",
        "https://panel.example.com/twilio/voice",
        "https://panel.example.com:8443/twilio/voice/",
        "https://panel.example.com:80/twilio/voice/",
        "https://PANEL.example.com/twilio/voice/",
        "https://panel.example.com/twilio/voice/?",
        "https://panel.example.com/twilio/voice/?a=1",
        "https://panel.example.com/twilio/Voice/",
        "https://panel.example.com//twilio/voice/",
        "https://ana@panel.example.com/twilio/voice/",
    ],
)
def test_a_signature_for_another_address_is_refused(signed):
    assert not is_signed(by=sign(signed, PARAMS, TOKEN))


@pytest.mark.parametrize("query", ["b=1&a=2", "a=%7e", "a=%7E", "a=1+2", "a=1%202", "a=ñ", "a=1&"])
def test_the_query_counts_byte_for_byte(query):
    signature = sign(f"{URL}?{query}", PARAMS, TOKEN)

    assert is_signed(url=f"{URL}?{query}", by=signature)
    assert not is_signed(url=f"{URL}?{query}x", by=signature)
    assert not is_signed(url=f"{URL}?a=2&b=1", by=signature)


def test_a_body_that_is_no_form_needs_its_hash_in_the_signed_address():
    body = b'{"a": 1}'
    url = f"{URL}?bodySHA256={hashlib.sha256(body).hexdigest()}"
    signature = sign(url, {}, TOKEN)

    assert is_signed({}, url=url, body=body, by=signature)
    assert not is_signed({}, url=url, body=b'{"a": 2}', by=signature)
    assert not is_signed({}, body=body, by=sign(URL, {}, TOKEN))


def test_two_hashes_of_the_body_are_refused():
    body = b"{}"
    digest = hashlib.sha256(body).hexdigest()
    url = f"{URL}?bodySHA256={digest}&bodySHA256={digest}"

    assert not is_signed({}, url=url, body=body, by=sign(url, {}, TOKEN))


@pytest.mark.parametrize(
    "signature",
    [None, "", " ", "signature", "ñandú", "\udcff", SIGNATURE[:-1], SIGNATURE.lower(), f" {SIGNATURE}", f"{SIGNATURE}="],
)  # fmt: skip
def test_a_missing_or_mangled_signature_is_refused(signature):
    assert not is_signed(by=signature)


def test_without_a_token_nothing_is_genuine():
    assert not is_signed(by=SIGNATURE, tokens=())
    assert not is_signed(by=sign(URL, PARAMS, ""), tokens=())


def test_any_of_several_tokens_may_have_signed():
    assert is_signed(by=SIGNATURE, tokens=("old-token", TOKEN))
    assert is_signed(by=SIGNATURE, tokens=(TOKEN, "new-token"))
    assert not is_signed(by=SIGNATURE, tokens=("old-token", "new-token"))


@pytest.mark.parametrize("token", [TOKEN[:-1], TOKEN + "x", TOKEN.upper(), f" {TOKEN}", ""])
def test_a_token_that_resembles_the_right_one_is_another(token):
    assert not is_signed(by=SIGNATURE, tokens=(token,))


# Text as a form may hold it, without what HTTP itself has no bytes for.
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
names = st.text("ABCabcSid_019", min_size=1, max_size=8)
forms = st.dictionaries(names, st.lists(texts, min_size=1, max_size=3), max_size=8)
tokens = st.text("0123456789abcdef", min_size=8, max_size=32)
urls = st.builds(
    "{}://{}{}{}{}".format,
    st.sampled_from(["https", "http"]),
    st.sampled_from(["panel.example.com", "192.0.2.7"]),
    st.sampled_from(["", ":8443"]),
    st.sampled_from(["/", "/twilio/voice/", "/twilio/leg/1/0/"]),
    st.sampled_from(["", "?a=1", "?b=2&a=%20"]),
)


@given(urls, forms, tokens)
def test_what_sign_signs_is_genuine(url, form, token):
    assert is_genuine(url, form, b"", sign(url, form, token), [token])


@given(urls, forms, tokens)
def test_twilios_own_library_signs_alike(url, form, token):
    assert sign(url, form, token) == theirs(url, form, token)


@given(urls, forms, tokens)
def test_a_form_survives_the_way_over_http(url, form, token):
    body = urlencode(form, doseq=True).encode()

    assert is_genuine(url, parse_form(body), body, theirs(url, form, token), [token])


@given(urls, urls, forms, tokens)
def test_another_address_is_not_genuine(url, other, form, token):
    assume(other.replace(":8443", "") != url.replace(":8443", ""))

    assert not is_genuine(other, form, b"", sign(url, form, token), [token])


@given(urls, forms, tokens, tokens)
def test_another_token_is_not_genuine(url, form, token, other):
    assume(token != other)

    assert not is_genuine(url, form, b"", sign(url, form, token), [other])


@given(urls, forms, tokens, names, texts)
def test_an_added_field_is_not_genuine(url, form, token, name, value):
    assume(name not in form)

    tampered = {**form, name: [value]}

    assert not is_genuine(url, tampered, b"", sign(url, form, token), [token])


@given(urls, forms.filter(bool), tokens, st.data())
def test_a_changed_or_missing_field_is_not_genuine(url, form, token, data):
    name = data.draw(st.sampled_from(sorted(form)))
    value = data.draw(texts.filter(lambda text: [text] != sorted(set(form[name]))))
    signature = sign(url, form, token)

    assume(joined({**form, name: [value]}) != joined(form))
    assert not is_genuine(url, {**form, name: [value]}, b"", signature, [token])
    assert not is_genuine(url, {n: v for n, v in form.items() if n != name}, b"", signature, [token])  # fmt: skip


def joined(form):
    """Twilio joins names and values without separators: what joins alike is signed alike."""
    return "".join(n + v for n in sorted(form) for v in sorted(set(form[n])))


def test_an_empty_token_is_no_token():
    url, params = "https://panel.example.com/twilio/voice/", {"CallSid": ["CA1"]}
    assert not is_genuine(url, params, b"", sign(url, params, ""), ("",))
    assert is_genuine(url, params, b"", sign(url, params, "a-token"), ("", "a-token"))


# Shared keys: another secret, and another algorithm where the header says so.

ALGORITHMS = ["HMAC_SHA1", "HMAC_SHA256", "hmac_sha256"]


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@given(st.dictionaries(st.text("abcXYZ", min_size=1), st.text(max_size=8), max_size=6))
def test_both_algorithms_are_judged_as_twilios_own_library_judges_them(algorithm, fields):
    params = {name: [value] for name, value in fields.items()}
    theirs = RequestValidator("a-key").compute_signature(URL, MultiValueDict(params), algorithm)
    chosen = parse_settings(f"key=webhooks_sharedkey_1,algorithm={algorithm}").algorithm

    assert is_genuine(URL, params, b"", theirs, ["a-key"], chosen)
    assert not is_genuine(URL, params, b"", theirs, ["another-key"], chosen)
    other = "HMAC_SHA1" if chosen == "HMAC_SHA256" else "HMAC_SHA256"
    assert not is_genuine(URL, params, b"", theirs, ["a-key"], other)


@pytest.mark.parametrize("algorithm", ["HMAC_MD5", "none", "", "sha256"])
def test_an_algorithm_that_is_unknown_never_signed(algorithm):
    assert not is_genuine(URL, PARAMS, b"", SIGNATURE, [TOKEN], algorithm)


@pytest.mark.parametrize(
    ("header", "key", "algorithm"),
    [
        (None, "", "HMAC_SHA1"),
        ("", "", "HMAC_SHA1"),
        ("key=webhooks_sharedkey_1,algorithm=HMAC_SHA256", "webhooks_sharedkey_1", "HMAC_SHA256"),
        ("algorithm=hmac_sha256 , key = k", "k", "HMAC_SHA256"),
        ("key=k", "k", "HMAC_SHA1"),
        ("key=k,algorithm=", "k", "HMAC_SHA1"),
        ("key=one,key=two,algorithm=HMAC_SHA1", "one", "HMAC_SHA1"),
        ("something else", "", "HMAC_SHA1"),
    ],
)
def test_the_settings_header_names_key_and_algorithm(header, key, algorithm):
    assert parse_settings(header) == SignatureSettings(key, algorithm)
    assert get_signature_algorithm(header).upper() == algorithm
