"""A caller is passed on by `<Dial>`, and comes back where nobody answers."""

from __future__ import annotations

import pytest

from biami_engine.audio.frame import PCMU_8K, Audio
from biami_engine.core.events import Answered, RemoteHangup, StreamReplaced, TransferFailed
from biami_engine.errors import TransportError

ANNA = "+14155550177"


async def test_somebody_takes_the_call(house) -> None:
    anna = house.talker()
    house.carrier.phones[ANNA] = anna
    call, listener = await house.receive_call()
    listener.leg.answer()
    await listener.next(Answered)
    listener.leg.transfer(ANNA)
    await anna.rang.wait()
    assert anna.line.from_ == house.line.number
    await anna.line.answered.wait()
    call.line.hang_up()
    hangup = await listener.next(RemoteHangup)
    assert hangup.cause == "completed"
    assert listener.of(TransferFailed) == []
    await house.until_closed()


@pytest.mark.parametrize("how", ["busy", "fail"])
async def test_a_caller_whom_nobody_takes_comes_back(house, how: str) -> None:
    class Away:
        async def attend(self, line) -> None:
            getattr(line, how)()

    house.carrier.phones[ANNA] = Away()
    call, listener = await house.receive_call()
    listener.leg.answer()
    await listener.next(Answered)
    listener.leg.transfer(ANNA)
    failed = await listener.next(TransferFailed)
    assert failed.reason == {"busy": "busy", "fail": "failed"}[how]
    await listener.next(StreamReplaced)
    listener.leg.play("back", Audio(PCMU_8K, b"\x10" * 800))
    assert await call.line.until(lambda: bytes(call.line.ear.recording).count(b"\x10") >= 700, 10)
    call.line.hang_up()
    await listener.next(RemoteHangup)
    await house.until_closed()


async def test_a_call_that_rings_cannot_be_passed_on(house) -> None:
    _, listener = await house.receive_call()
    with pytest.raises(TransportError):
        listener.leg.transfer(ANNA)
