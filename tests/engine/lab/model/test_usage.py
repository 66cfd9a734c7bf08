"""Tokens of a golden conversation, counted by hand, and what they cost (protocols 2.12)."""

from __future__ import annotations

from typing import Any

import pytest

from biami_engine.audio.frame import PCM16_24K, Audio
from biami_engine.audio.tones import beep
from biami_engine.lab.model import InTurn, ModelSession
from biami_engine.lab.model.orders import Render

PRICES = {"text": (4.00, 0.40, 24.00), "audio": (32.00, 0.40, 64.00)}
"""Input, cached input, output of gpt-realtime-2.1, dollars per million tokens (protocols 12)."""


def cost_dollars(usage: dict[str, Any]) -> float:
    read, said = usage["input_token_details"], usage["output_token_details"]
    cached = read["cached_tokens_details"]
    total = 0.0
    for kind, (fresh, known, out) in PRICES.items():
        tokens = f"{kind}_tokens"
        total += (read[tokens] - cached[tokens]) * fresh + cached[tokens] * known + said[tokens] * out
    return total / 1e6


class Conversation:
    def __init__(self) -> None:
        self.session = ModelSession("gpt-realtime-2.1", InTurn("abcd" * 10, "abcd" * 20), speed=0.0)
        self.take(self.session.start())
        instructions, heard = "x" * 400, {"turn_detection": None}
        self.send(
            "session.update", session={"type": "realtime", "instructions": instructions, "audio": {"input": heard}}
        )

    def send(self, type: str, **fields: Any) -> list[dict[str, Any]]:
        return self.take(self.session.receive({"type": type, **fields}, 0.0))

    def take(self, out: list[Any]) -> list[dict[str, Any]]:
        for one in [one for one in out if isinstance(one, Render)]:
            out += self.session.rendered(one.response_id, beep(PCM16_24K, ms=2000), 0.0)
        return [one for one in out if isinstance(one, dict)]

    def turn(self, ms: float) -> dict[str, Any]:
        self.send("input_audio_buffer.append", audio=Audio.silence(PCM16_24K, ms).base64)
        self.send("input_audio_buffer.commit")
        usage: dict[str, Any] = self.send("response.create")[-1]["response"]["usage"]
        return usage


def test_a_golden_conversation() -> None:
    talk = Conversation()
    first, second = talk.turn(3000), talk.turn(13_000)
    assert first["input_token_details"] == {
        "text_tokens": 100,
        "audio_tokens": 30,
        "image_tokens": 0,
        "cached_tokens": 0,
        "cached_tokens_details": {"text_tokens": 0, "audio_tokens": 0, "image_tokens": 0},
    }
    assert first["output_token_details"] == {"text_tokens": 10, "audio_tokens": 40}
    # The whole conversation once more: 30 + 40 + 130; its beginning was read before, in blocks of 64.
    assert second["input_token_details"]["audio_tokens"] == 200
    assert second["input_token_details"]["cached_tokens_details"]["text_tokens"] == 64
    assert second["input_token_details"]["cached_tokens"] == 64
    assert second["total_tokens"] == 100 + 200 + 20 + 40
    dollars = cost_dollars(first) + cost_dollars(second)
    by_hand = (100 * 4 + 30 * 32 + 10 * 24 + 40 * 64) + (36 * 4 + 64 * 0.4 + 200 * 32 + 20 * 24 + 40 * 64)
    assert dollars == pytest.approx(by_hand / 1e6, abs=1e-9)


def test_a_change_before_it_makes_the_rest_new() -> None:
    talk = Conversation()
    talk.turn(3000)
    talk.send("session.update", session={"type": "realtime", "instructions": "y" * 400})
    assert talk.turn(3000)["input_token_details"]["cached_tokens"] == 0
