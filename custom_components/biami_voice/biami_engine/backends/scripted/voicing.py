"""The agent's voice in a scripted dialogue; a beep where no voice is installed, so that a call is never silent."""

from __future__ import annotations

import logging

from ...audio.frame import Audio, AudioFormat
from ...audio.tones import beep
from ...errors import MissingDependency
from ...speech.port import SpeechFactory
from ..sound import as_format

_log = logging.getLogger(__name__)


class Voicing:
    """`available` tells whether words can be spoken; an unknown name raises `NotFound`."""

    def __init__(self, speech: SpeechFactory, voice: str) -> None:
        self._speech = speech
        self._voice = voice
        try:
            speech.text_to_speech(voice)
            self.available = True
        except MissingDependency as error:
            _log.warning("The scripted backend beeps instead of speaking. %s", error)
            self.available = False

    async def speak(self, sentence: str, format: AudioFormat) -> Audio:
        if not self.available:
            return beep(format)
        return as_format(await self._speech.speaker.render(sentence, self._voice), format)
