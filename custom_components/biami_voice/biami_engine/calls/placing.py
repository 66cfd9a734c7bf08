"""From a request to a dial: which line, which context, which number; refused in one sentence where one does not fit."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from ..config import ContextConfig, EngineConfig, LineConfig, TwilioLine
from ..errors import CallRefused
from ..interface import CallRecord, CallRequest, CallStatus, Direction
from ..transports.port import DialRequest, Transport
from .numbers import normalise
from .prompt import render
from .variables import call_variables, own_context


@dataclass(frozen=True, slots=True)
class Placement:
    """Everything that is decided before the carrier hears of a call."""

    record: CallRecord
    dial: DialRequest
    context: ContextConfig
    instructions: str
    variables: Mapping[str, str]


def new_call_id() -> str:
    return f"call_{secrets.token_hex(10)}"


def context_named(config: EngineConfig, name: str) -> ContextConfig:
    context = config.contexts.get(name)
    if context is None:
        raise CallRefused("unknown_context", f"no context {name!r}; there are: {', '.join(config.contexts) or 'none'}")
    return context


def line_for(config: EngineConfig, transports: Mapping[str, Transport], name: str | None) -> LineConfig:
    """The named line, or the first one that can dial."""
    able = [line for line, transport in transports.items() if transport.capabilities.dials]
    if name is None and not able:
        raise CallRefused("no_line", "no line of the configuration can dial; add a telephone line")
    chosen = name if name is not None else able[0]
    if chosen not in config.lines:
        raise CallRefused("unknown_line", f"no line {chosen!r}; lines that can dial: {', '.join(able) or 'none'}")
    if chosen not in able:
        raise CallRefused("line_cannot_dial", f"the line {chosen!r} cannot place calls")
    return config.lines[chosen]


def own_number(config: EngineConfig, line: LineConfig, wanted: str | None) -> str:
    """The caller id: the line's own number unless another E.164 number is asked for."""
    if wanted is not None:
        return normalise(wanted, config.policy.default_region)
    return line.number if isinstance(line, TwilioLine) else line.name


def callee_number(config: EngineConfig, line: LineConfig, to: str) -> str:
    """A contact's number by its name, else the number as the line's region reads it."""
    contact = config.contacts.get(to)
    written = contact.number if contact is not None else to
    region = line.region if isinstance(line, TwilioLine) and line.region else config.policy.default_region
    return normalise(written, region)


def plan(config: EngineConfig, transports: Mapping[str, Transport], request: CallRequest, at: datetime) -> Placement:
    """Decide everything about a call, dialling nothing; raises `CallRefused`."""
    line = line_for(config, transports, request.line)
    to = callee_number(config, line, request.to)
    context = context_named(config, request.context or own_context(config, to) or line.context)
    from_ = own_number(config, line, request.from_)
    call_id = new_call_id()
    limit = context.max_call_seconds or config.limits.max_call_seconds
    record = CallRecord(
        call_id, Direction.OUTBOUND, line.name, context.name, CallStatus.QUEUED, from_, to, at, goal=request.goal
    )
    detect = context.answering.detect and context.answering.carrier
    dial = DialRequest(
        call_id, f"{call_id}-1", to, from_, limit, request.ring_seconds, request.send_digits, detect_machine=detect
    )
    variables = {**call_variables(config, context, record, at), **request.variables}
    context = replace(context, first_sentence=render(context.first_sentence, variables))
    return Placement(record, dial, context, render(context.prompt, variables), variables)
