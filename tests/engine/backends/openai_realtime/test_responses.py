from biami_engine.backends.openai_realtime.responses import MAX_WAITING, ResponseQueue


def test_one_response_at_a_time() -> None:
    queue = ResponseQueue()
    assert queue.ask("a") == ("a",)
    assert queue.ask("b") is None
    queue.created()
    assert queue.ask("c") is None
    assert queue.done() == ("b",)
    queue.created()
    assert queue.done() == ("c",)
    queue.created()
    assert queue.done() is None
    assert queue.idle


def test_plain_requests_that_wait_are_one() -> None:
    queue = ResponseQueue()
    queue.ask(None)
    queue.ask(None)
    queue.ask(None)
    queue.created()
    assert queue.done() == (None,)
    queue.created()
    assert queue.done() is None


def test_a_response_of_the_server_itself_is_waited_for() -> None:
    queue = ResponseQueue()
    queue.created()
    assert queue.ask("after") is None
    assert queue.done() == ("after",)


def test_when_the_server_was_faster_the_request_is_repeated_after_its_response() -> None:
    queue = ResponseQueue()
    assert queue.ask("mine") == ("mine",)
    queue.refused()
    assert queue.done() == ("mine",)


def test_a_response_of_the_servers_own_may_come_first() -> None:
    queue = ResponseQueue()
    assert queue.ask("mine") == ("mine",)
    queue.created()
    queue.refused()
    assert queue.done() == ("mine",)
    queue.created()
    assert queue.done() is None


def test_a_cancel_before_created_is_kept() -> None:
    queue = ResponseQueue()
    queue.ask("a")
    assert queue.cancel() is False
    assert queue.created() is True
    assert queue.done() is None
    assert queue.created() is False


def test_a_cancel_drops_what_waits() -> None:
    queue = ResponseQueue()
    queue.ask("a")
    queue.created()
    queue.ask("b")
    assert queue.cancel() is True
    assert queue.done() is None


def test_nothing_to_cancel_is_not_sent() -> None:
    assert ResponseQueue().cancel() is False


def test_what_waits_is_bounded() -> None:
    queue = ResponseQueue()
    queue.ask("first")
    for number in range(MAX_WAITING + 3):
        queue.ask(str(number))
    queue.created()
    assert queue.done() == ("3",)
