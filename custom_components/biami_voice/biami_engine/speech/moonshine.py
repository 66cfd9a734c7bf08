"""Moonshine tiny-en on plain onnxruntime: English speech to text, about 64 ms of one core for 2.4 s of speech.

Only the weights come from the moonshine-voice wheel; its code would import sounddevice and listen for itself.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..audio.frame import Audio
from ..audio.resample import resample_whole
from ..audio.samples import to_samples
from ..errors import BackendError, MissingDependency
from .port import Recognition

WHEEL = "moonshine-voice"
VERSION = "0.1.0"
"""Exactly: 0.1.1 and later download the weights when they run."""
SHA256 = {
    "encoder_model.ort": "94e90a4654fc45cdfedb77c4c08e1739f48862998e58fada384b25118134f221",
    "decoder_model_merged.ort": "cf524c4862d36e9e5ab032eddc73637efd822d70e868ac575cf1a46e1e4708a0",
    "tokenizer.bin": "6884b35fd6377d4c4d32336a0bc152f36b64d1e45b6503683cdc238250a8472d",
}
RATE_HZ = 16000
MAX_SECONDS = 30
"""Longer speech is read in pieces: what a piece costs grows faster than its length."""
MIN_SECONDS = 0.5
"""Shorter speech is lengthened by silence: the encoder needs some frames."""
TOKENS_PER_SECOND = 6.5
"""Nobody speaks faster; a decoder that repeats itself is stopped there."""

_START, _END = 1, 2
_HEADS, _HEAD_SIZE = 8, 36
_INSTALL = f"pip install {WHEEL}=={VERSION} onnxruntime"

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class _Decoded:
    tokens: list[int]
    log_probabilities: list[float]


class Moonshine:
    """`SpeechToText`. Building one is cheap; the first `transcribe` loads and checks 43 MB (0.8 s, 180 MB)."""

    languages = frozenset({"en"})

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or _wheel_folder()
        if find_spec("onnxruntime") is None:
            raise MissingDependency(f"Moonshine speech recognition needs onnxruntime: {_INSTALL}")
        self._network: _Network | None = None

    def transcribe(self, audio: Audio) -> Recognition:
        if self._network is None:
            self._network = _Network(self.folder)
        samples = resample_whole(to_samples(audio), audio.format.rate_hz, RATE_HZ)
        size = MAX_SECONDS * RATE_HZ
        pieces = [self._network.read(samples[start : start + size]) for start in range(0, len(samples), size)]
        chances = [chance for piece in pieces for chance in piece.log_probabilities]
        text = words_of(" ".join(self._network.text(piece.tokens) for piece in pieces))
        return Recognition(text, float(np.mean(chances)) if chances else 0.0)


def words_of(text: str) -> str:
    """Nothing where there is neither letter nor digit: tones are heard as musical notes."""
    return text.strip() if any(character.isalnum() for character in text) else ""


class _Network:
    """Encoder, decoder and tokens, loaded and checked."""

    def __init__(self, folder: Path) -> None:
        files = {name: _verified(folder / name, digest) for name, digest in SHA256.items()}
        runtime = import_module("onnxruntime")
        options = runtime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        try:
            self._encoder, self._decoder = (
                runtime.InferenceSession(str(files[name]), options, providers=["CPUExecutionProvider"])
                for name in ("encoder_model.ort", "decoder_model_merged.ort")
            )
        except Exception as error:  # onnxruntime has no common base for its errors
            raise BackendError(f"Moonshine does not run with this onnxruntime: {error}") from error
        self._tokens = _token_table(files["tokenizer.bin"].read_bytes())
        self._past = [put.name for put in self._decoder.get_inputs() if put.name.startswith("past_key_values")]

    def read(self, samples: NDArray[np.int16]) -> _Decoded:
        """Greedy decoding of at most `MAX_SECONDS` at 16 kHz."""
        limit = max(8, int(len(samples) / RATE_HZ * TOKENS_PER_SECOND) + 4)
        wave = np.zeros((1, max(len(samples), int(MIN_SECONDS * RATE_HZ))), np.float32)
        wave[0, : len(samples)] = samples / np.float32(32768)
        mask = np.ones(wave.shape, np.int64)  # in samples for the decoder too: it counts its frames itself
        hidden = self._encoder.run(None, {"input_values": wave, "attention_mask": mask})[0]
        past: dict[str, Floats] = {name: np.zeros((0, _HEADS, 1, _HEAD_SIZE), np.float32) for name in self._past}
        fixed = {"encoder_hidden_states": hidden, "encoder_attention_mask": mask}
        decoded = _Decoded([], [])
        token = _START
        for step in range(limit):
            feed = {"input_ids": np.array([[token]]), "use_cache_branch": np.array([step > 0]), **fixed, **past}
            logits, *present = self._decoder.run(None, feed)
            token = int(logits[0, -1].argmax())
            decoded.log_probabilities.append(_log_probability(logits[0, -1]))
            if token == _END:
                break
            decoded.tokens.append(token)
            # What the decoder makes of the encoder's output is the same in every step and is given back once.
            past.update(
                (name, state)
                for name, state in zip(self._past, present, strict=True)
                if step == 0 or ".decoder." in name
            )
        return decoded

    def text(self, tokens: list[int]) -> str:
        raw = b"".join(self._tokens[token] for token in tokens)
        return raw.decode("utf-8", "replace").replace("\u2581", " ").strip()


def _log_probability(logits: Floats) -> float:
    """Of the likeliest token."""
    return -float(np.log(np.exp(logits - logits.max()).sum()))


def _wheel_folder() -> Path:
    try:
        installed = version(WHEEL)
    except PackageNotFoundError:
        raise MissingDependency(f"Moonshine speech recognition is not installed: {_INSTALL}") from None
    if installed != VERSION:
        raise MissingDependency(f"{WHEEL} {installed} has no speech recognition weights in it: {_INSTALL}")
    spec = find_spec("moonshine_voice")
    places = list(spec.submodule_search_locations or ()) if spec else []
    if not places:
        raise MissingDependency(f"The package {WHEEL} is incomplete: {_INSTALL}")
    return Path(places[0], "assets", "tiny-en")


def _verified(path: Path, sha256: str) -> Path:
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise MissingDependency(f"The weight file {path.name} of Moonshine is missing ({error.strerror})") from None
    if digest != sha256:
        raise BackendError(f"The weight file {path.name} of Moonshine is damaged: reinstall {WHEEL}=={VERSION}")
    return path


def _token_table(data: bytes) -> list[bytes]:
    """Tokens one after the other, each behind its length: one byte, or two where the first is 128 or more."""
    tokens, position = [], 0
    while position < len(data):
        length = data[position]
        position += 1
        if length >= 128:
            length += 128 * data[position] - 128
            position += 1
        tokens.append(data[position : position + length])
        position += length
    return tokens
