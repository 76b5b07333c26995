"""What a page knows of exports where there is too much to compare by itself."""

from datetime import timedelta

import pytest
from django.utils import timezone

from telephony.models import AsteriskServer, Comparison, SipEndpoint
from telephony.snapshots import comparison
from telephony.snapshots.asterisk import load_asterisk
from telephony.snapshots.comparison import Standing, compare_what_changed, current_standing
from telephony.snapshots.exported import remember
from telephony.snapshots.static import remember_static, render_all_static
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def many(monkeypatch: pytest.MonkeyPatch) -> None:
    """The story, which is too much already."""
    monkeypatch.setattr(comparison, "FEW", 0)
    make.make_story()
    export()


def export() -> None:
    remember("office", comparison.render_all(load_asterisk(AsteriskServer.objects.get())))
    remember_static(render_all_static(), timezone.now())


def test_before_the_first_comparison_nothing_is_known(many: None) -> None:
    assert current_standing() is None


def test_a_page_shows_what_was_last_compared(many: None) -> None:
    SipEndpoint.objects.update(user="another")
    compare_what_changed(timezone.now())
    assert current_standing() == Standing(("office",), (), 1)


def test_what_was_exported_since_is_no_longer_out_of_step(many: None) -> None:
    SipEndpoint.objects.update(user="another")
    compare_what_changed(timezone.now())
    export()
    assert current_standing() == Standing()


def test_it_is_compared_again_when_something_has_changed_and_some_time_has_passed(
    many: None,
) -> None:
    now = timezone.now()
    assert compare_what_changed(now) == "servers that differ: 0, documents: 0"
    later = now + comparison.AGAIN_AFTER
    assert compare_what_changed(later) == "nothing has changed"
    SipEndpoint.objects.update(user="another")
    assert compare_what_changed(now + timedelta(minutes=1)) == "not again within 5 minutes"
    assert compare_what_changed(later) == "servers that differ: 1, documents: 1"
    assert Comparison.objects.get().compared_at == later


def test_what_is_no_part_of_the_revision_is_seen_within_an_hour(many: None) -> None:
    now = timezone.now()
    compare_what_changed(now)
    AsteriskServer._base_manager.update(context="another")
    assert "differ: 1" in compare_what_changed(now + comparison.COMPARED_ANYWAY)


def test_a_page_compares_by_itself_where_there_is_little() -> None:
    make.make_story()
    export()
    SipEndpoint.objects.update(user="another")
    assert current_standing() == Standing(("office",), (), 1)
