"""The REST API: what it takes, what it refuses, and the life of the calls it makes."""

from __future__ import annotations

import asyncio
import re

import pytest
from aiohttp import ClientSession

from biami_engine.calls.clock import SystemClock
from biami_engine.lab.carrier import CarrierRules, LabCarrier, PhoneLine

from .conftest import CALLER, HOUSE, Api, Customer, Talker, basic

HELLO = "<Response><Say>Hello.</Say></Response>"
WAIT = '<Response><Pause length="600"/></Response>'
CALL_KEYS = set(
    re.findall(
        r"\w+",
        """sid date_created date_updated parent_call_sid account_sid to to_formatted from from_formatted
        phone_number_sid status start_time end_time duration price price_unit direction answered_by api_version
        forwarded_from group_sid caller_name queue_time trunk_sid uri subresource_uris""",
    )
)


class Busy:
    async def attend(self, line: PhoneLine) -> None:
        line.busy()


class Unreachable:
    async def attend(self, line: PhoneLine) -> None:
        line.fail()


async def place(api: Api, customer: Customer, **more: str) -> tuple[int, dict[str, object]]:
    form = [("To", CALLER), ("From", HOUSE), ("StatusCallback", customer.url + "/status")]
    form += [("StatusCallbackEvent", event) for event in ("initiated", "ringing", "answered", "completed")]
    form = [pair for pair in form if pair[0] not in more] + list(more.items())
    return await api.post("/Calls.json", [pair for pair in form if pair[1]])


async def ended(carrier: LabCarrier, sid: object) -> None:
    await asyncio.wait_for(carrier.calls[str(sid)].gone.wait(), 10)
    await asyncio.wait_for(carrier.webhooks.settled(str(sid)), 10)


async def test_an_answered_call_and_its_callbacks(carrier: LabCarrier, customer: Customer, api: Api) -> None:
    carrier.phones[CALLER] = Talker()
    status, created = await place(api, customer, Twiml=HELLO, TimeLimit="60")
    assert status == 201
    assert created.keys() == CALL_KEYS
    assert created["status"] == "queued"
    assert created["direction"] == "outbound-api"
    await ended(carrier, created["sid"])
    assert customer.statuses() == ["initiated", "ringing", "in-progress", "completed"]
    forms = [form for path, form, _ in customer.posts if path == "/status"]
    assert [form["SequenceNumber"] for form in forms] == ["0", "1", "2", "3"]
    assert {"CallDuration", "Duration"} <= forms[-1].keys()
    assert not {"CallDuration", "Duration"} & forms[0].keys()
    _, call = await api.get(f"/Calls/{created['sid']}.json")
    assert call["status"] == "completed"
    assert call["duration"] == forms[-1]["CallDuration"]


@pytest.mark.parametrize(
    ("phone", "status"), [(Busy(), "busy"), (Unreachable(), "failed"), (None, "no-answer")], ids=str
)
async def test_calls_nobody_takes(
    carrier: LabCarrier, customer: Customer, api: Api, phone: Busy | None, status: str
) -> None:
    if phone is not None:
        carrier.phones[CALLER] = phone
    _, created = await place(api, customer, Twiml=HELLO, Timeout="5")
    await ended(carrier, created["sid"])
    assert customer.statuses() == ["initiated", "ringing", status]
    assert carrier.calls[str(created["sid"])].duration_seconds is None


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ({"To": ""}, 21201),
        ({"From": ""}, 21213),
        ({"To": "5555551234"}, 21211),
        ({"To": "+1abc"}, 21211),
        ({"From": "nobody"}, 21212),
        ({"From": "+15005550009"}, 21210),
        ({"To": "+15005550001"}, 21217),
        ({"To": "+15005550003"}, 21215),
        ({"Twiml": ""}, 21205),
        ({"Url": "voice"}, 21205),
        ({"Twiml": "<Response>" + " " * 4000 + "</Response>"}, 20001),
        ({"StatusCallback": "status"}, 21209),
        ({"StatusCallbackEvent": "answer"}, 20001),
        ({"SendDigits": "12x"}, 20001),
        ({"Timeout": "601"}, 20001),
        ({"Time_Limit": "60"}, 20001),
    ],
)
async def test_what_is_refused(
    carrier: LabCarrier, customer: Customer, api: Api, form: dict[str, str], code: int
) -> None:
    status, error = await place(api, customer, **({"Twiml": HELLO} | form))
    assert (status, error["code"], error["status"]) == (400, code, 400)
    assert error.keys() == {"code", "message", "more_info", "status"}
    assert carrier.calls == {}


