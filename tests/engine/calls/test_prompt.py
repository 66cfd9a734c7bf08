import pytest

from biami_engine.calls.prompt import render, render_leniently
from biami_engine.errors import CallRefused


def test_variables_are_filled() -> None:
    assert render("Hello {name}, it is {goal}.", {"name": "Anna", "goal": "water"}) == "Hello Anna, it is water."


def test_every_missing_variable_is_named() -> None:
    with pytest.raises(CallRefused, match="day, name"):
        render("{name} {day} {name}", {})


def test_a_value_is_never_a_template_itself() -> None:
    assert render("{a}", {"a": "{b}", "b": "x"}) == "{b}"


def test_json_in_a_prompt_is_left_alone() -> None:
    assert render('{"key": 1}', {}) == '{"key": 1}'


def test_an_incoming_call_goes_on_without_what_is_unknown() -> None:
    assert render_leniently("Hello {name}.", {}) == "Hello ."
