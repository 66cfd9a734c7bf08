from decimal import Decimal
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from biami_engine.backends.openai_realtime.events import usage_amounts
from biami_engine.backends.openai_realtime.models import MODELS
from biami_engine.calllog.costs import PriceTable, parse_prices, response_cost, transcription_cost
from biami_engine.errors import ConfigError

PRICES = Path(__file__).parents[3] / "config" / "prices.yaml"

GOLDEN = {
    "total_tokens": 253,
    "input_tokens": 132,
    "output_tokens": 121,
    "input_token_details": {
        "text_tokens": 119,
        "audio_tokens": 13,
        "image_tokens": 0,
        "cached_tokens": 64,
        "cached_tokens_details": {"text_tokens": 64, "audio_tokens": 0, "image_tokens": 0},
    },
    "output_token_details": {"text_tokens": 30, "audio_tokens": 91},
}
"""As OpenAI's reference shows it; 220 + 25.6 + 416 + 720 + 5824 = 7205.6 millionths of a dollar."""


@pytest.fixture
def table() -> PriceTable:
    return parse_prices(YAML(typ="safe").load(PRICES.read_text("utf-8")))


def test_a_golden_response_costs_what_the_formula_says(table: PriceTable) -> None:
    assert response_cost(table.realtime["gpt-realtime-2.1"], usage_amounts(GOLDEN)) == Decimal("0.0072056")


def test_unsplit_cached_tokens_count_as_text_first(table: PriceTable) -> None:
    usage = usage_amounts(GOLDEN)
    for name in list(usage):
        if "cached_tokens_details" in name:
            del usage[name]
    prices = table.realtime["gpt-realtime-2.1"]
    assert response_cost(prices, usage) == Decimal("0.0072056")
    usage["input_token_details.cached_tokens"] = 125
    expected = (119 * Decimal("0.40") + 7 * 32 + 6 * Decimal("0.40") + 30 * 24 + 91 * 64) / 1_000_000
    assert response_cost(prices, usage) == expected


def test_a_cancelled_response_costs_what_it_used_and_an_empty_one_nothing(table: PriceTable) -> None:
    prices = table.realtime["gpt-realtime-2.1-mini"]
    assert response_cost(prices, {"output_token_details.audio_tokens": 14}) == Decimal("0.00028")
    assert response_cost(prices, {}) == 0


def test_transcription_is_billed_by_the_minute(table: PriceTable) -> None:
    assert transcription_cost(table.transcription_per_minute["gpt-transcribe"], {"seconds": 90}) == Decimal("0.00675")
    assert transcription_cost(Decimal("1"), {"total_tokens": 100}) == 0


def test_every_current_model_has_its_price(table: PriceTable) -> None:
    undated = {name for name in MODELS if not name.endswith(("-28", "-15", "-06"))}
    assert undated <= set(table.realtime)


@pytest.mark.parametrize(
    ("row", "path"),
    [
        ({"realtime": {"m": {"text_in": -1}}}, "realtime.m.text_in"),
        ({"realtime": {"m": {"text_in": "4"}}}, "realtime.m.text_in"),
        ({"realtime": {"m": 4}}, "realtime"),
        ({"transcription": {"t": {}}}, "transcription.t.per_minute"),
    ],
)
def test_a_wrong_price_is_named(row: dict[str, object], path: str) -> None:
    with pytest.raises(ConfigError) as wrong:
        parse_prices(row)
    assert wrong.value.path == path
