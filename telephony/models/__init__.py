"""The tables, by topic."""

from telephony.models.alerts import Alert, RefusedWebhooks
from telephony.models.calls import CallEvent, CallLeg, CallRecord
from telephony.models.comparison import Comparison
from telephony.models.configuration import DirectoryRevision
from telephony.models.endpoints import AsteriskServer, SipEndpoint
from telephony.models.health import ServerHealth
from telephony.models.networks import CarrierNetwork
from telephony.models.numbers import FallbackNumber, PhoneNumber
from telephony.models.parties import CallParty
from telephony.models.periodic import PeriodicJob
from telephony.models.policy import Policy
from telephony.models.preferences import Preference
from telephony.models.probes import ProbeHour
from telephony.models.roles import ShippedRole
from telephony.models.routes import RouteStep
from telephony.models.totals import CallTotal, ChangedTotal

__all__ = [
    "Alert",
    "AsteriskServer",
    "CallEvent",
    "CallLeg",
    "CallParty",
    "CallRecord",
    "CallTotal",
    "CarrierNetwork",
    "ChangedTotal",
    "Comparison",
    "DirectoryRevision",
    "FallbackNumber",
    "PeriodicJob",
    "PhoneNumber",
    "Policy",
    "Preference",
    "ProbeHour",
    "RefusedWebhooks",
    "RouteStep",
    "ServerHealth",
    "ShippedRole",
    "SipEndpoint",
]
