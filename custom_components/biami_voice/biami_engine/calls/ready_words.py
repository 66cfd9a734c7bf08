"""Sentences of the house that must be there at once when a remote mind fails: rendered ahead, kept on disk."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Protocol

from ..audio.frame import Audio
from ..config import ContextConfig
from ..errors import BiamiError

_log = logging.getLogger(__name__)


class Renderer(Protocol):
    async def render(self, text: str) -> Audio: ...


def sentences(contexts: Iterable[ContextConfig]) -> list[str]:
    """What the house itself may have to say in these contexts, each once."""
    texts = [text for context in contexts for text in (context.apology, context.failover.words, context.time_up)]
    return list(dict.fromkeys(text for text in texts if text))


async def prepare(voice: Renderer, contexts: Iterable[ContextConfig]) -> None:
    """Without a voice the house stays silent when a mind fails: that is worth a line in the log."""
    try:
        for text in sentences(contexts):
            await voice.render(text)
    except BiamiError as error:
        _log.warning("the house has no voice of its own for when a backend fails: %s", error)
