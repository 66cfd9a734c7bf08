"""The matters of a call. One is added with one file and one line in `FLOWS`."""

from __future__ import annotations

from collections.abc import Mapping

from ..flow import Flow
from ..knowledge import Knowledge
from .agenda import Agenda
from .book import Book
from .callback import Callback
from .goal import Goal
from .guide import Guide
from .look_up import LookUp
from .message import Message
from .offer import Offer, offer
from .own import Own
from .small_talk import TALK, small_talk
from .time import Time
from .transfer import Transfer

__all__ = ["FLOWS", "of_intent", "offer", "small_talk"]

FLOWS: Mapping[str, Flow] = {
    "agenda": Agenda(),
    "book": Book(),
    "callback": Callback(),
    "date": Time("date"),
    "goal": Goal(),
    "guide": Guide(),
    "look_up": LookUp(),
    "message": Message(),
    "offer": Offer(),
    "own": Own(),
    "time": Time("time"),
    "transfer": Transfer(),
}
_OTHER_WORDS = {"free": "book", "person": "transfer"}


def of_intent(intent: str, knows: Knowledge) -> str:
    """Which matter an intent begins; `talk` where one answer is all, empty where there is none."""
    if knows.intent(intent) is not None:
        return "own"
    if intent in TALK:
        return "talk"
    name = _OTHER_WORDS.get(intent, intent)
    return name if name in FLOWS else ""
