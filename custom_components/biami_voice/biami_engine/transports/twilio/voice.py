"""What a leg says and hears: the stream it has now, the words it was given, and how much of them was heard."""

from __future__ import annotations

from collections.abc import Callable

from ...audio.frame import PCMU_8K, Audio
from ...core.events import CallerAudio, CallEvent, Cleared, Dtmf, Played
from ...interface import Clock, TimerHandle
from .media import clear_frame
from .playout import Heard, StreamPlayout
from .socket import MediaSocket

REPORT_SECONDS = 0.2


class LegVoice:
    """Streams come and go; each call of a socket that is not the present one is ignored."""

    def __init__(
        self, leg_id: str, clock: Clock, put: Callable[[CallEvent], None], on_stalled: Callable[[], None]
    ) -> None:
        self._leg_id = leg_id
        self._clock = clock
        self._put = put
        self._on_stalled = on_stalled
        self._playout = StreamPlayout()
        self._socket: MediaSocket | None = None
        self._stream_sid = ""
        self._held = False
        self._timer: TimerHandle | None = None

    @property
    def connected(self) -> bool:
        return self._socket is not None

    def begin(self, socket: MediaSocket, stream_sid: str) -> None:
        """A new stream; what was not heard on the one before is said again. It may come before that one's end."""
        replaced = self._socket
        if replaced is not None:
            self.end(replaced)
            replaced.close()
        self._socket, self._stream_sid = socket, stream_sid
        self._go_on()

    def end(self, socket: MediaSocket) -> bool:
        """False where this was not the present stream."""
        if socket is not self._socket:
            return False
        self._socket = None
        self._tell(self._playout.detach(self._clock.monotonic()))
        return True

    def stop(self) -> None:
        """The leg is over."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._socket is not None:
            self._socket.close()
            self.end(self._socket)

    def play(self, item_id: str, audio: Audio) -> None:
        self._send(self._playout.play(item_id, audio, self._clock.monotonic()))
        self._keep_reporting()

    def clear(self) -> None:
        if not self._held:
            self._send([clear_frame(self._stream_sid)])
        self._tell(self._playout.clear(self._clock.monotonic()))
        self._put(Cleared(self._leg_id))

    def hold(self, on: bool) -> None:
        if on == self._held:
            return
        self._held = on
        if on:
            self._send([clear_frame(self._stream_sid)])
            self._tell(self._playout.detach(self._clock.monotonic()))
        elif self._socket is not None:
            self._go_on()

    def hear(self, socket: MediaSocket, payload: str) -> None:
        if socket is self._socket and not self._held:
            self._put(CallerAudio(self._leg_id, Audio.from_base64(PCMU_8K, payload)))

    def mark_echoed(self, socket: MediaSocket, name: str) -> None:
        if socket is self._socket:
            self._tell(self._playout.mark_echoed(name, self._clock.monotonic()))

    def key_pressed(self, socket: MediaSocket, digit: str) -> None:
        if socket is self._socket:
            self._put(Dtmf(self._leg_id, digit))

    def _go_on(self) -> None:
        if not self._held:
            self._send(self._playout.attach(self._stream_sid, self._clock.monotonic()))
            self._keep_reporting()

    def _send(self, texts: list[str]) -> None:
        if texts and self._socket is not None:
            self._socket.send(texts)

    def _tell(self, heard: Heard) -> None:
        for item_id, milliseconds in heard:
            self._put(Played(self._leg_id, item_id, milliseconds))

    def _keep_reporting(self) -> None:
        if self._timer is None and self._playout.playing:
            self._timer = self._clock.call_at(self._clock.monotonic() + REPORT_SECONDS, self._report)

    def _report(self) -> None:
        self._timer = None
        self._tell(self._playout.heard(self._clock.monotonic()))
        if self._socket is not None and self._socket.stalled():
            self._socket.abort()
            self._on_stalled()
        self._keep_reporting()
