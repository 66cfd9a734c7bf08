from __future__ import annotations

from typing import Any

from biami_engine.backends.pipeline.calls import MAX_CALLS, CallAssembler, is_object


def assembled(*deltas: dict[str, Any]) -> list[tuple[str, str, str]]:
    assembler = CallAssembler()
    for delta in deltas:
        assembler.add(delta)
    return [(call.id, call.name, call.arguments) for call in assembler.calls()]


def delta(name: str | None = None, arguments: Any = None, **more: Any) -> dict[str, Any]:
    return {"function": {"name": name, "arguments": arguments}, **more}


def test_pieces_of_several_calls_come_interleaved() -> None:
    assert assembled(
        delta("a", "", index=0, id="1"),
        delta("b", "", index=1, id="2"),
        delta(None, '{"x":', index=0),
        delta(None, "{}", index=1),
        delta(None, "1}", index=0),
    ) == [("1", "a", '{"x":1}'), ("2", "b", "{}")]


def test_servers_that_repeat_index_or_id_and_servers_that_give_none() -> None:
    assert assembled(delta("a", "{}", index=0, id="1"), delta("b", "{}", index=0, id="2")) == [
        ("1", "a", "{}"),
        ("2", "b", "{}"),
    ]
    assert assembled(delta("a", "{}"), delta("a", "{}")) == [("", "a", "{}"), ("", "a", "{}")]
    assert assembled(delta("a", "", index=0, id="1"), delta("a", "{}", index=0, id="1")) == [("1", "a", "{}")]


def test_arguments_as_an_object() -> None:
    assert assembled(delta("a", {"x": 1}, index=0)) == [("", "a", '{"x": 1}')]


def test_nonsense_is_nothing() -> None:
    assert assembled({}, {"function": None}, delta(None, "{}", index=0)) == []


def test_a_model_gone_mad_is_bounded() -> None:
    assert len(assembled(*(delta("a", "{}", index=index) for index in range(100)))) == MAX_CALLS


def test_what_is_an_object() -> None:
    assert is_object("")
    assert is_object('{"a": 1}')
    assert not is_object("[1]")
    assert not is_object('{"a": ')
