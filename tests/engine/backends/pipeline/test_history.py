from __future__ import annotations

from biami_engine.backends.pipeline.calls import ToolCall
from biami_engine.backends.pipeline.history import BEGINNING, MAX_ENTRIES, AgentTurn, History
from biami_engine.interface import Role
from biami_engine.lab.llm.checks import check


def say(turn: AgentTurn, text: str, ms: float, whole: bool = True) -> None:
    turn.begin(text)
    turn.sounded(ms)
    if whole:
        turn.end()


def shown(history: History) -> list[tuple[str, str | None]]:
    messages = history.messages()
    check({"model": "m", "messages": messages})
    return [(message["role"], message["content"]) for message in messages]


def test_words_are_cut_to_what_was_heard() -> None:
    history = History("Be kind.")
    turn = history.agent_turn("a1")
    say(turn, "One two three four.", 1000)
    say(turn, "Five six seven eight.", 2000)
    history.truncate("a1", 2000)
    assert shown(history)[-1] == ("assistant", "One two three four. Five six")
    history.truncate("a1", 0)
    history.truncate("nothing", 0)
    assert shown(history) == [("system", "Be kind."), ("user", BEGINNING)]


def test_a_sentence_whose_sound_was_broken_off_is_not_counted_as_said() -> None:
    history = History("")
    turn = history.agent_turn("a1")
    say(turn, "One two three four five six seven eight nine ten.", 600, whole=False)
    assert shown(history)[-1] == ("assistant", "One two")


def test_two_messages_of_the_user_become_one() -> None:
    history = History("")
    history.add(Role.CALLER, "Hello?")
    history.add(Role.SYSTEM, "[DTMF: 5]")
    assert shown(history) == [("user", f"{BEGINNING}\nHello?\n[DTMF: 5]")]
    assert history.messages("Be brief.")[-1]["content"].endswith("\n[Be brief.]")


def test_every_tool_call_has_a_result() -> None:
    history = History("")
    turn = history.agent_turn("a1")
    turn.calls = [ToolCall("t1", "look", "{}"), ToolCall("t2", "look", '{"broken')]
    history.settle(turn)
    history.tool_result("t1", '"sunny"')
    history.tool_result("t9", "nobody's")
    history.add(Role.CALLER, "And?")
    roles = [role for role, _ in shown(history)]
    assert roles == ["user", "assistant", "tool", "tool", "user"]
    assert history.messages()[2]["content"] == '"sunny"'
    assert "stopped" in history.messages()[3]["content"]


def test_an_answer_that_was_broken_off_before_its_first_sound_is_still_due() -> None:
    history = History("")
    history.add(Role.CALLER, "Hello?")
    turn = history.agent_turn("a1")
    assert not history.awaits_answer
    history.settle(turn)
    assert history.awaits_answer


def test_what_another_mind_said_is_told_and_awaits_nothing() -> None:
    history = History("")
    history.add(Role.CALLER, "Hello?")
    history.add(Role.AGENT, "Good evening.")
    assert not history.awaits_answer
    assert history.lines() == [(Role.CALLER, "Hello?"), (Role.AGENT, "Good evening.")]


def test_a_long_call_forgets_its_beginning() -> None:
    history = History("Be kind.")
    for number in range(3 * MAX_ENTRIES):
        history.add(Role.CALLER, f"Question {number}")
        say(history.agent_turn(f"a{number}"), f"Answer {number}", 100)
    assert len(history.messages()) <= MAX_ENTRIES + 2
    assert shown(history)[-1] == ("assistant", f"Answer {3 * MAX_ENTRIES - 1}")
