"""WAV files (RIFF): PCM16, A-law (format 6) and µ-law (format 7) in; PCM16, A-law and µ-law, mono or stereo, out."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from .frame import Audio, AudioFormat, Encoding

_TAGS: dict[Encoding, int] = {"pcm16": 1, "pcma": 6, "pcmu": 7}
_ENCODINGS: dict[tuple[int, int], Encoding] = {(1, 16): "pcm16", (6, 8): "pcma", (7, 8): "pcmu"}
_EXTENSIBLE = 0xFFFE
_UNKNOWN_SIZE = 0xFFFFFFFF
"""What a program writes that does not know yet how long its stream will be (ffmpeg into a pipe)."""


@dataclass(frozen=True, slots=True)
class _Layout:
    format: AudioFormat
    channels: int


def read_wav(data: bytes) -> Audio:
    """The sound of a file, the first channel of several. Raises ValueError that says what is wrong with it."""
    if len(data) < 12 or data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        raise ValueError("This is not a WAV file.")
    layout: _Layout | None = None
    position = 12
    while position + 8 <= len(data):
        name, size = struct.unpack_from("<4sI", data, position)
        position += 8
        if name == b"data":
            if layout is None:
                raise ValueError("The WAV file has no format before its sound.")
            end = len(data) if size == _UNKNOWN_SIZE else position + size
            if end > len(data):
                raise ValueError(f"The WAV file is cut off: {end - len(data)} bytes of its sound are missing.")
            return _first_channel(layout, data[position:end])
        if name == b"fmt ":
            layout = _read_layout(data[position : position + size])
        position += size + size % 2
    raise ValueError("The WAV file has no sound in it.")


def write_wav(left: Audio, right: Audio | None = None) -> bytes:
    """A file of one sound, or of two side by side; the shorter one is followed by silence."""
    if right is None:
        return wav_header(left.format, 1, len(left.payload)) + left.payload + b"\0" * (len(left.payload) % 2)
    if right.format != left.format:
        raise ValueError("The two sides of a stereo WAV file must have one format.")
    sound = interleave(left, right)
    return wav_header(left.format, 2, len(sound)) + sound


def wav_header(format: AudioFormat, channels: int, data_bytes: int) -> bytes:
    """All that stands before the sound (44 bytes for PCM16, 58 for G.711, which needs a `fact` chunk)."""
    frame_bytes = channels * format.sample_bytes
    fields = struct.pack(
        "<HHIIHH",
        _TAGS[format.encoding],
        channels,
        format.rate_hz,
        format.rate_hz * frame_bytes,
        frame_bytes,
        format.sample_bytes * 8,
    )
    fact = b""
    if format.encoding != "pcm16":
        fields += b"\0\0"
        fact = struct.pack("<4sII", b"fact", 4, data_bytes // frame_bytes)
    chunks = struct.pack("<4sI", b"fmt ", len(fields)) + fields + fact + struct.pack("<4sI", b"data", data_bytes)
    return struct.pack("<4sI4s", b"RIFF", 4 + len(chunks) + data_bytes + data_bytes % 2, b"WAVE") + chunks


def interleave(left: Audio, right: Audio) -> bytes:
    """Left and right sample by turns."""
    size = left.format.sample_bytes
    length = max(len(left.payload), len(right.payload)) // size * size
    both = bytearray(2 * length)
    for channel, audio in enumerate((left, right)):
        payload = audio.payload[:length]
        payload += audio.format.silence * ((length - len(payload)) // size)
        for byte in range(size):
            both[channel * size + byte :: 2 * size] = payload[byte::size]
    return bytes(both)


def _read_layout(fields: bytes) -> _Layout:
    if len(fields) < 16:
        raise ValueError("The WAV file's format is cut off.")
    tag, channels, rate_hz, _, _, bits = struct.unpack_from("<HHIIHH", fields)
    if tag == _EXTENSIBLE and len(fields) >= 26:
        (tag,) = struct.unpack_from("<H", fields, 24)
    encoding = _ENCODINGS.get((tag, bits))
    if encoding is None:
        raise ValueError(f"The WAV file is of format {tag} with {bits} bits; 16-bit PCM, A-law and µ-law can be read.")
    if not channels or not rate_hz:
        raise ValueError(f"The WAV file claims {channels} channels at {rate_hz} Hz.")
    return _Layout(AudioFormat(encoding, rate_hz), channels)


def _first_channel(layout: _Layout, sound: bytes) -> Audio:
    size = layout.format.sample_bytes
    stride = size * layout.channels
    sound = sound[: len(sound) // stride * stride]
    if layout.channels == 1:
        return Audio(layout.format, sound)
    channel = bytearray(len(sound) // layout.channels)
    for byte in range(size):
        channel[byte::size] = sound[byte::stride]
    return Audio(layout.format, bytes(channel))
