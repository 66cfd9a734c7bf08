"""Voice activity by energy: a cheap witness for lines whose backend has none. The core decides what it means.

It hears that something is louder than the room, not that it is a voice: tones and music count as speech.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from enum import Enum
from typing import Literal

from .frame import Audio, AudioFormat
from .level import payload_rms_dbfs

FRAME_MS = 20


@dataclass(frozen=True, slots=True)
class VadSettings:
    """A frame is voiced where it is `margin_db` over the noise floor and over `minimum_dbfs`."""

    start_ms: int = 60
    """So much voiced sound is speech, gaps of one frame (a plosive's closure) left out; shorter is a click."""
    stop_ms: int = 500
    """So much silence ends it (the hang-over)."""
    margin_db: float = 10.0
    minimum_dbfs: float = -45.0
    hysteresis_db: float = 4.0
    """While it speaks, the threshold is lower by this: words end softly."""
    floor_rise_db_per_second: float = 4.0
    """How fast the noise floor follows a room that gets louder; it falls at once."""
    first_floor_dbfs: float = -60.0


class VadState(Enum):
    QUIET = "quiet"
    STARTING = "starting"
    SPEAKING = "speaking"
    STOPPING = "stopping"


@dataclass(frozen=True, slots=True)
class VadEdge:
    """Speech began or ended at `at_ms` of the stream, `ago_ms` before the end of the audio given last."""

    kind: Literal["started", "stopped"]
    at_ms: float
    ago_ms: float


class EnergyVad:
    """QUIET → STARTING → SPEAKING → STOPPING → QUIET, by counted frames of 20 ms; any format, any chunks."""

    def __init__(self, format: AudioFormat, settings: VadSettings | None = None) -> None:
        self.format = format
        self.settings = settings or VadSettings()
        self._frame_bytes = format.rate_hz * FRAME_MS // 1000 * format.sample_bytes
        self.reset()

    @property
    def speaking(self) -> bool:
        """Between a start and a stop."""
        return self.state in (VadState.SPEAKING, VadState.STOPPING)

    def reset(self) -> None:
        """As new: another stream begins."""
        self.state = VadState.QUIET
        self.noise_floor_dbfs = self.settings.first_floor_dbfs
        self._pending = b""
        self._edges: deque[tuple[Literal["started", "stopped"], float]] = deque()
        self._frames_done = 0
        self._row_voiced = False
        self._row = 0
        self._counted = 0
        self._edge_at_ms = 0.0

    def process(self, audio: Audio) -> VadEdge | None:
        """Listen on. Of several edges in one long chunk the first is told now, the others at the next calls."""
        data = self._pending + audio.payload if self._pending else audio.payload
        size = self._frame_bytes
        whole = len(data) - len(data) % size
        for start in range(0, whole, size):
            self._step(payload_rms_dbfs(self.format, data[start : start + size]))
        self._pending = data[whole:]
        if not self._edges:
            return None
        kind, at_ms = self._edges.popleft()
        now_ms = self._frames_done * FRAME_MS + len(self._pending) / self.format.bytes_per_ms
        return VadEdge(kind, at_ms, now_ms - at_ms)

    def _step(self, level_dbfs: float) -> None:
        voiced = level_dbfs > self._threshold_dbfs()
        self._follow_noise(level_dbfs)
        self._row = self._row + 1 if voiced == self._row_voiced else 1
        self._row_voiced = voiced
        if self.state in (VadState.QUIET, VadState.STARTING):
            self._listen_for_start(voiced)
        else:
            self._listen_for_stop(voiced)
        self._frames_done += 1

    def _listen_for_start(self, voiced: bool) -> None:
        if self.state is VadState.QUIET and voiced:
            self._enter(VadState.STARTING)
        elif self.state is VadState.STARTING and voiced:
            self._counted += 1
        elif self.state is VadState.STARTING and self._row >= 2:
            self.state = VadState.QUIET
        if self.state is VadState.STARTING and self._counted * FRAME_MS >= self.settings.start_ms:
            self.state = VadState.SPEAKING
            self._edges.append(("started", self._edge_at_ms))

    def _listen_for_stop(self, voiced: bool) -> None:
        if voiced and self._row >= 2:  # one voiced frame alone is a click in the pause
            self.state = VadState.SPEAKING
        elif self.state is VadState.STOPPING:
            self._counted += 1
        elif not voiced:
            self._enter(VadState.STOPPING)
        if self.state is VadState.STOPPING and self._counted * FRAME_MS >= self.settings.stop_ms:
            self.state = VadState.QUIET
            self._edges.append(("stopped", self._edge_at_ms))

    def _enter(self, state: VadState) -> None:
        """Count from this frame on; where it began is the edge."""
        self.state = state
        self._counted = 1
        self._edge_at_ms = self._frames_done * FRAME_MS

    def _threshold_dbfs(self) -> float:
        settings = self.settings
        threshold = max(self.noise_floor_dbfs + settings.margin_db, settings.minimum_dbfs)
        return threshold - settings.hysteresis_db if self.speaking else threshold

    def _follow_noise(self, level_dbfs: float) -> None:
        rise = self.settings.floor_rise_db_per_second * FRAME_MS / 1000
        if level_dbfs > self.noise_floor_dbfs:
            self.noise_floor_dbfs = min(level_dbfs, self.noise_floor_dbfs + rise)
        else:
            self.noise_floor_dbfs += 0.3 * (level_dbfs - self.noise_floor_dbfs)
