from biami_engine.core.transcript import TranscriptBook, heard_part
from biami_engine.interface import Role


def test_half_heard_keeps_half_the_words() -> None:
    assert heard_part("one two three four", 500, 1000) == "one two"
    assert heard_part("one two", 1000, 1000) == "one two"
    assert heard_part("one two", 0, 0) == "one two"


def test_pieces_make_a_line_and_the_final_text_replaces_them() -> None:
    book = TranscriptBook()
    book.add("i", Role.AGENT, "Good ", False, 10)
    book.add("i", Role.AGENT, "mornig", False, 20)
    book.add("i", Role.AGENT, "Good morning.", True, 30)
    assert book.settle("i", 800, 800) == {"role": "agent", "text": "Good morning.", "at_ms": 10, "interrupted": False}
    book.add("cancelled", Role.AGENT, "Before it was sound", True, 40)
    assert book.settle("cancelled", 0, 0) is None


def test_a_closed_line_stays_closed() -> None:
    book = TranscriptBook()
    book.add("i", Role.AGENT, "Hello", True, 0)
    assert book.settle("i", 500, 500) is not None
    assert not book.add("i", Role.AGENT, "Hello again", True, 5)
    assert book.settle("i", 0, 0) is None


def test_nothing_heard_is_nothing_said() -> None:
    book = TranscriptBook()
    book.add("i", Role.AGENT, "Hello there", True, 0)
    assert book.settle("i", 0, 900) is None
