from __future__ import annotations

import pytest

from biami_engine.backends.offline.dialogue.answers import choice_of, contact_of, name_of, without_yes_no, yes_no


@pytest.mark.parametrize("said", ["yes", "yeah sure", "oh yes please", "that's right", "okay do it", "go ahead"])
def test_yes(said: str) -> None:
    assert yes_no(said) is True


@pytest.mark.parametrize("said", ["no", "no thank you", "that's wrong", "not now", "nope", "sorry no"])
def test_no(said: str) -> None:
    assert yes_no(said) is False


@pytest.mark.parametrize("said", ["you", "tuesday", "maybe", "yesterday", "nobody", "now"])
def test_neither(said: str) -> None:
    assert yes_no(said) is None


def test_what_follows_a_no() -> None:
    assert without_yes_no("no tuesday") == "tuesday"
    assert without_yes_no("no but when do you open") == "when do you open"


def test_contacts_are_known_though_misheard() -> None:
    names = ["anna", "front_desk", "Peter Miller"]
    assert contact_of("can i speak to hannah", names) == "anna"
    assert contact_of("the front desk please", names) == "front_desk"
    assert contact_of("put me through to mister miller please", names) == "Peter Miller"
    assert contact_of("give me peter", names) == "Peter Miller"
    assert contact_of("what time is it", names) is None


def test_choices_by_word_and_by_place() -> None:
    assert choice_of("the red one", ["red", "green"]) == 0
    assert choice_of("the 2nd one", ["red", "green"]) == 1
    assert choice_of("neither", ["red", "green"]) is None


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("my name is anna smith please", "Anna Smith"),
        ("this is maria lopez speaking", "Maria Lopez"),
        ("yes it's tom", "Tom"),
        ("i would like to know when you open today", ""),
    ],
)
def test_names(said: str, name: str) -> None:
    assert name_of(said) == name
