import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from biami_engine.config import ServerConfig
from biami_engine.web.auth import TICKET_SECONDS, Tickets, is_loopback, require_access
from biami_engine.web.errors import ApiError

TOKEN = "correct-horse-battery"
LOCAL = ServerConfig()
GUARDED = ServerConfig(host="0.0.0.0", api_token=TOKEN)


class Asked:
    """A request as the guard sees it, from `peer`."""

    def __init__(self, peer: str = "127.0.0.1", path: str = "/api/calls", **headers: str) -> None:
        named = {name.replace("_", "-"): value for name, value in {"Host": "127.0.0.1:8080", **headers}.items()}
        self.request: web.Request = make_mocked_request("GET", path, headers=named).clone(remote=peer)

    def status(self, server: ServerConfig, tickets: Tickets | None = None, now: float = 0.0) -> int:
        try:
            require_access(self.request, server, tickets or Tickets(), now)
        except ApiError as error:
            return error.status
        return 200


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        (Asked(Authorization=f"Bearer {TOKEN}"), 200),
        (Asked("9.9.9.9", Authorization=f"bearer  {TOKEN} ", Host="voice.example.org"), 200),
        (Asked(Authorization="Bearer wrong"), 401),
        (Asked(Authorization=f"Basic {TOKEN}"), 401),
        (Asked(Authorization=f"Bearer {TOKEN}x"), 401),
        (Asked(Authorization="Bearer ü"), 401),
        (Asked(), 401),
        (Asked(path=f"/api/calls?token={TOKEN}"), 401),
    ],
)
def test_with_a_token_only_the_token_opens(asked: Asked, status: int) -> None:
    assert asked.status(GUARDED) == status


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        (Asked(), 200),
        (Asked(Host="localhost:8080"), 200),
        (Asked("::1", Host="[::1]:8080"), 200),
        (Asked(Origin="http://127.0.0.1:8080"), 200),
        (Asked("192.168.1.5"), 401),
        (Asked(X_Forwarded_For="9.9.9.9"), 401),
        (Asked(Host="evil.example"), 403),
        (Asked(Host="127.0.0.1.evil.example"), 403),
        (Asked(Origin="https://evil.example"), 403),
        (Asked(Origin="null"), 403),
        (Asked(Origin="http://127.0.0.1:9999"), 403),
    ],
)
def test_without_a_token_only_this_machine_is_served(asked: Asked, status: int) -> None:
    assert asked.status(LOCAL) == status


def test_a_server_open_to_the_network_needs_a_token() -> None:
    assert Asked().status(ServerConfig(host="0.0.0.0")) == 401


def test_a_named_origin_may_use_a_loopback_server() -> None:
    server = ServerConfig(cors_origins=("https://panel.example",))
    assert Asked(Origin="https://panel.example").status(server) == 200


def test_a_ticket_opens_one_websocket_within_its_time() -> None:
    tickets = Tickets()
    ticket = tickets.issue(0.0)
    knock = Asked("9.9.9.9", f"/api/voice?ticket={ticket}", Upgrade="websocket")
    assert Asked("9.9.9.9", f"/api/calls?ticket={ticket}").status(GUARDED, tickets) == 401, "for WebSockets only"
    assert knock.status(GUARDED, tickets) == 200
    assert knock.status(GUARDED, tickets) == 401, "used"
    late = Asked("9.9.9.9", f"/api/voice?ticket={tickets.issue(0.0)}", Upgrade="websocket")
    assert late.status(GUARDED, tickets, TICKET_SECONDS) == 401


def test_tickets_have_a_bound() -> None:
    tickets = Tickets()
    first = tickets.issue(0.0)
    for _ in range(300):
        tickets.issue(0.0)
    assert not tickets.redeem(first, 1.0)


@pytest.mark.parametrize("name", ["127.0.0.1", "127.8.8.8", "::1", "localhost", "biami.localhost"])
def test_loopback_names(name: str) -> None:
    assert is_loopback(name)


@pytest.mark.parametrize("name", ["0.0.0.0", "192.168.0.1", "", "localhost.example", "::"])
def test_other_names(name: str) -> None:
    assert not is_loopback(name)
