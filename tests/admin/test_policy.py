"""The office's choices, and what the start page says of alerts."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from telephony.health.alerts.rounds import tell_of_panel
from telephony.models import Policy, ServerHealth
from telephony.routing.breaker import Sign
from tests import make
from tests.admin.conftest import page, text


def test_its_page_opens_straight_to_the_one_row(panel: Client) -> None:
    shown = panel.get(page("policy", "changelist"), follow=True)

    assert shown.redirect_chain == [(page("policy", "change", 1), 302)]
    assert "Policy of the office" in text(shown)
    assert 'name="_save"' in text(shown)
    assert "Delete" not in text(shown)
    assert panel.get(page("policy", "add")).status_code == 403


def test_a_change_is_kept_and_is_in_the_history(
    panel: Client, save: Callable[..., HttpResponse]
) -> None:
    Policy.current()
    save(page("policy", "change", 1), silence=None, server_down_after_s="300", missed_call="on")
    policy = Policy.current()

    assert (policy.silence, policy.server_down_after_s, policy.missed_call) == (False, 300, True)
    assert policy.missed_call_from is not None
    history = text(panel.get(page("policy", "history", 1)))
    assert "Silence: no instead of yes" in history
    assert "Server down told after (s): 300 instead of 120" in history
    assert "Missed call: yes instead of no" in history
    save(page("policy", "change", 1), missed_call=None)
    assert Policy.current().missed_call_from is None


@pytest.mark.parametrize(
    ("field", "value"),
    [("server_down_after_s", 86401), ("silence_calls", 0), ("silence_calls", 10001)],
)
def test_values_out_of_range_are_refused(
    save: Callable[..., HttpResponse], field: str, value: int
) -> None:
    policy = Policy.current()
    assert "Please correct the error" in text(save(page("policy", "change", 1), **{field: value}))
    setattr(policy, field, value)
    with pytest.raises(IntegrityError), transaction.atomic():
        policy.save()


@pytest.mark.django_db
def test_there_is_one_row() -> None:
    Policy.current()
    with pytest.raises(IntegrityError), transaction.atomic():
        Policy.objects.create(pk=2)


def test_somebody_who_may_only_look_sees_the_choices(reader: Client) -> None:
    shown = reader.get(page("policy", "changelist"), follow=True)

    assert shown.status_code == 200
    assert 'name="_save"' not in text(shown)


def test_the_start_page_says_what_is_on_since_when_and_who_was_told(
    panel: Client, settings: Any, tmp_path: Path
) -> None:
    settings.SPOOL_DIR, settings.TIME_ZONE = tmp_path, "UTC"
    start = reverse("admin:index")
    assert "does not answer" not in text(panel.get(start))
    server, now = make.make_server(name="office <b>"), timezone.now()
    failed = [Sign(server.name, is_up=False, at=now - timedelta(hours=1))] * 3
    ServerHealth.fold(failed)
    Policy.current()
    Policy.objects.update(server_down_after_s=0)
    tell_of_panel(now)
    shown = text(panel.get(start))

    assert f'<a href="{page("asteriskserver", "change", server.pk)}">' in shown
    assert "The server office &lt;b&gt; does not answer, since " in shown
    assert f"since {now - timedelta(hours=1):%Y-%m-%d %H:%M}" in shown
    assert "nobody is told, because no channel is set up" in shown

    ServerHealth.objects.all().delete()
    tell_of_panel(now)
    assert "does not answer" not in text(panel.get(start))
    settings.ALERT_POST_URL, settings.ALERT_POST_KEY = "http://127.0.0.1:9/", "a-key-of-16-chars"
    ServerHealth.fold(failed)
    tell_of_panel(now)
    assert "not yet told by POST (ConnectionRefusedError:" in text(panel.get(start))


def test_a_start_page_that_cannot_read_the_alerts_of_its_machine_says_so(
    panel: Client, settings: Any, tmp_path: Path
) -> None:
    settings.SPOOL_DIR = tmp_path / "file"
    settings.SPOOL_DIR.write_text("")

    assert "The alerts of this machine cannot be read" in text(panel.get(reverse("admin:index")))
