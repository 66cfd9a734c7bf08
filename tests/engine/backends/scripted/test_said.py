from __future__ import annotations

import pytest

from biami_engine.backends.scripted.said import Said


def told() -> Said:
    said = Said()
    said.add("a1", "One two three four.", 1000)
    said.add("a1", "Five six.", 500)
    said.add("a2", "Seven.", 300)
    return said


def test_what_was_not_cut_was_heard() -> None:
    assert told().lines() == ["One two three four. Five six.", "Seven."]


@pytest.mark.parametrize(
    ("heard_ms", "text"),
    [
        (500, ["One two"]),
        (1000, ["One two three four."]),
        (1300, ["One two three four. Five"]),
        (9000, ["One two three four. Five six."]),
        (0, []),
        (-5, []),
    ],
)
def test_a_line_is_cut_where_it_was_heard_last(heard_ms: float, text: list[str]) -> None:
    said = told()
    assert said.truncate("a1", heard_ms)
    assert said.lines() == [*text, "Seven."]


def test_an_unknown_item_is_nothing() -> None:
    assert not told().truncate("a9", 100)
