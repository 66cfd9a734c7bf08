"""Everything we send is checked against the SDK's own types, with no field too many."""

from __future__ import annotations

import pytest

from biami_engine.audio.frame import PCM16_24K, PCMA_8K, PCMU_8K, AudioFormat
from biami_engine.backends.openai_realtime import payload
from biami_engine.backends.openai_realtime.models import MODELS, model_named
from biami_engine.backends.openai_realtime.profiles import PROFILES, effective_formats
from biami_engine.backends.port import SessionSetup, ToolSpec
from biami_engine.interface import Role

from ...lab.model.oracle import check_client

TOOL = ToolSpec("end_call", "End the call.", {"type": "object", "properties": {}, "additionalProperties": False})


def setup(format: AudioFormat = PCMU_8K) -> SessionSetup:
    return SessionSetup("call_1", 1, format, format, "Be brief.", None, "de-DE", [TOOL])


@pytest.mark.parametrize("format", [PCMU_8K, PCMA_8K, PCM16_24K], ids=lambda format: format.encoding)
@pytest.mark.parametrize("detection", ["server_vad", "semantic_vad", "none"])
@pytest.mark.parametrize("name", [*MODELS, "somebody-elses-model"])
def test_a_session_of_every_model_is_valid(name: str, detection: str, format: AudioFormat) -> None:
    options = payload.SessionOptions(turn_detection=detection)
    body = payload.session(model_named(name), options, setup(format))
    for profile in ("openai", "azure", "minimal"):
        check_client({"type": "session.update", "session": PROFILES[profile](body)})


def test_only_reasoning_models_are_told_how_to_reason() -> None:
    for name, model in MODELS.items():
        body = payload.session(model_named(name), payload.SessionOptions(), setup())
        assert ("reasoning" in body) is model.reasoning
        assert ("parallel_tool_calls" in body) is model.reasoning


def test_g711_has_no_rate_and_pcm_has_one() -> None:
    assert payload.audio_format(PCMU_8K) == {"type": "audio/pcmu"}
    assert payload.audio_format(PCMA_8K) == {"type": "audio/pcma"}
    assert payload.audio_format(PCM16_24K) == {"type": "audio/pcm", "rate": 24000}


def test_a_phone_is_near_and_a_browser_far() -> None:
    near = payload.session(MODELS["gpt-realtime-2.1"], payload.SessionOptions(), setup(PCMU_8K))
    far = payload.session(MODELS["gpt-realtime-2.1"], payload.SessionOptions(), setup(PCM16_24K))
    assert near["audio"]["input"]["noise_reduction"] == {"type": "near_field"}
    assert far["audio"]["input"]["noise_reduction"] == {"type": "far_field"}


@pytest.mark.parametrize("role", Role)
def test_text_of_every_role_is_an_item(role: Role) -> None:
    check_client({"type": "conversation.item.create", "item": payload.message("Hello", role)})


def test_other_servers_find_the_fields_where_they_look() -> None:
    body = payload.session(model_named("m"), payload.SessionOptions(turn_detection="semantic_vad"), setup(PCM16_24K))
    xai = PROFILES["xai"](body)
    assert (xai["voice"], xai["turn_detection"]) == ("marin", {"type": "server_vad"})
    assert "voice" not in xai["audio"]["output"]
    beta = PROFILES["beta"](payload.session(model_named("m"), payload.SessionOptions(), setup(PCMU_8K)))
    assert (beta["input_audio_format"], beta["output_audio_format"]) == ("g711_ulaw", "g711_ulaw")
    assert "type" not in beta
    assert "audio" not in beta


def test_azure_reasons_no_deeper_than_it_can() -> None:
    body = payload.session(MODELS["gpt-realtime-2.1"], payload.SessionOptions(reasoning_effort="xhigh"), setup())
    assert PROFILES["azure"](body)["reasoning"] == {"effort": "high"}
    assert body["reasoning"] == {"effort": "xhigh"}


def test_the_formats_in_force_are_read_in_both_dialects() -> None:
    ga = payload.session(model_named("m"), payload.SessionOptions(), setup(PCMU_8K))
    assert effective_formats(ga) == ("audio/pcmu", "audio/pcmu")
    assert effective_formats(PROFILES["beta"](ga)) == ("audio/pcmu", "audio/pcmu")
    assert effective_formats({}) == (None, None)
