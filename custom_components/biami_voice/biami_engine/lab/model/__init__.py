"""A realtime model on loopback: the GA protocol of OpenAI Realtime, strict about what it is sent."""

from .answers import Ask, Call, InTurn, Line, Mind, Reply, Script
from .faults import InResponse, ModelFaults
from .server import LabModel
from .session import ModelSession

__all__ = [
    "Ask",
    "Call",
    "InResponse",
    "InTurn",
    "LabModel",
    "Line",
    "Mind",
    "ModelFaults",
    "ModelSession",
    "Reply",
    "Script",
]
