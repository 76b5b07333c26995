"""Everybody sees times in the zone they have chosen, else in their browser's, else in the panel's."""

import csv
import io
import re
from contextlib import closing
from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client, override_settings
from django.urls import reverse
from django.utils.html import strip_tags

from telephony.models import Preference
from tests.admin.test_call_list import call, log, narrow, text

AT = datetime(2026, 11, 3, 2, 0, tzinfo=UTC)


def choose(panel: Client, zone: str) -> str:
    return text(panel.post(reverse("preferences"), {"time_zone": zone}, follow=True))


def started(panel: Client) -> tuple[str, str]:
    """Return the head of the download's first column and its first cell."""
    written = panel.get(f"{log()}csv/").getvalue().decode("utf-8-sig")
    head, first = csv.reader(io.StringIO(written))
    return head[0], first[0]


def foot(panel: Client) -> str:
    (found,) = re.findall('<p class="zone">(.*)</p>', panel.get(log()).content.decode())
    return strip_tags(found)


def test_times_are_those_of_the_panel_at_first(panel: Client) -> None:
    call("CAone", started_at=AT)
    with override_settings(TIME_ZONE="Asia/Kolkata"):
        assert "2026-11-03 07:30:00 IST" in panel.get(log()).content.decode()
        assert foot(panel) == "Times are those of Asia/Kolkata (UTC+0530)."


def test_times_are_those_of_the_browser_once_it_has_told_its_zone(panel: Client) -> None:
    call("CAone", started_at=AT)
    panel.cookies["time_zone"] = "America%2FMontevideo"
    assert "2026-11-02 23:00:00 -03" in panel.get(log()).content.decode()
    assert narrow(panel, until="2026-11-02") == ["CAone"]
    assert started(panel) == ("started (America/Montevideo)", "2026-11-02 23:00:00")
    assert "as this browser: America/Montevideo" in text(panel.get(reverse("preferences")))


def test_what_somebody_has_chosen_outweighs_the_browser_and_is_theirs_alone(panel: Client) -> None:
    call("CAone", started_at=AT)
    panel.cookies["time_zone"] = "America%2FMontevideo"
    assert "Your settings are saved." in choose(panel, "Pacific/Auckland")
    assert started(panel) == ("started (Pacific/Auckland)", "2026-11-03 15:00:00")
    assert narrow(panel, until="2026-11-02") == []
    other = Client()
    other.force_login(User.objects.create(username="other", is_staff=True, is_superuser=True))
    assert started(other) == ("started (UTC)", "2026-11-03 02:00:00")
    choose(panel, "")
    assert started(panel) == ("started (America/Montevideo)", "2026-11-02 23:00:00")


@pytest.mark.parametrize("zone", ["Mars%2FOlympus", "..%2Fetc", "x" * 5000, "%00", "localtime"])
def test_a_zone_that_there_is_not_is_passed_over(panel: Client, zone: str) -> None:
    panel.cookies["time_zone"] = zone
    assert foot(panel) == "Times are those of UTC (UTC+0000)."


def test_a_zone_that_there_is_not_cannot_be_chosen(panel: Client) -> None:
    assert "Nothing was saved." in choose(panel, "Mars/Olympus")
    assert not Preference.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_busy_database_saves_nothing_and_says_so(panel: Client) -> None:
    choose(panel, "Pacific/Auckland")
    patience, lock = {
        "sqlite": ("PRAGMA busy_timeout = 0", "BEGIN IMMEDIATE"),
        "postgresql": (
            "SET lock_timeout = 50",
            f"BEGIN; LOCK TABLE {Preference._meta.db_table} IN EXCLUSIVE MODE",
        ),
    }[connection.vendor]
    other = connection.copy()
    with connection.cursor() as own:
        own.execute(patience)
    try:
        with closing(other), other.cursor() as theirs:
            theirs.execute(lock)
            shown = choose(panel, "UTC")
    finally:
        connection.close()
    assert "Nothing was saved: somebody else saved at the same time" in shown
    assert Preference.objects.get().time_zone == "Pacific/Auckland"


def test_a_chosen_zone_that_the_machine_has_lost_is_passed_over(panel: Client) -> None:
    choose(panel, "Pacific/Auckland")
    Preference.objects.update(time_zone="Pacific/Atlantis")
    assert foot(panel) == "Times are those of UTC (UTC+0000)."
