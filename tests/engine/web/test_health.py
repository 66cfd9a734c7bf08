from .conftest import Server


async def test_a_running_engine_is_alive_and_ready(server: Server) -> None:
    assert await server.ask("GET", "/live") == (200, {"live": True})
    assert await server.ask("GET", "/ready") == (200, {"ready": True})
    status, health = await server.ask("GET", "/health")
    assert (status, health["active_calls"], health["lines"]) == (200, 0, ["web", "phone"])


async def test_a_draining_engine_is_alive_and_not_ready(server: Server) -> None:
    server.engine.accepting = False
    assert await server.ask("GET", "/live") == (200, {"live": True})
    assert await server.ask("GET", "/ready") == (503, {"ready": False})
    assert (await server.ask("GET", "/health"))[1]["ready"] is False


async def test_a_dead_call_log_is_not_ready(server: Server) -> None:
    server.engine.store.available = False
    assert await server.ask("GET", "/ready") == (503, {"ready": False})
    server.engine.store.available = True
