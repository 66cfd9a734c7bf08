"""A realtime model on loopback: the GA protocol of OpenAI Realtime, strict about what it is sent (protocols 11.1)."""

from .answers import Ask, Call, InTurn, Mind, Reply
from .server import LabModel
from .session import ModelSession

__all__ = ["Ask", "Call", "InTurn", "LabModel", "Mind", "ModelSession", "Reply"]