@pytest.mark.parametrize("token", ["wrong", ""])
async def test_only_the_account_gets_in(carrier: LabCarrier, token: str) -> None:
    url = f"{carrier.url}/2010-04-01/Accounts/{carrier.account_sid}/Calls.json"
    headers = {"Authorization": basic(carrier.account_sid, token)} if token else {}
    async with ClientSession(headers=headers) as session, session.get(url) as response:
        assert response.status == 401
        assert (await response.json())["code"] == 20003


async def test_unknown_calls_paths_and_accounts(api: Api, carrier: LabCarrier) -> None:
    assert (await api.get("/Calls/CA00.json"))[1]["code"] == 20404
    assert (await api.get("/Messages.json"))[1]["code"] == 20404
    api.base = carrier.url + "/2010-04-01/Accounts/AC00"
    assert (await api.get("/Calls.json"))[1]["code"] == 20003


async def test_hang_up_words_depend_on_the_state(carrier: LabCarrier, customer: Customer, api: Api) -> None:
    _, ringing = await place(api, customer, Twiml=WAIT)
    path = f"/Calls/{ringing['sid']}.json"
    assert (await api.post(path, Status="completed"))[1]["code"] == 21220
    assert (await api.post(path, Twiml=HELLO))[1]["code"] == 21220
    assert (await api.post(path, Status="canceled"))[1]["status"] == "canceled"
    assert (await api.post(path, Status="canceled"))[1]["code"] == 21220

    carrier.phones[CALLER] = Talker()
    _, talking = await place(api, customer, Twiml=WAIT)
    await customer.until(lambda: "in-progress" in customer.statuses())
    path = f"/Calls/{talking['sid']}.json"
    assert (await api.post(path, Status="canceled"))[1]["code"] == 21220
    assert (await api.post(path, Status="busy"))[1]["code"] == 20001
    assert (await api.post(path, Status="completed"))[1]["status"] == "completed"


async def test_time_limit_ends_a_call(carrier: LabCarrier, customer: Customer, api: Api) -> None:
    carrier.phones[CALLER] = Talker()
    _, created = await place(api, customer, Twiml=WAIT, TimeLimit="4")
    await ended(carrier, created["sid"])
    assert int(customer.posts[-1][1]["CallDuration"]) >= 4


async def test_update_stops_the_stream_and_runs_the_new_twiml(
    carrier: LabCarrier, customer: Customer, api: Api
) -> None:
    carrier.phones[CALLER] = phone = Talker()
    _, created = await place(api, customer, Twiml=customer.connect())
    await customer.until(lambda: len(customer.events("media")) > 5)
    twiml = customer.connect().replace("<Response>", '<Response><Play digits="1w2"/>')
    assert (await api.post(f"/Calls/{created['sid']}.json", Twiml=twiml))[0] == 200
    await customer.until(lambda: len(customer.events("start")) == 2)
    kinds = [message["event"] for message in customer.heard if message["event"] != "media"]
    assert kinds == ["connected", "start", "stop", "closed", "connected", "start"]
    sids = {message["streamSid"] for message in customer.events("start")}
    assert len(sids) == 2
    assert phone.line is not None
    assert phone.line.ear.keys == "12"
    assert carrier.calls[str(created["sid"])].status == "in-progress"


