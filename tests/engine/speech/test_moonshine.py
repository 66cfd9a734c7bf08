"""Speech to text on hibari's voice through a telephone, and what is said where the weights are not right."""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from biami_engine.audio.convert import Converter
from biami_engine.audio.frame import PCM16_16K, PCMU_8K, Audio, AudioFormat
from biami_engine.audio.samples import from_samples
from biami_engine.errors import BackendError, MissingDependency, NotFound
from biami_engine.speech import Voices, moonshine
from biami_engine.speech.moonshine import SHA256, Moonshine
from biami_engine.speech.port import SpeechToText


@pytest.fixture(scope="module")
def recogniser() -> SpeechToText:
    return Voices(cache=False).speech_to_text()


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    """A copy that may be damaged."""
    folder = tmp_path / "weights"
    shutil.copytree(Moonshine().folder, folder)
    return folder


def telephone(text: str) -> Audio:
    (audio,) = Voices(cache=False).text_to_speech("hibari").synthesise(text)
    return Converter(audio.format, PCMU_8K).convert(audio)


@pytest.mark.parametrize(
    "text", ["Please leave a message after the tone.", "Can you turn on the kitchen light?", "See you on Tuesday."]
)
def test_what_was_said_on_the_telephone_is_understood(recogniser: SpeechToText, text: str) -> None:
    heard = recogniser.transcribe(telephone(text))
    assert heard.text.lower().strip(".?!") == text.lower().strip(".?!")
    assert heard.confident


@pytest.mark.parametrize("format", [PCM16_16K, AudioFormat("pcm16", 24000), AudioFormat("pcma", 8000)])
def test_any_format(recogniser: SpeechToText, format: AudioFormat) -> None:
    sound = Converter(PCMU_8K, format).convert(telephone("Good morning, everyone."))
    assert "good morning" in recogniser.transcribe(sound).text.lower()


def test_more_than_half_a_minute_is_read_to_its_end(recogniser: SpeechToText) -> None:
    sentence = telephone("The weather is fine today.").payload + Audio.silence(PCMU_8K, 900).payload
    sound = Audio(PCMU_8K, sentence * 14)
    assert sound.duration_ms > 31_000
    assert recogniser.transcribe(sound).text.lower().count("fine today") >= 13


@pytest.mark.parametrize(
    "sound",
    [
        Audio.silence(PCMU_8K, 1000),
        from_samples(PCMU_8K, np.random.default_rng(1).normal(0, 100, 16000)),
    ],
    ids=["silence", "noise"],
)
def test_nobody_speaking_is_not_believed(recogniser: SpeechToText, sound: Audio) -> None:
    heard = recogniser.transcribe(sound)
    assert heard.text == "" or not heard.confident


@pytest.mark.parametrize(("read", "words"), [("\u266a \u266a", ""), ("...", ""), (" Yes. ", "Yes."), ("42", "42")])
def test_what_has_no_letters_is_no_text(read: str, words: str) -> None:
    assert moonshine.words_of(read) == words


@pytest.mark.parametrize("ms", [0, 1, 40])
def test_hardly_any_sound_is_no_failure(recogniser: SpeechToText, ms: int) -> None:
    assert not recogniser.transcribe(Audio.silence(PCMU_8K, ms)).text or ms


@pytest.mark.parametrize("name", SHA256)
def test_a_damaged_weight_file_is_named(weights: Path, name: str) -> None:
    with (weights / name).open("r+b") as file:
        file.seek(1000)
        file.write(b"\0damaged")
    with pytest.raises(BackendError, match=f"{name}.*damaged.*moonshine-voice==0.1.0"):
        Moonshine(weights).transcribe(Audio.silence(PCMU_8K, 500))


@pytest.mark.parametrize("name", SHA256)
def test_a_missing_weight_file_is_named(weights: Path, name: str) -> None:
    (weights / name).unlink()
    with pytest.raises(MissingDependency, match=f"{name}.*missing"):
        Moonshine(weights).transcribe(Audio.silence(PCMU_8K, 500))


@pytest.mark.parametrize(("installed", "says"), [(None, "not installed"), ("0.1.3", r"0\.1\.3 has no")])
def test_another_wheel_is_not_enough(tmp_path: Path, installed: str | None, says: str) -> None:
    """In an interpreter of its own, which sees the wheel's metadata as given here."""
    info = tmp_path / "moonshine_voice-x.dist-info"
    info.mkdir()
    if installed:
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: moonshine-voice\nVersion: {installed}\n")
    hide = (
        "" if installed else "import importlib.metadata as m\nm.MetadataPathFinder.find_distributions = lambda *a: []\n"
    )
    code = f"{hide}from biami_engine.speech.moonshine import Moonshine\nMoonshine()"
    path = {"PYTHONPATH": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", code], env=path, capture_output=True, text=True, check=False)
    assert "MissingDependency" in done.stderr
    assert says.replace("\\", "") in done.stderr
    assert "pip install moonshine-voice==0.1.0" in done.stderr


def test_an_unknown_recogniser_is_named() -> None:
    with pytest.raises(NotFound, match="'nobody'.*moonshine"):
        Voices().speech_to_text("nobody")


def test_it_is_loaded_once_for_all() -> None:
    voices = Voices(cache=False)
    assert voices.speech_to_text() is voices.speech_to_text("moonshine")


def test_it_says_that_it_understands_english_only(recogniser: SpeechToText) -> None:
    assert recogniser.languages == {"en"}


async def test_the_worker_listens_in_its_thread() -> None:
    before = set(threading.enumerate())
    voices = Voices(cache=False)
    await voices.speaker.warm_up_recogniser()
    assert "speech_0" in {thread.name for thread in set(threading.enumerate()) - before}
    heard = await voices.listener.transcribe(telephone("Good morning, everyone."))
    assert "good morning" in heard.text.lower()
    await voices.close()
    with pytest.raises(BackendError, match="switched off"):
        await voices.listener.transcribe(Audio.silence(PCMU_8K, 500))


def test_the_wheels_own_code_is_never_imported(recogniser: SpeechToText) -> None:
    """It needs a sound card's library."""
    recogniser.transcribe(Audio.silence(PCMU_8K, 500))
    assert "moonshine_voice" not in sys.modules
    assert moonshine.VERSION == "0.1.0"
