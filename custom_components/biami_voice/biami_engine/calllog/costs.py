"""What a mind's usage costs. Money is counted in Decimal; usage comes by the dotted paths of the provider's own object.

A response is billed for the whole conversation again (`input_tokens`), less what was cached, and for what it said;
cancelled and failed ones too. Where the provider does not split the cached tokens, text counts first (OpenAI,
`response.done.usage`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from ..errors import ConfigError

PER = Decimal(1_000_000)
_TOKEN_KEYS = ("text_in", "text_cached", "text_out", "audio_in", "audio_cached", "audio_out")

Amounts = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class TokenPrices:
    """USD per 1,000,000 tokens."""

    text_in: Decimal
    text_cached: Decimal
    text_out: Decimal
    audio_in: Decimal
    audio_cached: Decimal
    audio_out: Decimal


@dataclass(frozen=True, slots=True)
class PriceTable:
    """Prices by model; `read_on` says how old they are."""

    read_on: str
    realtime: Mapping[str, TokenPrices]
    transcription_per_minute: Mapping[str, Decimal]


def parse_prices(data: Mapping[str, Any]) -> PriceTable:
    """Make the table of a plain dict; raises `ConfigError` naming the key path."""
    realtime = {}
    for model, row in _section(data, "realtime").items():
        path = f"realtime.{model}"
        realtime[model] = TokenPrices(*(_price(row, key, path) for key in _TOKEN_KEYS))
    spoken = {
        model: _price(row, "per_minute", f"transcription.{model}")
        for model, row in _section(data, "transcription").items()
    }
    return PriceTable(str(data.get("read_on", "")), realtime, spoken)


def response_cost(prices: TokenPrices, usage: Amounts) -> Decimal:
    """USD for one `response.done`, whatever its status."""

    def tokens(path: str) -> Decimal:
        return Decimal(str(usage.get(path, 0)))

    text, audio = tokens("input_token_details.text_tokens"), tokens("input_token_details.audio_tokens")
    cached_text, cached_audio = _cached(usage, text)
    spent = (
        (text - cached_text) * prices.text_in
        + cached_text * prices.text_cached
        + (audio - cached_audio) * prices.audio_in
        + cached_audio * prices.audio_cached
        + tokens("output_token_details.text_tokens") * prices.text_out
        + tokens("output_token_details.audio_tokens") * prices.audio_out
    )
    return spent / PER


def transcription_cost(per_minute: Decimal, usage: Amounts) -> Decimal:
    """USD for the words of one turn; 0 where it was counted in tokens, which are priced with the session."""
    return Decimal(str(usage.get("seconds", 0))) / 60 * per_minute


def _cached(usage: Amounts, text: Decimal) -> tuple[Decimal, Decimal]:
    """(text, audio) tokens that came from the cache."""
    details = "input_token_details.cached_tokens_details."
    if f"{details}text_tokens" in usage or f"{details}audio_tokens" in usage:
        return (
            Decimal(str(usage.get(f"{details}text_tokens", 0))),
            Decimal(str(usage.get(f"{details}audio_tokens", 0))),
        )
    cached = Decimal(str(usage.get("input_token_details.cached_tokens", 0)))
    return min(cached, text), max(Decimal(0), cached - text)


def _section(data: Mapping[str, Any], name: str) -> Mapping[str, Mapping[str, Any]]:
    section = data.get(name, {})
    if not isinstance(section, Mapping) or not all(isinstance(row, Mapping) for row in section.values()):
        raise ConfigError("must be a section of `model: {…}` lines", name)
    return section


def _price(row: Mapping[str, Any], key: str, path: str) -> Decimal:
    value = row.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        raise ConfigError("must be a price, 0 or more", f"{path}.{key}")
    return Decimal(str(value))
