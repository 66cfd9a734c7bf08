"""One media stream, from its first frame to its end: who may speak for which leg, and what its frames mean to it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from . import media
from .socket import MediaSocket

if TYPE_CHECKING:
    from .leg import TwilioLeg

logger = logging.getLogger(__name__)

Binder = Callable[[media.Started], "TwilioLeg | None"]
"""Finds the leg that a `start` may speak for, by its token; None where it may not."""


class MediaStream:
    """Until `start` proves its token nothing is believed. What is wrong is logged once for each stream and kind."""

    def __init__(self, socket: MediaSocket, find_leg: Binder) -> None:
        self._socket = socket
        self._find_leg = find_leg
        self._leg: TwilioLeg | None = None
        self._sid = ""
        self._told: set[str] = set()
        self._over = False

    @property
    def bound(self) -> bool:
        return self._leg is not None

    def receive(self, text: str) -> None:
        """One text frame from Twilio."""
        frame = media.parse_frame(text)
        leg = self._leg
        if leg is None:
            self._introduce(frame)
        elif isinstance(frame, media.Media):
            if frame.stream_sid == self._sid:
                leg.voice.hear(self._socket, frame.payload)
            else:
                self._complain("a frame with a foreign streamSid was ignored")
        else:
            self._control(leg, frame)

    def refuse_binary(self) -> None:
        """Twilio sends text only."""
        self._complain("a binary frame closed the media stream")
        self._socket.close()

    def refuse_broken(self, reason: str) -> None:
        """The WebSocket itself ends here: a frame over the limit, or none that RFC 6455 knows."""
        self._complain("a broken frame closed the media stream", reason)
        self._socket.close()

    def closed(self) -> None:
        """The socket is gone, with or without a `stop` before it."""
        self._end()

    def _introduce(self, frame: media.Frame) -> None:
        match frame:
            case media.Connected() | media.Ignored():
                return
            case media.Started():
                self._sid = frame.stream_sid
                self._leg = self._find_leg(frame)
                if self._leg is None:
                    self._socket.close()
                else:
                    self._leg.bind(self._socket, frame)
            case media.Malformed(reason):
                self._complain(f"a malformed frame closed the media stream: {reason}")
                self._socket.close()
            case _:
                self._complain("a frame before start closed the media stream")
                self._socket.close()

    def _control(self, leg: TwilioLeg, frame: media.Frame) -> None:
        match frame:
            case media.MarkEchoed(self._sid, name):
                leg.voice.mark_echoed(self._socket, name)
            case media.DigitPressed(self._sid, digit):
                leg.voice.key_pressed(self._socket, digit)
            case media.Stopped(self._sid):
                self._end()
            case media.MarkEchoed() | media.DigitPressed() | media.Stopped():
                self._complain("a frame with a foreign streamSid was ignored")
            case media.Started():
                self._complain("a second start was ignored")
            case media.Malformed(reason):
                self._complain("malformed frames are ignored", reason)

    def _end(self) -> None:
        if not self._over:
            self._over = True
            if self._leg is not None:
                self._leg.unbind(self._socket)

    def _complain(self, what: str, detail: str = "") -> None:
        if what not in self._told:
            self._told.add(what)
            call_id = self._leg.call_id if self._leg is not None else "no call"
            logger.warning("%s: %s%s", call_id, what, f" ({detail})" if detail else "")
