"""The server's page says what its probes said."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from django.utils.formats import date_format

from telephony.admin.probes import context
from telephony.models import AsteriskServer
from tests import make
from tests.admin.conftest import page, text
from tests.admin.test_queries import queries

HOUR = timezone.now().replace(minute=0, second=0, microsecond=0)


def page_of() -> str:
    return page("asteriskserver", "change", AsteriskServer.objects.get().pk)


def shown(client: Client) -> str:
    return " ".join(text(client.get(page_of())).split())


@pytest.fixture
def hour(db: None) -> Callable[..., None]:
    """An hour of probes, so many hours ago, the last of them within it."""
    make.make_server()

    def add(ago: int, **fields: object) -> None:
        at = HOUR - timedelta(hours=ago)
        make.make_probe_hour(hour=at, **{"last_probed_at": at + timedelta(minutes=1), **fields})

    return add


def test_a_server_that_was_never_probed_says_which_command_does_it(panel: Client) -> None:
    make.make_server()
    seen = shown(panel)
    assert "Never probed." in seen
    assert ".venv/bin/python manage.py probe_servers" in seen
    assert "24 hours" not in seen


def test_a_new_server_shows_nothing_of_probes(panel: Client) -> None:
    assert "probed" not in text(panel.get(page("asteriskserver", "add")))


def test_the_last_probe_and_each_hour_are_shown(panel: Client, hour: Callable[..., None]) -> None:
    hour(2, answered=3, unanswered=1, latency_ms_sum=17, latency_ms_max=9)
    hour(0, answered=0, unanswered=4, latency_ms_sum=0, latency_ms_max=0, last_status=None, last_latency_ms=None, last_reason="no SIP answer within 3 s")  # fmt: skip
    seen = shown(panel)
    assert "<strong>dead: no SIP answer within 3 s</strong>" in seen
    assert '<td class="figure">3 of 4</td> <td class="figure">6 ms</td> <td class="figure">9 ms</td>' in seen  # fmt: skip
    assert '<td class="figure">0 of 4</td> <td class="figure">\N{EN DASH}</td>' in seen
    assert "In the last 24 hours, 3 of 8 probes were answered" in seen
    assert seen.index("0 of 4") < seen.index("3 of 4")


def test_an_answer_is_shown_with_its_warning(panel: Client, hour: Callable[..., None]) -> None:
    hour(0, last_warning="Twilio would refuse the certificate: <b>")
    assert "alive 401 in 4 ms (Twilio would refuse the certificate: &lt;b&gt;)" in shown(panel)


def test_only_a_day_is_shown_of_the_past(hour: Callable[..., None]) -> None:
    for ago in range(40):
        hour(ago)
    server = AsteriskServer.objects.get()
    rows = context(server, HOUR + timedelta(minutes=59))["probe_hours"]
    assert [row["hour"] for row in rows] == [HOUR - timedelta(hours=ago) for ago in range(24)]


def test_the_last_probe_is_shown_however_old_it_is(
    panel: Client, hour: Callable[..., None]
) -> None:
    hour(240)
    seen = shown(panel)
    assert f"Last probe on {date_format(HOUR - timedelta(hours=240), 'DATE_FORMAT')}" in seen
    assert "<strong>alive 401 in 4 ms</strong>" in seen
    assert "Nobody has probed it in the last 24 hours." in seen
    assert "<meter" not in seen


def test_the_page_asks_as_often_for_a_day_of_probes_as_for_none(
    panel: Client, hour: Callable[..., None]
) -> None:
    url = page_of()
    panel.get(url)
    none = queries(panel, url)
    for ago in range(25):
        hour(ago)
    assert queries(panel, url) == none


def test_the_page_needs_no_script_and_no_style_of_its_own(
    panel: Client, hour: Callable[..., None]
) -> None:
    hour(0)
    probes = shown(panel).split('class="module aligned probes"')[1].split("</fieldset>")[0]
    assert "<script" not in probes
    assert "style=" not in probes


def test_deleting_a_server_counts_its_hours_and_lists_none(
    panel: Client, hour: Callable[..., None]
) -> None:
    for ago in range(3):
        hour(ago)
    seen = text(panel.get(page("asteriskserver", "delete", AsteriskServer.objects.get().pk)))
    assert "Probe hours: 3" in seen
    assert "office" in seen
    assert "Probe hour: " not in seen


def test_the_list_says_what_the_last_probe_of_each_server_said(
    panel: Client, hour: Callable[..., None]
) -> None:
    hour(3)
    hour(0, answered=0, unanswered=4, latency_ms_sum=0, latency_ms_max=0, last_status=None, last_latency_ms=None, last_probed_at=timezone.now() - timedelta(minutes=2))  # fmt: skip
    AsteriskServer.objects.create(name="branch", host="branch.example.com")
    seen = " ".join(text(panel.get(page("asteriskserver", "changelist"))).split())
    assert 'data-label="Last probe" class="field-probed">dead, 2 minutes ago</td>' in seen
    assert 'data-label="Last probe" class="field-probed">never</td>' in seen
