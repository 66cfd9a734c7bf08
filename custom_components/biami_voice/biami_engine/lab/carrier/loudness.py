"""Whether somebody is talking in a frame: good enough for an ear that only has to tell sound from silence."""

from __future__ import annotations

from ...audio.g711 import decode_table

LOUD_AMPLITUDE = 330
"""Mean of the absolute samples, about -40 dBFS."""
_MAGNITUDES = [abs(int(sample)) for sample in decode_table("pcmu")]


def is_loud(frame: bytes) -> bool:
    return sum(map(_MAGNITUDES.__getitem__, frame)) > LOUD_AMPLITUDE * len(frame)
