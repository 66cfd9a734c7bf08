"""Sentences that were spoken before, on disk: a scripted answer is there at once, and a lab run costs no synthesis."""

from __future__ import annotations

import hashlib
import logging
import os
import struct
import tempfile
import zlib
from pathlib import Path

from ..audio.frame import Audio, AudioFormat

_log = logging.getLogger(__name__)

MAX_BYTES = 64 * 2**20
"""About 22 minutes of speech; beyond it the sentences not used for longest are deleted."""
_HEAD = struct.Struct("<4sIII")
_MAGIC = b"BVS1"


def default_folder() -> Path | None:
    """`~/.cache/biami-voice/speech`; `BIAMI_SPEECH_CACHE` names another, and `off` turns the cache off."""
    chosen = os.environ.get("BIAMI_SPEECH_CACHE", "")
    if chosen == "off":
        return None
    if chosen:
        return Path(chosen)
    home = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return Path(home, "biami-voice", "speech")


class RenderingCache:
    """PCM16 by provider and text. A disk that is full, read-only or damaged costs time, never a sentence."""

    def __init__(self, folder: Path, max_bytes: int = MAX_BYTES) -> None:
        self.folder = folder
        self.max_bytes = max_bytes
        self._bytes: int | None = None

    def get(self, identity: str, text: str) -> Audio | None:
        """What this voice said before, None where it did not or the file is damaged."""
        path = self._path(identity, text)
        try:
            data = path.read_bytes()
            os.utime(path)
        except OSError:
            return None
        return _decoded(data)

    def put(self, identity: str, text: str, audio: Audio) -> None:
        """Keep a rendering; it appears under its name complete or not at all."""
        data = _HEAD.pack(_MAGIC, audio.format.rate_hz, len(audio.payload), zlib.crc32(audio.payload)) + audio.payload
        if len(data) > self.max_bytes:
            return
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            _write(self._path(identity, text), data)
            self._make_room(len(data))
        except OSError as error:
            _log.debug("speech is not cached: %s", error)

    def _path(self, identity: str, text: str) -> Path:
        return self.folder / hashlib.sha256(f"{identity}\0{text}".encode()).hexdigest()

    def _make_room(self, added: int) -> None:
        if self._bytes is not None:
            self._bytes += added
        if self._bytes is not None and self._bytes <= self.max_bytes:
            return
        entries = sorted(
            (entry.stat().st_mtime_ns, entry.stat().st_size, entry.path) for entry in os.scandir(self.folder)
        )
        self._bytes = sum(size for _, size, _ in entries)
        for _, size, path in entries:
            if self._bytes <= self.max_bytes:
                return
            Path(path).unlink(missing_ok=True)  # another process may have been faster
            self._bytes -= size


def _write(path: Path, data: bytes) -> None:
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".new-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.replace(temporary, path)
    except OSError:
        Path(temporary).unlink(missing_ok=True)
        raise


def _decoded(data: bytes) -> Audio | None:
    if len(data) < _HEAD.size:
        return None
    magic, rate_hz, size, checksum = _HEAD.unpack_from(data)
    payload = data[_HEAD.size :]
    if magic != _MAGIC or len(payload) != size or zlib.crc32(payload) != checksum:
        return None
    return Audio(AudioFormat("pcm16", rate_hz), payload)
