"""A carrier on loopback that behaves as Twilio does: REST, TwiML, signed webhooks, media streams."""

from .account import Alert, CarrierRules, Faults, OwnedNumber
from .call import LabCall
from .line import Phone, PhoneLine
from .server import LabCarrier
from .stream import MediaStream

__all__ = [
    "Alert",
    "CarrierRules",
    "Faults",
    "LabCall",
    "LabCarrier",
    "MediaStream",
    "OwnedNumber",
    "Phone",
    "PhoneLine",
]
