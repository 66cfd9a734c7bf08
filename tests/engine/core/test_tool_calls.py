from biami_engine.core.tool_calls import ToolCalls


def test_each_call_is_answered_once() -> None:
    calls = ToolCalls()
    assert calls.request("c1", 1, "now", 0.0, 5.0)
    assert not calls.request("c1", 1, "now", 0.0, 5.0)
    assert calls.finish("c1") is not None
    assert calls.finish("c1") is None


def test_late_ones_expire_alone() -> None:
    calls = ToolCalls()
    calls.request("slow", 1, "x", 0.0, 5.0)
    calls.request("slower", 1, "x", 0.0, 9.0)
    assert calls.next_deadline == 5.0
    assert [tool.call_id for tool in calls.expired(5.0)] == ["slow"]
    assert calls.outstanding(1)
    assert not calls.outstanding(2)
    assert [tool.call_id for tool in calls.drain()] == ["slower"]
    assert calls.next_deadline is None
