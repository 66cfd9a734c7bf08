from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from biami_engine.audio.level import rms_dbfs
from biami_engine.audio.samples import to_samples
from biami_engine.errors import MissingDependency, NotFound
from biami_engine.speech import Voices


def test_a_voice_speaks_sentence_by_sentence(voices: Voices, provider: str) -> None:
    voice = voices.text_to_speech(provider)
    first, second = voice.synthesise("Hello there. How are you today?")
    for audio in (first, second):
        assert audio.format.encoding == "pcm16"
        assert audio.format.rate_hz == voice.rate_hz
        assert 300 < audio.duration_ms < 4000
        assert rms_dbfs(audio) > -40
    assert second.duration_ms > first.duration_ms


def test_the_same_sentence_has_the_same_samples_whatever_was_said_before(provider: str) -> None:
    voice = Voices(cache=False).text_to_speech(provider)
    (once,) = voice.synthesise("Good morning.")
    _, again = voice.synthesise("Something else. Good morning.")
    assert once.payload == again.payload


def test_a_text_is_never_an_option_of_a_program(provider: str) -> None:
    (audio,) = Voices(cache=False).text_to_speech(provider).synthesise("--help and -o file")
    assert audio.duration_ms > 300


def test_sound_is_within_range(provider: str) -> None:
    (audio,) = Voices(cache=False).text_to_speech(provider).synthesise("What a wonderful day!")
    assert abs(to_samples(audio).astype(int)).max() > 2000


def test_what_was_said_before_comes_from_the_cache(voices: Voices, provider: str, tmp_path: Path) -> None:
    (first,) = voices.text_to_speech(provider).synthesise("Hello there.")
    (entry,) = tmp_path.iterdir()
    fresh = Voices(cache_folder=tmp_path).text_to_speech(provider)
    written = entry.stat().st_ino
    (second,) = fresh.synthesise("Hello there.")
    assert second.payload == first.payload
    assert entry.stat().st_ino == written


def test_an_unknown_voice_is_named() -> None:
    with pytest.raises(NotFound, match="'nobody'.*hibari"):
        Voices().text_to_speech("nobody")


@pytest.mark.parametrize("name", ["flite", "espeak-ng"])
def test_a_missing_program_says_what_to_install(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(MissingDependency, match=f"apt install {name}"):
        Voices().text_to_speech(name)


def test_nothing_heavy_is_imported_before_a_voice_speaks() -> None:
    code = (
        "import sys; from biami_engine.speech import Voices\n"
        "voices = Voices(cache=False)\n"
        "try: voices.text_to_speech()\n"
        "except Exception: pass\n"
        "print(sorted({'hibari', 'onnxruntime'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
