"""What a person at the page can do, done by Chromium."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import replace

from playwright.async_api import Page, expect

from biami_engine.config import BackendConfig, ContextConfig
from biami_engine.transports.loopback import LoopbackTransport

from .conftest import INSECURE_NAME, PATIENCE_MS, PHONE, House, Wire, silence

Visit = Callable[..., Awaitable[House]]
Speech = Callable[[str], bytes]

SPEAKS_FIRST = {name: ContextConfig(name) for name in ("general", "sales")}


LOUD = re.compile(r"^-([0-9]|[123][0-9])\.")
"""Above -40 dB."""
A_SECOND = re.compile(r"^\d{4,}$")
"""At least 1000 ms."""


async def becomes(page: Page, name: str, value: str | re.Pattern[str]) -> None:
    """Wait until the voice card's data has this value."""
    await expect(page.locator("#voice")).to_have_attribute(f"data-{name}", value, timeout=PATIENCE_MS)


async def talk(page: Page) -> None:
    await page.get_by_role("button", name="Start talking").click()
    await becomes(page, "state", "live")


async def test_a_conversation(visit: Visit, speech: Speech) -> None:
    house = await visit(silence(1) + speech("Is anybody at home?") + silence(20))
    page, wire = await house.open()
    await talk(page)
    await becomes(page, "agent-db", LOUD)
    await becomes(page, "played-ms", A_SECOND)
    await page.get_by_role("button", name="Hang up").first.click()
    await expect(page.locator("#voicestate")).to_have_text("Ended: caller hangup")
    (record,) = await house.engine.list_calls()
    assert (record.line, record.context) == ("web", "general")
    item_ms = sent_ms(wire)
    for item, ms in played_ms(wire).items():
        assert ms <= item_ms[item] + 1, "no more was played than was sent"


async def test_speaking_into_the_answer_interrupts_it(visit: Visit, speech: Speech) -> None:
    first = speech("Please tell me everything that you know about the weather of the last five years.")
    house = await visit(silence(1) + first + silence(1.6) + speech("Stop, stop, stop that please.") + silence(20))
    page, wire = await house.open()
    await talk(page)
    await becomes(page, "cleared-epoch", "0")
    await becomes(page, "epoch", "1")
    interrupted = after_clear(wire)
    assert interrupted["heard_ms"] < interrupted["sent_ms"]
    assert interrupted["stale"] == []


async def test_the_transcript_grows_while_the_agent_speaks(visit: Visit, speech: Speech) -> None:
    house = await visit(silence(9) + speech("I have a question.") + silence(20), echo=BackendConfig("echo", "scripted"))
    await house.engine.reload(replace(house.engine.config, contexts=SPEAKS_FIRST))
    page, _ = await house.open()
    await page.get_by_label("The agent is").first.select_option("sales")
    await talk(page)
    transcript = page.locator("#voicetranscript")
    await expect(transcript.locator(".line.agent").first).to_contain_text("Hello, this is Biami Voice")
    await expect(transcript.locator(".line.agent").nth(1)).to_contain_text(
        "Thank you, I heard you", timeout=PATIENCE_MS
    )
    await becomes(page, "agent-db", LOUD)
    (record,) = await house.engine.list_calls()
    assert record.context == "sales"
    await expect(page.locator(f"[data-call={record.id}] .party")).to_have_text("Browser")


async def test_a_muted_or_quiet_microphone_sends_silence_and_keys_are_heard(visit: Visit, speech: Speech) -> None:
    house = await visit(speech("One, two, three, four, five, six, seven, eight, nine, ten, eleven, twelve.") * 4)
    keys: list[str] = []
    house.engine.subscribe(lambda event: keys.append(event.data["digit"]) if event.type == "dtmf" else None)
    page, wire = await house.open()
    threshold = page.get_by_label("Microphone")
    await threshold.fill("-10")
    await talk(page)
    await page.locator("#miclevel:not(.open)").wait_for()
    await page.get_by_text("Keypad").click()
    await page.get_by_role("button", name="5", exact=True).click()
    await page.get_by_role("button", name="Mute").click()
    await threshold.fill("-80")
    await page.get_by_role("button", name="#", exact=True).click()
    await page.get_by_role("button", name="Unmute").wait_for()
    quiet = [frame for frame in microphone(wire) if not frame.strip(b"\0")]
    assert len(quiet) > 0.8 * len(
        microphone(wire)
    )  # the browser's own gain control may lift a vowel over the threshold
    before = len(wire.frames)
    while len(microphone(wire, before)) < 25:
        await page.wait_for_timeout(50)
    assert {bytes(frame).strip(b"\0") for frame in microphone(wire, before)} == {b""}
    before = len(wire.frames)
    await page.get_by_role("button", name="Unmute").click()
    await page.locator("#miclevel.open").wait_for()
    await page.get_by_role("button", name="Hang up").first.click()
    await becomes(page, "state", "ended")
    assert any(bytes(frame).strip(b"\0") for frame in microphone(wire, before))
    assert keys == ["5", "#"]


