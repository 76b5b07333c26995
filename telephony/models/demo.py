"""Which rows are the demo's: what its label says, until somebody makes it theirs by another label."""

from django.db.models import Q

from telephony.models.configuration import ConfigurationQuerySet
from telephony.models.endpoints import SipEndpoint
from telephony.models.numbers import FallbackNumber, PhoneNumber

MARK = "(demo)"
IS_DEMO = Q(label__endswith=MARK)
# Where the demo's server is said to be. The name is kept for examples (RFC 2606), so it is nobody's.
HOST = "pbx.example.com"


def demo_rows(model: type[PhoneNumber | SipEndpoint | FallbackNumber]) -> ConfigurationQuerySet:
    return model.objects.filter(IS_DEMO)


def is_demo_there() -> bool:
    return any(demo_rows(model).exists() for model in (PhoneNumber, SipEndpoint, FallbackNumber))
