from __future__ import annotations

import pytest

from biami_engine.backends.pipeline.sse import MAX_EVENT_BYTES, SseDecoder
from biami_engine.errors import BackendError

STREAM = 'data: {"a":\r\ndata: "ü"}\r\n\r\n: ping\n\nevent: x\nid: 3\ndata:two\n\n\ndata: [DONE]\n\ndata: rest'.encode()


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_events_come_whole_however_the_bytes_are_cut(size: int) -> None:
    decoder = SseDecoder()
    found = [event for at in range(0, len(STREAM), size) for event in decoder.feed(STREAM[at : at + size])]
    assert found == ['{"a":\n"ü"}', "two", "[DONE]"]


@pytest.mark.parametrize("line", [b"data: " + b"x" * 1000, b"data: " + b"x" * 1000 + b"\n"])
def test_an_event_without_end_is_refused(line: bytes) -> None:
    decoder = SseDecoder()
    with pytest.raises(BackendError, match="without end"):
        decoder.feed(line * (MAX_EVENT_BYTES // 1000 + 2))
