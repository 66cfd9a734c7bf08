from biami_engine.core.routes import AGENT, RouteTable, bridge, conversation


def test_a_conversation_goes_both_ways() -> None:
    table = RouteTable(conversation("a"))
    assert table.hearers("a") == (AGENT,)
    assert table.hearers(AGENT) == ("a",)


def test_a_leg_on_hold_neither_hears_nor_is_heard_and_comes_back() -> None:
    table = RouteTable(conversation("a") | bridge("a", "b"))
    table.hold("a", True)
    assert table.hearers(AGENT) == table.hearers("a") == table.hearers("b") == ()
    table.hold("a", False)
    assert table.hearers("b") == ("a",)
    assert set(table.hearers("a")) == {AGENT, "b"}


def test_removing_a_leg_leaves_the_others_talking() -> None:
    table = RouteTable(bridge("a", "b") | bridge("b", "c"))
    table.remove("a")
    assert table.pairs == bridge("b", "c")


def test_nobody_hears_itself() -> None:
    assert RouteTable({("a", "a")}).hearers("a") == ()
