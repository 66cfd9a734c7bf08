"""People on the phone, written in YAML: what they say, when they listen, interrupt, press keys and hang up."""

from .phone import ScriptedPhone
from .steps import STEPS, Step

__all__ = ["STEPS", "ScriptedPhone", "Step"]
