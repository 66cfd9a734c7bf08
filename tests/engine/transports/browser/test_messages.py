import json

import msgspec
import pytest

from biami_engine.transports.browser import messages as m


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"type":"start"}', m.Start()),
        ('{"type":"start","context":"sales"}', m.Start("sales")),
        ('{"type":"played","item_id":"a","ms":12.5,"epoch":1}', m.PlayedReport("a", 12.5, 1)),
        ('{"type":"cleared","epoch":0}', m.ClearedReport(0)),
        ('{"type":"dtmf","digit":"#"}', m.KeyPressed("#")),
        ('{"type":"commit"}', m.TurnCommitted()),
        ('{"type":"hang_up"}', m.HungUp()),
    ],
)
def test_what_a_page_says(text: str, message: m.ClientMessage) -> None:
    assert m.decode(text) == message


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("", "truncated"),
        ("{]", "malformed"),
        ("[]", "Expected `object`"),
        ("{}", "type"),
        ('{"type":"shout"}', "shout"),
        ('{"type":"start","prompt":"x"}', "prompt"),
        ('{"type":"played","item_id":"a","ms":-1,"epoch":0}', "ms"),
        ('{"type":"played","item_id":"a","ms":1}', "epoch"),
        ('{"type":"dtmf","digit":"99"}', "digit"),
    ],
)
def test_an_error_names_what_is_wrong(text: str, named: str) -> None:
    with pytest.raises(msgspec.DecodeError, match=named):
        m.decode(text)


def test_what_a_page_hears() -> None:
    assert json.loads(m.encode(m.Item("g1:a", 2))) == {"type": "item", "item_id": "g1:a", "epoch": 2}
    assert json.loads(m.encode(m.Told("dtmf", {"digit": "1"}))) == {
        "type": "event",
        "name": "dtmf",
        "data": {"digit": "1"},
    }
