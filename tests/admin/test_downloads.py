"""Downloads that are taken slowly leave room for pages."""

import gc

import pytest
from django.test import Client, override_settings

from telephony.admin.downloads import SLOTS, Slots
from tests.admin.conftest import page, text

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("threads", "at_most", "words"),
    [(1, 1, "One download is"), (4, 2, "Two downloads are"), (9, 4, "4 downloads are")],
)
def test_at_most_half_of_the_threads_are_downloads(
    panel: Client, threads: int, at_most: int, words: str
) -> None:
    with override_settings(WEB_THREADS=threads):
        going_on = [panel.get(page("callrecord", "csv")) for _ in range(at_most)]
        assert {each.status_code for each in going_on} == {200}
        refused = panel.get(page("callrecord", "csv"))
        assert (refused.status_code, refused["Retry-After"]) == (503, "30")
        assert f"{words} going on" in text(refused)
        # One ends, and one more may begin.
        assert b"".join(going_on.pop())
        going_on.append(panel.get(page("callrecord", "csv")))
        assert going_on[-1].status_code == 200
        for each in going_on:
            each.close()
    assert SLOTS.taken == 0


def test_a_download_that_is_closed_twice_gives_back_one_slot(panel: Client) -> None:
    download = panel.get(page("callrecord", "csv"))
    assert SLOTS.taken == 1
    download.close()
    download.close()
    assert SLOTS.taken == 0


def test_a_download_that_was_never_sent_gives_back_its_slot(panel: Client) -> None:
    download = panel.get(page("callrecord", "csv"))
    assert SLOTS.taken == 1
    del download
    gc.collect()
    assert SLOTS.taken == 0


def test_no_more_slots_are_given_than_there_are() -> None:
    slots = Slots()
    assert [slots.take(2) for _ in range(3)] == [True, True, False]
    slots.give_back()
    assert slots.take(2)