async def test_more_than_one_call_a_second_waits(customer: Customer) -> None:
    carrier = LabCarrier(SystemClock(speed=20), rules=CarrierRules(calls_per_second=1))
    await carrier.start()
    carrier.add_number(HOUSE)
    credentials = basic(carrier.account_sid, carrier.auth_token)
    async with ClientSession(headers={"Authorization": credentials}) as session:
        api = Api(session, f"{carrier.url}/2010-04-01/Accounts/{carrier.account_sid}")
        sids = [(await place(api, customer, Twiml=HELLO, Timeout="1"))[1]["sid"] for _ in range(4)]
        for sid in sids:
            await ended(carrier, sid)
    calls = [carrier.calls[str(sid)] for sid in sids]
    first = calls[0].history[0][0]
    assert all(call.event_times("initiated")[0] - first >= turn for turn, call in enumerate(calls))
    assert calls[-1].queue_ms > calls[0].queue_ms
    await carrier.stop()


async def test_lists_filter_and_page(carrier: LabCarrier, customer: Customer, api: Api) -> None:
    carrier.default_phone = Busy()
    for number in ("+14155550101", "+14155550102", "+14155550102"):
        _, created = await place(api, customer, Twiml=HELLO, To=number)
        await ended(carrier, created["sid"])
    _, everything = await api.get("/Calls.json")
    assert [call["to"][-1] for call in everything["calls"]] == ["2", "2", "1"]
    assert len((await api.get("/Calls.json", To="+14155550102"))[1]["calls"]) == 2
    assert (await api.get("/Calls.json", Status="in-progress"))[1]["calls"] == []
    _, first = await api.get("/Calls.json", PageSize="2", Status="busy")
    assert len(first["calls"]) == 2
    api.base = carrier.url
    _, second = await api.get(first["next_page_uri"])
    assert len(second["calls"]) == 1
    assert second["next_page_uri"] is None


async def test_ended_calls_can_be_deleted_running_ones_not(carrier: LabCarrier, customer: Customer, api: Api) -> None:
    _, created = await place(api, customer, Twiml=HELLO)
    path = f"/Calls/{created['sid']}.json"
    assert await api.delete(path) == 400
    await api.post(path, Status="canceled")
    assert await api.delete(path) == 204
    assert (await api.get(path))[0] == 404


async def test_numbers_are_listed_and_pointed_elsewhere(carrier: LabCarrier, customer: Customer, api: Api) -> None:
    _, listed = await api.get("/IncomingPhoneNumbers.json", PhoneNumber=HOUSE)
    number = listed["incoming_phone_numbers"][0]
    assert number["voice_url"] == customer.url + "/voice"
    path = f"/IncomingPhoneNumbers/{number['sid']}.json"
    _, changed = await api.post(path, VoiceUrl=customer.url + "/elsewhere", VoiceMethod="POST")
    assert changed["voice_url"].endswith("/elsewhere")
    await carrier.call(CALLER, HOUSE, Talker())
    await customer.until(lambda: any(where == "/elsewhere" for where, _, _ in customer.posts))
    assert (await api.post(path, VoiceUri="x"))[0] == 400
    assert (await api.get("/IncomingPhoneNumbers/PN00.json"))[0] == 404


async def test_balance(api: Api) -> None:
    assert (await api.get("/Balance.json"))[1]["currency"] == "USD"


@pytest.mark.parametrize(
    ("mode", "verdicts", "expected"),
    [
        ("Enable", ["human"], "human"),
        ("Enable", ["machine_start", "machine_end_beep"], "machine_start"),
        ("DetectMessageEnd", ["machine_start", "machine_end_beep"], "machine_end_beep"),
        ("Enable", [], "unknown"),
    ],
)
async def test_answering_machine_detection(
    carrier: LabCarrier, customer: Customer, api: Api, mode: str, verdicts: list[str], expected: str
) -> None:
    class Machine:
        async def attend(self, line: PhoneLine) -> None:
            line.answer()
            for verdict in verdicts:
                line.detected(verdict)

    carrier.phones[CALLER] = Machine()
    amd = {"MachineDetection": mode, "AsyncAmd": "true", "AsyncAmdStatusCallback": customer.url + "/amd"}
    await place(api, customer, Twiml=WAIT, MachineDetectionTimeout="3", **amd)
    await customer.until(lambda: any(path == "/amd" for path, _, _ in customer.posts))
    form = next(form for path, form, _ in customer.posts if path == "/amd")
    assert form["AnsweredBy"] == expected
    assert form.keys() == {"CallSid", "AccountSid", "AnsweredBy", "MachineDetectionDuration"}
