"""A language model's server on loopback: `/v1/chat/completions` as OpenAI's, with the house's own speech beside it."""

from .faults import LlmFaults
from .server import LabLlm

__all__ = ["LabLlm", "LlmFaults"]
