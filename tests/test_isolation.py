"""No test depends on what ran before it; the order is another one in each run."""

import pytest

from telephony.models import CallEvent, CarrierNetwork, PhoneNumber
from tests import make


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("round_", range(2))
def test_a_flush_takes_away_what_a_test_made_and_not_what_the_migrations_brought(round_):
    assert not PhoneNumber.objects.exists() and not CallEvent.objects.exists()
    assert CarrierNetwork.objects.filter(kind="rtp-media").exists()
    make.make_number()