def microphone(wire: Wire, since: int = 0) -> list[bytes]:
    return [frame for direction, frame in wire.frames[since:] if direction == "sent" and isinstance(frame, bytes)]


async def test_a_phone_is_called_watched_and_hung_up(visit: Visit) -> None:
    house = await visit()
    phones = house.engine.transports["phone"]
    assert isinstance(phones, LoopbackTransport)
    phones.on_dialled = lambda phone, request: phone.pick_up()
    page, _ = await house.open(PHONE)
    await page.get_by_label("Number").fill("555 555 1234")
    await page.get_by_role("button", name="Call", exact=True).click()
    call = page.locator(".call")
    await expect(call.locator(".party")).to_have_text("To +15555551234")
    await expect(call.locator(".status")).to_have_text("in-progress")
    await call.get_by_role("button", name="Hang up").click()
    await expect(call.locator(".status")).to_have_text("completed")
    await expect(call.get_by_role("button", name="Hang up")).to_be_hidden()
    await page.get_by_label("Number").fill("12")
    await page.get_by_role("button", name="Call", exact=True).click()
    await expect(page.locator("#dialerror")).to_contain_text("wrong number of digits")
    assert await page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]


async def test_a_guarded_page_asks_for_the_token_and_talks_with_a_ticket(visit: Visit) -> None:
    house = await visit(api_token="open-sesame-7")
    page, _ = await house.open()
    await page.get_by_label("API token").fill("wrong")
    await page.get_by_role("button", name="Unlock").click()
    await expect(page.locator("#loginerror")).to_have_text("That is not the token.")
    await page.get_by_label("API token").fill("open-sesame-7")
    await page.get_by_role("button", name="Unlock").click()
    await expect(page.locator("#connection")).to_have_text("Connected")
    await talk(page)
    await page.get_by_role("button", name="Hang up").first.click()
    await becomes(page, "state", "ended")


async def test_a_page_that_is_not_secure_says_what_to_do(visit: Visit) -> None:
    house = await visit(api_token="open-sesame-7")
    page, _ = await house.open(url=house.url.replace("127.0.0.1", INSECURE_NAME))
    await page.get_by_label("API token").fill("open-sesame-7")
    await page.get_by_role("button", name="Unlock").click()
    await page.get_by_role("button", name="Start talking").click()
    await expect(page.locator("#voiceerror")).to_contain_text("Open this page through https://")
    await becomes(page, "state", "ended")


async def test_a_server_that_comes_back_is_found_again(visit: Visit) -> None:
    house = await visit()
    page, _ = await house.open()
    await expect(page.locator("#connection")).to_have_text("Connected")
    await page.context.set_offline(True)
    await house.drop_watchers()
    await expect(page.locator("#connection")).to_have_text("Reconnecting")
    await page.context.set_offline(False)
    await expect(page.locator("#connection")).to_have_text("Connected", timeout=PATIENCE_MS)


def after_clear(wire: Wire) -> dict[str, object]:
    """The interrupted item: sent and heard at the end, and what of it came or was played after the clear."""
    stale: list[object] = []
    current, cleared = "", False
    last_item = ""
    for direction, frame in list(wire.frames):
        if direction != "received":
            continue
        if isinstance(frame, bytes):
            if cleared and current == last_item:
                stale.append(len(frame))
            continue
        message = json.loads(frame)
        if message["type"] == "item":
            current = message["item_id"]
        if message["type"] == "clear" and not cleared:
            cleared, last_item, current = True, current, ""
        if message["type"] == "item" and cleared and message["epoch"] == 0:
            stale.append(message)
    sent = [json.loads(frame) for direction, frame in wire.frames if direction == "sent" and isinstance(frame, str)]
    answered = next(index for index, message in enumerate(sent) if message["type"] == "cleared")
    stale += [message for message in sent[answered:] if message.get("item_id") == last_item]
    return {"stale": stale, "sent_ms": sent_ms(wire)[last_item], "heard_ms": played_ms(wire)[last_item]}


def sent_ms(wire: Wire) -> dict[str, float]:
    """Sound the page received, by item."""
    items: dict[str, float] = {}
    current = ""
    for direction, frame in wire.frames:
        if direction != "received":
            continue
        if isinstance(frame, bytes):
            items[current] = items.get(current, 0.0) + len(frame) / 48
        elif (message := json.loads(frame))["type"] == "item":
            current = message["item_id"]
    return items


def played_ms(wire: Wire) -> dict[str, float]:
    """What the page reported as played, by item."""
    reports = [json.loads(frame) for direction, frame in wire.frames if direction == "sent" and isinstance(frame, str)]
    return {report["item_id"]: report["ms"] for report in reports if report["type"] == "played"}
