import pytest

from biami_engine.calls.admission import Admission
from biami_engine.config import LimitsConfig
from biami_engine.errors import CallRefused


def test_calls_at_once_are_limited() -> None:
    admission = Admission(LimitsConfig(max_concurrent_calls=2))
    admission.admit(1, 0.0)
    with pytest.raises(CallRefused) as refused:
        admission.admit(2, 0.0)
    assert refused.value.code == "too_many_calls"


def test_a_minute_and_an_hour_have_their_own_limits() -> None:
    admission = Admission(LimitsConfig(calls_per_minute=2, calls_per_hour=3))
    admission.admit(0, 0.0)
    admission.admit(0, 1.0)
    with pytest.raises(CallRefused, match="calls_per_minute"):
        admission.admit(0, 59.0)
    admission.admit(0, 61.0)
    with pytest.raises(CallRefused, match="calls_per_hour"):
        admission.admit(0, 3599.0)
    admission.admit(0, 3600.0)


def test_a_refused_call_is_not_counted() -> None:
    admission = Admission(LimitsConfig(calls_per_minute=1))
    admission.admit(0, 0.0)
    for _ in range(5):
        with pytest.raises(CallRefused):
            admission.admit(0, 30.0)
    admission.admit(0, 60.0)
