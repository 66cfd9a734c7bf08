"""A whole conversation with the lab's model: its usage, priced turn by turn, is what the formula says by hand."""

from __future__ import annotations

import asyncio
from decimal import Decimal

from biami_engine.audio.frame import PCMU_8K, Audio
from biami_engine.audio.tones import beep
from biami_engine.backends.openai_realtime import OpenAIRealtimeBackend
from biami_engine.backends.port import BackendServices, SessionSetup
from biami_engine.calllog.costs import TokenPrices, response_cost
from biami_engine.calls.clock import SystemClock
from biami_engine.config import BackendConfig
from biami_engine.core import events as ev
from biami_engine.lab.model import InTurn, LabModel
from biami_engine.speech import Voices

PRICES = TokenPrices(*(Decimal(price) for price in ("4", "0.40", "24", "32", "0.40", "64")))


def by_hand(usage: dict) -> Decimal:
    """The formula, written out once more over the provider's own object."""
    heard, said = usage["input_token_details"], usage["output_token_details"]
    cached = heard.get("cached_tokens_details") or {"text_tokens": 0, "audio_tokens": 0}
    micros = (
        (heard["text_tokens"] - cached["text_tokens"]) * Decimal(4)
        + cached["text_tokens"] * Decimal("0.40")
        + (heard["audio_tokens"] - cached["audio_tokens"]) * Decimal(32)
        + cached["audio_tokens"] * Decimal("0.40")
        + said["text_tokens"] * Decimal(24)
        + said["audio_tokens"] * Decimal(64)
    )
    return micros / 1_000_000


async def test_a_golden_conversation_costs_the_same_both_ways() -> None:
    clock = SystemClock(8.0)
    model = LabModel(clock, mind=lambda: InTurn("Good morning.", "We are open from nine to five.", "Goodbye."))
    await model.start()
    config = BackendConfig("m", "openai_realtime", {"api_key": "sk-lab", "base_url": model.base_url})
    backend = OpenAIRealtimeBackend(config, BackendServices(clock, Voices(cache=False), "."))
    session = await backend.open(SessionSetup("call_1", 1, PCMU_8K, PCMU_8K, "You are the telephone of a firm."))
    usages, done = [], 0
    session.request_response()
    async with asyncio.timeout(30):
        async for event in session.events():
            if isinstance(event, ev.Usage) and event.kind == "response":
                usages.append(event.amounts)
            elif isinstance(event, ev.ResponseDone) and (done := done + 1) < 3:
                for sound in (beep(PCMU_8K, ms=1500), Audio.silence(PCMU_8K, 1000)):
                    session.send_audio(sound)
            elif isinstance(event, ev.ResponseDone):
                break
            elif isinstance(event, ev.SpeechStopped):
                session.request_response()
    ours = sum(response_cost(PRICES, usage) for usage in usages)
    sent = [message["response"]["usage"] for message in model.sent if message["type"] == "response.done"]
    theirs = sum(by_hand(usage) for usage in sent)
    await session.close()
    await model.stop()
    assert len(usages) == len(sent) == 3
    assert ours > 0
    assert abs(ours - theirs) < Decimal("0.00001")  # a thousandth of a cent
    assert sent[2]["input_tokens"] > sent[1]["input_tokens"] > sent[0]["input_tokens"]
