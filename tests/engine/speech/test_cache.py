from __future__ import annotations

import os
from pathlib import Path

import pytest

from biami_engine.audio.frame import Audio, AudioFormat
from biami_engine.speech.cache import RenderingCache, default_folder

FORMAT = AudioFormat("pcm16", 16000)
SOUND = Audio(FORMAT, bytes(range(200)))


def only_file(folder: Path) -> Path:
    (path,) = folder.iterdir()
    return path


def test_what_was_put_is_there_for_the_same_voice_and_text_only(tmp_path: Path) -> None:
    cache = RenderingCache(tmp_path / "new" / "folder")
    cache.put("flite 2.2", "Hello.", SOUND)
    found = RenderingCache(tmp_path / "new" / "folder").get("flite 2.2", "Hello.")
    assert found is not None
    assert (found.format, found.payload) == (FORMAT, SOUND.payload)
    assert cache.get("flite 2.3", "Hello.") is None
    assert cache.get("flite 2.2", "Hello") is None


@pytest.mark.parametrize("damage", [b"", b"BVS1", b"garbage" * 40])
def test_a_damaged_file_is_ignored_and_replaced(tmp_path: Path, damage: bytes) -> None:
    cache = RenderingCache(tmp_path)
    cache.put("v", "Hello.", SOUND)
    only_file(tmp_path).write_bytes(damage)
    assert cache.get("v", "Hello.") is None
    cache.put("v", "Hello.", SOUND)
    assert cache.get("v", "Hello.") is not None


def test_one_wrong_bit_is_noticed(tmp_path: Path) -> None:
    cache = RenderingCache(tmp_path)
    cache.put("v", "Hello.", SOUND)
    data = bytearray(only_file(tmp_path).read_bytes())
    data[-1] ^= 1
    only_file(tmp_path).write_bytes(data)
    assert cache.get("v", "Hello.") is None


def test_it_stays_within_its_bound_and_forgets_what_was_not_used_for_longest(tmp_path: Path) -> None:
    cache = RenderingCache(tmp_path, max_bytes=700)
    for number, text in enumerate(("one", "two", "three")):
        cache.put("v", text, SOUND)
        os.utime(max(tmp_path.iterdir(), key=lambda path: path.stat().st_mtime_ns), (number, number))
    assert cache.get("v", "one") is not None  # used: now the youngest
    cache.put("v", "four", SOUND)
    assert cache.get("v", "two") is None
    assert cache.get("v", "one") is not None
    assert cache.get("v", "four") is not None
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 700


def test_what_is_larger_than_the_whole_cache_is_not_kept(tmp_path: Path) -> None:
    RenderingCache(tmp_path, max_bytes=100).put("v", "Hello.", SOUND)
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    cache = RenderingCache(tmp_path / "file")
    cache.put("v", "Hello.", SOUND)
    assert cache.get("v", "Hello.") is None


def test_the_environment_names_the_folder_or_turns_the_cache_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BIAMI_SPEECH_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", "/var/cache")
    assert default_folder() == Path("/var/cache/biami-voice/speech")
    monkeypatch.setenv("BIAMI_SPEECH_CACHE", "/tmp/elsewhere")
    assert default_folder() == Path("/tmp/elsewhere")
    monkeypatch.setenv("BIAMI_SPEECH_CACHE", "off")
    assert default_folder() is None
