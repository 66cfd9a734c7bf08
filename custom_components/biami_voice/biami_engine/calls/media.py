"""Sound between ends that speak different formats, and the ear of the house where a backend has none.

What looks at samples is imported when it is first needed: it brings numpy, and a call whose ends speak the same format
to a backend that hears turns by itself never looks at one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..audio.frame import Audio, AudioFormat
from ..backends.port import BackendCapabilities
from ..core.events import BeepHeard, VoiceStarted, VoiceStopped

if TYPE_CHECKING:
    from ..audio.beep_detector import BeepDetector
    from ..audio.convert import Converter
    from ..audio.vad import EnergyVad


def choose_formats(wire: AudioFormat, capabilities: BackendCapabilities) -> tuple[AudioFormat, AudioFormat]:
    """(input, output) of a session: the wire's own where the backend speaks it, so that nothing is transcoded."""

    def best(offered: tuple[AudioFormat, ...]) -> AudioFormat:
        return wire if wire in offered else offered[0]

    return best(capabilities.input_formats), best(capabilities.output_formats)


class FormatBridge:
    """Converts audio to one end's format; a converter per source keeps its state until `reset` (a clear)."""

    __slots__ = ("_converters", "_target")

    def __init__(self, target: AudioFormat) -> None:
        self._target = target
        self._converters: dict[AudioFormat, Converter] = {}

    def convert(self, audio: Audio) -> Audio:
        if audio.format == self._target:
            return audio
        converter = self._converters.get(audio.format)
        if converter is None:
            from ..audio.convert import Converter

            converter = self._converters[audio.format] = Converter(audio.format, self._target)
        return converter.convert(audio)

    def reset(self) -> None:
        for converter in self._converters.values():
            converter.reset()


class Ear:
    """Our own ear on a leg: voices for backends that detect no turns, beeps while a machine may have answered."""

    __slots__ = ("_beeps", "_leg", "_vad", "_wire")

    def __init__(self, leg: str, wire: AudioFormat) -> None:
        self._leg = leg
        self._wire = wire
        self._vad: EnergyVad | None = None
        self._beeps: BeepDetector | None = None

    def hear(self, audio: Audio) -> VoiceStarted | VoiceStopped | None:
        if self._vad is None:
            from ..audio.vad import EnergyVad

            self._vad = EnergyVad(self._wire)
        edge = self._vad.process(audio)
        if edge is None:
            return None
        return (VoiceStarted if edge.kind == "started" else VoiceStopped)(self._leg, edge.ago_ms)

    def hear_beep(self, audio: Audio) -> BeepHeard | None:
        if self._beeps is None:
            from ..audio.beep_detector import BeepDetector

            self._beeps = BeepDetector(self._wire)
        beep = self._beeps.process(audio)
        return None if beep is None else BeepHeard(self._leg, beep.hz, beep.ago_ms)
