from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from biami_engine.transports.twilio import media

SID = "MZ" + "2" * 32
CALL = "CA" + "3" * 32
ACCOUNT = "AC" + "1" * 32

FROM_TWILIO = [
    ({"event": "connected", "protocol": "Call", "version": "1.0.0"}, media.Connected()),
    (
        {
            "event": "start",
            "sequenceNumber": "1",
            "start": {
                "accountSid": ACCOUNT,
                "streamSid": SID,
                "callSid": CALL,
                "tracks": ["inbound"],
                "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
                "customParameters": {"context": "sales", "token": "one-time"},
            },
            "streamSid": SID,
        },
        media.Started(SID, CALL, ACCOUNT, {"context": "sales", "token": "one-time"}),
    ),
    (
        {
            "event": "media",
            "sequenceNumber": "2",
            "media": {"track": "inbound", "chunk": "1", "timestamp": "5", "payload": "//////////8="},
            "streamSid": SID,
        },
        media.Media(SID, "//////////8="),
    ),
    (
        {
            "event": "dtmf",
            "streamSid": SID,
            "sequenceNumber": "5",
            "dtmf": {"track": "inbound_track", "digit": "1"},
        },
        media.DigitPressed(SID, "1"),
    ),
    (
        {"event": "mark", "sequenceNumber": "6", "streamSid": SID, "mark": {"name": "item_a1:400"}},
        media.MarkEchoed(SID, "item_a1:400"),
    ),
    (
        {
            "event": "stop",
            "sequenceNumber": "7",
            "streamSid": SID,
            "stop": {"accountSid": ACCOUNT, "callSid": CALL, "tracks": ["inbound"]},
        },
        media.Stopped(SID),
    ),
]


@pytest.mark.parametrize(("frame", "meaning"), FROM_TWILIO)
def test_every_frame_of_the_documentation(frame, meaning):
    assert media.parse_frame(json.dumps(frame)) == meaning
    assert media.parse_frame(json.dumps(frame, separators=(",", ":"), sort_keys=True)) == meaning


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "null",
        "[]",
        '"media"',
        '{"event":7}',
        '{"streamSid":"MZ"}',
        '{"event":"media"}',
        '{"event":"media","media":{}}',
        '{"event":"media","media":{"payload":7}}',
        '{"event":"media","media":{"payload":"abc"}}',
        '{"event":"media","media":{"payload":"ab=="}} trailing',
        '{"event":"media","media":{"payload":"a?c="}}',
        '{"event":"media","media":{"payload":"=AAA"}}',
        '{"event":"start"}',
        '{"event":"start","start":{"callSid":"CA"}}',
        '{"event":"start","start":{"callSid":"CA","accountSid":"AC","streamSid":"MZ\\"x"}}',
        '{"event":"start","start":{"callSid":"CA","accountSid":"AC","streamSid":"MZ","customParameters":{"a":1}}}',
        '{"event":"mark"}',
        '{"event":"dtmf","dtmf":{"digit":"x"}}',
        '{"event":"dtmf","dtmf":{"digit":""}}',
        "[" * 100_000,
    ],
)
def test_what_twilio_never_sends_is_a_result_and_no_exception(text):
    assert isinstance(media.parse_frame(text), media.Malformed)


def test_our_own_track_and_unknown_events_are_ignored():
    assert media.parse_frame('{"event":"media","media":{"track":"outbound","payload":""}}') == media.Ignored("media")
    assert media.parse_frame('{"event":"tomorrow","x":{"y":[1]}}') == media.Ignored("tomorrow")


@given(st.text())
def test_no_text_raises(text):
    media.parse_frame(text)


@given(st.binary(max_size=400), st.booleans(), st.integers(0, 10**9), st.randoms())
def test_a_media_frame_means_what_json_says(payload, compact, number, random):
    encoded = base64.b64encode(payload).decode()
    inner = {"track": "inbound", "chunk": str(number), "timestamp": str(number), "payload": encoded}
    frame = {
        "event": "media",
        "sequenceNumber": str(number),
        "media": inner,
        "streamSid": SID,
        "new": {"payload": "no"},
    }
    keys = list(frame)
    random.shuffle(keys)
    text = json.dumps({key: frame[key] for key in keys}, separators=(",", ":") if compact else None)
    read = json.loads(text)
    assert media.parse_frame(text) == media.Media(read["streamSid"], read["media"]["payload"])


def test_frames_to_twilio_have_exactly_the_documented_keys():
    assert json.loads(media.media_frame(SID, "//////////8=")) == {
        "event": "media",
        "streamSid": SID,
        "media": {"payload": "//////////8="},
    }
    assert json.loads(media.mark_frame(SID, "1:item:400")) == {
        "event": "mark",
        "streamSid": SID,
        "mark": {"name": "1:item:400"},
    }
    assert json.loads(media.clear_frame(SID)) == {"event": "clear", "streamSid": SID}


@given(st.integers(0, 10**6), st.text(max_size=80), st.integers(0, 600_000 * 8))
def test_a_mark_comes_back_as_it_went(epoch, item_id, samples):
    sent = media.MarkName(epoch, item_id, samples / 8)
    frame = json.loads(media.mark_frame(SID, str(sent)))
    assert media.MarkName.parse(frame["mark"]["name"]) == sent


@pytest.mark.parametrize("name", ["", "x", "1:2", "a:item:400", "1:item:soon", ":::"])
def test_marks_that_are_not_ours(name):
    assert media.MarkName.parse(name) is None
