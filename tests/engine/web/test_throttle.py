import pytest

from biami_engine.web.throttle import Throttle, client_address


def test_a_minutes_requests_may_come_at_once_and_then_evenly() -> None:
    throttle = Throttle()
    assert [throttle.seconds_to_wait("a", 60, 100.0) for _ in range(60)] == [0.0] * 60
    assert throttle.seconds_to_wait("a", 60, 100.0) == pytest.approx(1.0)
    assert throttle.seconds_to_wait("a", 60, 100.5) == pytest.approx(0.5)
    assert throttle.seconds_to_wait("a", 60, 101.0) == 0.0


def test_clients_do_not_pay_for_each_other() -> None:
    throttle = Throttle()
    assert throttle.seconds_to_wait("a", 1, 0.0) == 0.0
    assert throttle.seconds_to_wait("a", 1, 0.0) > 0
    assert throttle.seconds_to_wait("b", 1, 0.0) == 0.0


def test_the_table_forgets_who_was_seen_longest_ago() -> None:
    throttle = Throttle(max_clients=2)
    for client in ("a", "b", "a", "c"):
        throttle.seconds_to_wait(client, 2, 0.0)
    assert throttle.seconds_to_wait("a", 2, 0.0) > 0, "a was kept, its bucket is empty"
    assert throttle.seconds_to_wait("b", 2, 0.0) == 0.0, "b was forgotten"


@pytest.mark.parametrize(
    ("peer", "forwarded", "trusted", "client"),
    [
        ("1.2.3.4", "", (), "1.2.3.4"),
        ("1.2.3.4", "9.9.9.9", (), "1.2.3.4"),
        ("10.0.0.1", "9.9.9.9", ("10.0.0.0/8",), "9.9.9.9"),
        ("10.0.0.1", "6.6.6.6, 9.9.9.9, 10.0.0.2", ("10.0.0.0/8",), "9.9.9.9"),
        ("10.0.0.1", "", ("10.0.0.0/8",), "10.0.0.1"),
        ("::1", "9.9.9.9", ("::1",), "9.9.9.9"),
        (None, "9.9.9.9", ("10.0.0.0/8",), "unknown"),
    ],
)
def test_only_trusted_proxies_say_who_asks(
    peer: str | None, forwarded: str, trusted: tuple[str, ...], client: str
) -> None:
    assert client_address(peer, forwarded, trusted) == client
