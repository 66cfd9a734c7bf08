"""Golden values and hashes, made by CPython's audioop from ITU-T G.711."""

import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from biami_engine.audio import g711
from biami_engine.audio.g711 import Law

DECODE_SHA256: dict[Law, str] = {
    "pcmu": "3dab54339e520bb2c924826e3b72a917a2b612e9fd12fc867500f1d983a75827",
    "pcma": "e04788d110e58ff8c70c93b8480190d973e3b67876b6119abbaec766cc75c174",
}
ENCODE_SHA256: dict[Law, str] = {
    "pcmu": "81d633c9e6972a18c74a58720b96cb8ca0bdd096d4060b646dd708c3b846019a",
    "pcma": "38488f6fd710f4686360edc4d38639f96c491595ef93f8eb8d62d5e07ca6ce7b",
}
ENCODED: dict[Law, dict[int, int]] = {
    "pcmu": {0: 0xFF, -1: 0x7E, 100: 0xF2, -100: 0x72, 1000: 0xCE, -1000: 0x4E, 8031: 0xA0, 32767: 0x80, -32768: 0x00},
    "pcma": {0: 0xD5, -1: 0x55, 100: 0xD3, 1000: 0xFA, -1000: 0x7A, 8031: 0x8A, 32767: 0xAA, -32768: 0x2A},
}
DECODED: dict[Law, dict[int, int]] = {
    "pcmu": {0x00: -32124, 0x7F: 0, 0x80: 32124, 0xFF: 0, 0x55: -716},
    "pcma": {0x00: -5504, 0x55: -8, 0xD5: 8, 0xAA: 32256, 0x2A: -32256},
}
LAWS: list[Law] = ["pcmu", "pcma"]


@pytest.mark.parametrize("law", LAWS)
def test_golden_values(law: Law) -> None:
    for sample, code in ENCODED[law].items():
        assert g711.encode(law, np.array([sample], np.int16)) == bytes([code])
    for code, sample in DECODED[law].items():
        assert g711.decode(law, bytes([code])).tolist() == [sample]


@pytest.mark.parametrize("law", LAWS)
def test_whole_tables_match_their_hashes(law: Law) -> None:
    decoded = g711.decode(law, bytes(range(256))).astype("<i2").tobytes()
    encoded = g711.encode(law, np.arange(-32768, 32768, dtype=np.int16))
    assert hashlib.sha256(decoded).hexdigest() == DECODE_SHA256[law]
    assert hashlib.sha256(encoded).hexdigest() == ENCODE_SHA256[law]


@given(st.binary(max_size=400), st.sampled_from(LAWS))
def test_decoding_then_encoding_keeps_every_sound(payload: bytes, law: Law) -> None:
    # 0x7F is µ-law's second zero and comes back as 0xFF; it sounds the same.
    again = g711.encode(law, g711.decode(law, payload))
    assert g711.decode(law, again).tolist() == g711.decode(law, payload).tolist()


@given(st.binary(max_size=400))
def test_translate_is_decode_and_encode(payload: bytes) -> None:
    assert g711.translate("pcmu", "pcma", payload) == g711.encode("pcma", g711.decode("pcmu", payload))
    assert g711.translate("pcma", "pcmu", payload) == g711.encode("pcmu", g711.decode("pcma", payload))
    assert g711.translate("pcmu", "pcmu", payload) is payload
