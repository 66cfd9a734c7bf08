"""Conversations in writing: what is asked, confirmed, corrected, and never done."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from biami_engine.backends.offline.dialogue.state import Question
from biami_engine.config import DialogueConfig, IntentConfig, OfferConfig

from .conftest import SLOTS, Chat

ChatWith = Callable[..., Chat]


def test_an_appointment_from_nothing_to_booked(chat: Chat) -> None:
    assert "which day" in chat.hear("I'd like to make an appointment.")
    chat.hear("On Tuesday.")
    assert chat.used == ("check_calendar", {"what": "free_slots", "first_day": "2026-12-01"})
    assert "9 AM or 9:30 AM" in chat.result(SLOTS)
    assert "about" in chat.hear("The second one.")
    assert "name" in chat.hear("A haircut.")
    chat.hear("My name is Anna Smith.")
    wanted = {"start": "2026-12-01T09:30", "title": "a haircut", "name": "Anna Smith"}
    assert chat.used == ("book_appointment", {**wanted, "confirmed": False})
    assert "Is that right?" in chat.result({"status": "not_booked_yet"})
    chat.hear("Yes.")
    assert chat.used == ("book_appointment", {**wanted, "confirmed": True})
    assert "It is booked" in chat.result({"status": "booked"})
    assert "Goodbye" in chat.hear("No, thank you.")
    assert chat.used[0] == "end_call"


def test_no_tuesday_changes_the_day_and_keeps_the_time(chat: Chat) -> None:
    chat.hear("Book an appointment on Friday at 3 pm.")
    chat.hear("A test ride.")
    chat.hear("John.")
    chat.result({"status": "not_booked_yet"})
    chat.hear("No, Tuesday.")
    assert chat.used[1]["start"] == "2026-12-01T15:00"
    assert chat.used[1]["confirmed"] is False


def test_a_time_that_was_taken_meanwhile_offers_others(chat: Chat) -> None:
    chat.hear("Book an appointment on Friday at 3 pm.")
    chat.hear("A test ride.")
    chat.hear("John.")
    said = chat.result({"status": "taken", **SLOTS})
    assert "taken" in said
    assert "9 AM" in said
    chat.hear("Nine thirty.")
    assert chat.used[1]["start"] == "2026-12-01T09:30"


def test_nothing_is_booked_without_a_yes(chat: Chat) -> None:
    chat.hear("Book an appointment on Friday at 3 pm.")
    chat.hear("A test ride.")
    chat.hear("John.")
    chat.result({"status": "not_booked_yet"})
    for words in ("You.", "The weather is nice.", "Hmm."):
        chat.hear(words)
        assert chat.tool is None or not chat.tool.arguments.get("confirmed")


def test_a_yes_to_what_was_not_heard_is_asked_for_again(chat: Chat) -> None:
    chat.hear("Put me through to Bob.")
    chat.state = chat.dialogue.unheard(chat.state)
    assert "Shall I connect you with Bob?" in chat.hear("Yes.")
    assert chat.tool is None
    chat.hear("Yes.")
    assert chat.used == ("transfer_call", {"contact": "bob"})


def test_an_unclear_yes_confirms_nothing(chat: Chat) -> None:
    chat.hear("Put me through to Bob.")
    assert "again" in chat.hear("Yes.", doubt=1.6)
    assert chat.tool is None


def test_a_message_with_its_number_by_keys(chat: Chat) -> None:
    chat.hear("I want to leave a message.")
    chat.hear("Peter Miller.")
    chat.hear("The door is broken.")
    assert "5 5 5, 1 2" in chat.press("55512#")
    assert "again" in chat.press("2")
    chat.press("55513#")
    assert "Shall I pass that on?" in chat.press("1")
    chat.press("1")
    assert chat.used == ("take_message", {"name": "Peter Miller", "text": "The door is broken.", "number": "55513"})
    assert "noted" in chat.result({"status": "taken"})


def test_digits_are_complete_when_no_further_key_comes(chat: Chat) -> None:
    chat.hear("I want to leave a message.")
    chat.hear("Peter Miller.")
    chat.hear("The door is broken.")
    chat.press("5551234")
    state, turn = chat.dialogue.keys_over(chat.state, datetime_now())
    assert "5 5 5, 1 2 3, 4" in turn.say
    assert state.keys == ""


def test_a_lone_bye_ends_nothing_at_once(chat: Chat) -> None:
    assert "Goodbye" in chat.hear("Bye.")
    assert chat.tool is None
    assert "which day" in chat.hear("I'd like to make an appointment.")
    assert "Goodbye" in chat.hear("Thank you, goodbye.")
    assert chat.used[0] == "end_call"


def test_a_greeting_before_a_wish_is_no_hindrance(chat: Chat) -> None:
    assert "which day" in chat.hear("Hello, could you make an appointment for me?")
    assert "Hello" in chat.hear("Hello.")


def test_a_wish_misheard_is_still_that_wish(chat: Chat) -> None:
    assert "your name" in chat.hear("Can I leave the methods for Anna?")
    assert chat.state.form is not None
    assert chat.state.form.get("contact") is None
    assert chat.state.form.get("for") == "anna"


def test_the_callers_own_number_needs_no_digits(chat_with: ChatWith) -> None:
    chat = chat_with(caller_number="+12025550123", caller_name="Ann")
    chat.hear("Take a message please.")
    assert "number you are calling from" in chat.hear("The door is broken.")
    assert "Ann" in chat.hear("Yes.")
    chat.hear("Yes.")
    assert chat.used == ("take_message", {"name": "Ann", "text": "The door is broken."})


def test_a_transfer_is_confirmed_corrected_and_may_fail(chat: Chat) -> None:
    assert "Anna" in chat.hear("Can I speak to Anna?")
    assert "Bob" in chat.hear("No, Bob.")
    chat.hear("Yes.")
    assert chat.used == ("transfer_call", {"contact": "bob"})
    chat.state, turn = chat.dialogue.fact(chat.state, "bob", datetime_now())
    assert "could not be reached" in turn.say
    assert "name" in chat.hear("Yes.")


def test_a_question_is_looked_up_and_its_source_named(chat: Chat) -> None:
    chat.hear("What are your opening hours?")
    assert chat.used == ("get_biami_info", {"question": "What are your opening hours?"})
    entry = {"heading": "Firm / Opening hours", "text": "Nine to five.", "source": "firm.md"}
    assert "Nine to five. That is under Opening hours." in chat.result({"found": True, "answers": [entry]})


def test_a_misheard_question_finds_the_heading_that_is_near(chat: Chat) -> None:
    chat.hear("What about the parking spice?")
    chat.result({"found": False, "headings": ["Firm / Opening hours", "Firm / Parking space"]})
    assert chat.used == ("get_biami_info", {"question": "Firm / Parking space"})


def test_what_is_not_written_down_is_not_known(chat: Chat) -> None:
    chat.hear("Do you sell elephants?")
    assert "do not know" in chat.result({"found": False, "headings": ["Opening hours"]})
    assert "name" in chat.hear("Yes.")


def test_who_is_never_understood_is_offered_keys_and_then_let_go(chat: Chat) -> None:
    said = [chat.hear("Blue purple monkey.") for _ in range(5)]
    assert "again" in said[0]
    assert "other words" in said[1]
    assert "press 1" in said[2]
    assert "Goodbye" in said[4]
    assert chat.used[0] == "end_call"


def test_repeat_and_never_mind_work_in_the_middle(chat: Chat) -> None:
    asked = chat.hear("I'd like to make an appointment.")
    assert chat.hear("Sorry, could you repeat that?") == asked
    assert "else" in chat.hear("Never mind.")
    assert chat.state.form is None


def test_without_its_tool_a_wish_becomes_a_message_or_a_no(chat_with: ChatWith) -> None:
    some = chat_with(tools=frozenset({"take_message"}))
    assert "leave a message" in some.hear("I'd like to make an appointment.")
    none = chat_with(tools=frozenset())
    assert "cannot do that" in none.hear("I'd like to make an appointment.")
    assert "cannot do that" in none.hear("Can I speak to Anna?")


def test_a_failed_tool_is_said_and_leads_on(chat: Chat) -> None:
    chat.hear("When are you free?")
    chat.hear("Tomorrow.")
    assert "did not work" in chat.result({"error": "The calendar cannot be reached."})


def test_help_names_only_what_there_is(chat_with: ChatWith) -> None:
    chat = chat_with(tools=frozenset({"get_biami_info"}))
    assert "answer questions" in chat.hear("What can you do?")
    assert "appointment" not in chat.hear("What can you do?")


# --- a context's own --------------------------------------------------------------------------------------------------


def test_a_context_answers_offers_looks_up_and_begins_matters(chat_with: ChatWith) -> None:
    intents = {
        "ride": IntentConfig(("can i have a ride",), say="Gladly.", flow="book", known={"title": "a ride"}),
        "joke": IntentConfig(("tell me a joke",), say="A telephone walks into a bar."),
        "sad": IntentConfig(("i am sad",), say="Would you like to talk to somebody?", offer="transfer"),
        "wifi": IntentConfig(("what is the password",), look_up="guest wifi"),
    }
    chat = chat_with(context=DialogueConfig(intents=intents))
    assert chat.hear("Tell me a joke.") == "A telephone walks into a bar."
    assert chat.hear("I am sad.") == "Would you like to talk to somebody?"
    assert "With whom" in chat.hear("Yes.")
    chat.hear("Never mind.")
    chat.hear("What is the password?")
    assert chat.used == ("get_biami_info", {"question": "guest wifi"})
    chat = chat_with(context=DialogueConfig(intents=intents))
    assert chat.hear("Can I have a ride?").startswith("Gladly. For which day")


def test_a_tool_of_ones_own_is_used_after_a_yes(chat_with: ChatWith) -> None:
    gate = IntentConfig(
        ("open the {door} [please]",),
        tool="open_door",
        arguments={"door": "{door}"},
        confirm="Shall I open the {door}?",
        answer="The {door} is {state}.",
    )
    context = DialogueConfig(intents={"gate": gate}, lists={"door": ("front door", "garage")})
    chat = chat_with(context=context, tools=frozenset({"open_door"}))
    assert chat.hear("Open the garage please.") == "Shall I open the garage?"
    assert chat.tool is None
    chat.hear("Yes.")
    assert chat.used == ("open_door", {"door": "garage"})
    assert chat.result({"state": "open"}) == "The garage is open."


def test_after_an_answer_the_context_offers_the_next_step(chat_with: ChatWith) -> None:
    chat = chat_with(context=DialogueConfig(after_info=OfferConfig("Shall we meet?", "book")))
    chat.hear("What does it cost?")
    assert (
        chat.result({"answers": [{"heading": "Price", "text": "Ten."}]}) == "Ten. That is under Price. Shall we meet?"
    )
    assert "which day" in chat.hear("Yes.")


def test_support_gives_one_step_at_a_time_and_then_a_person(chat_with: ChatWith) -> None:
    chat = chat_with(context=DialogueConfig(guide=True))
    chat.hear("My brakes are squeaking.")
    assert chat.result({"answers": [{"heading": "Brakes", "text": "- Wipe.\n- Ride."}]}).startswith("Wipe.")
    assert "help" in chat.hear("I have done that.")
    assert chat.hear("No.").startswith("Ride.")
    assert "leave a message" in chat.hear("It still squeaks.")
    chat.hear("Yes.")
    chat.hear("Ann.")
    assert "My brakes are squeaking" in chat.state.form.get("text")  # type: ignore[union-attr]  # it has one


# --- placed calls -----------------------------------------------------------------------------------------------------


def test_a_placed_call_says_why_and_brings_the_answer_home(chat_with: ChatWith) -> None:
    chat = chat_with(goal="the table for Friday", caller_name="Ann")
    assert "the table for Friday" in chat.hear("Yes.")
    assert "Is that right?" in chat.hear("We will be there at eight.")
    chat.hear("Yes.")
    expected = {"name": "Ann", "text": "the table for Friday: We will be there at eight."}
    assert chat.used == ("take_message", expected)
    assert "Goodbye" in chat.result({"status": "taken"})


def test_who_picks_up_is_answered_by_the_first_words_alone(chat_with: ChatWith) -> None:
    chat = chat_with(goal="dinner")
    assert chat.hear("Hello?") == ""
    assert chat.hear("Anna Smith speaking.") == ""
    assert "an automatic assistant" in chat.hear("Who is this?")
    assert "dinner" in chat.hear("What is it about?")


def test_an_agent_that_waits_says_who_it_is_and_why(chat_with: ChatWith) -> None:
    chat = chat_with(goal="dinner", caller_first=True, variables={"company": "the inn"})
    assert "speaking for the inn" in (said := chat.hear("Hello?"))
    assert "dinner" in said


def test_questions_of_every_kind(chat_with: ChatWith) -> None:
    questions = (
        Question("home", "Are you at home?"),
        Question("colour", "Which colour?", "choice", ("red", "green")),
        Question("people", "How many people?", "number", minimum=1, maximum=10),
        Question("number", "Which number?", "digits"),
        Question("when", "When?", "datetime"),
        Question("note", "Anything else?", "text"),
    )
    chat = chat_with(goal="dinner", questions=questions)
    assert chat.hear("Sure.") == "Are you at home?"
    assert "red or green" in chat.hear("Yes I am.")
    assert chat.hear("Green.") == "How many people?"
    assert "from 1 to 10" in chat.hear("Twenty.")
    assert "I understood 4" in chat.hear("Four.")
    assert chat.hear("Yes.") == "Which number?"
    assert "5 5 5, 1" in chat.press("5551#")
    chat.press("1")
    assert "tomorrow" in chat.hear("Tomorrow at eight pm.")
    chat.hear("Yes.")
    chat.hear("Bring wine.")
    assert "Goodbye" in chat.hear("Yes.")
    assert chat.state.answers == {
        "home": True,
        "colour": "green",
        "people": 4.0,
        "number": "5551",
        "when": "2026-11-25T20:00",
        "note": "Bring wine.",
    }


def test_who_has_no_time_is_let_go(chat_with: ChatWith) -> None:
    chat = chat_with(goal="dinner")
    assert "Goodbye" in chat.hear("No, not now.")


@pytest.mark.parametrize(
    "said",
    [
        "Agent login. Please enter your agent number followed by the pound key.",
        "Your call has been forwarded to an automated voice message system.",
        "You have three new messages.",
        "Press two for the sales department.",
        "The number you have dialed is not in service.",
    ],
)
def test_announcements_are_no_requests(chat: Chat, said: str) -> None:
    assert "again" in chat.hear(said)
    assert chat.tool is None


def datetime_now():  # type: ignore[no-untyped-def]  # the moment of every chat
    from .conftest import NOW

    return NOW
