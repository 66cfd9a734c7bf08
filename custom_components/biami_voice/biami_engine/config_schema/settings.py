"""The settings: a plain dict, from YAML or from Home Assistant's forms, becomes an `EngineConfig`.

Defaults live in the dataclasses alone. Unknown keys are errors. Everything wrong is reported at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import voluptuous as vol

from ..config import (
    AnsweringConfig,
    BackendConfig,
    BrowserLine,
    CallLogConfig,
    ContactConfig,
    ContextConfig,
    EngineConfig,
    FailoverConfig,
    IdleConfig,
    LabConfig,
    LimitsConfig,
    LineConfig,
    LoopbackLine,
    PolicyConfig,
    ServerConfig,
    TurnConfig,
    TwilioLine,
    WyomingConfig,
)
from ..errors import ConfigError, ConfigErrors
from . import values as v
from .backends import BACKEND_OPTIONS
from .checks import all_carriers_are_here, cross_check, with_test_mode
from .dialogue import dialogue
from .sections import Section, made, named, typed
from .tools import TOOLS

LINES: dict[str, tuple[type[LineConfig], Section]] = {
    "twilio": (
        TwilioLine,
        Section(
            {"account_sid": v.account_sid, "auth_token": v.secret, "number": v.phone_number},
            context=v.name,
            region=v.country,
            api_url=v.api_url,
            answer_calls=v.flag,
            validate_signatures=v.flag,
        ),
    ),
    "browser": (BrowserLine, Section(context=v.name)),
    "loopback": (LoopbackLine, Section(context=v.name)),
}
"""By transport; a line is added with one entry here, its dataclass and its file in `transports/`."""


def _line(name: str, value: Any) -> LineConfig:
    transport, rest = typed("transport", LINES, value)
    make, section = LINES[transport]
    return make(name=name, **section(rest))


def _backend(name: str, value: Any) -> BackendConfig:
    kind, rest = typed("type", BACKEND_OPTIONS, value)
    return BackendConfig(name=name, type=kind, options=BACKEND_OPTIONS[kind](rest))


SERVER = Section(
    host=v.text,
    port=v.whole(0, 65535),
    public_url=v.public_url,
    api_token=v.secret,
    cors_origins=v.listed(v.origin),
    trusted_proxies=v.listed(v.text),
    drain_seconds=v.number(0, 3600),
    zeroconf=v.auto_flag,
)
TURNS = Section(
    interruptions=v.flag,
    confirm_ms=v.whole(0, 5000),
    judge_up_to_ms=v.whole(0, 5000),
    protect_ms=v.whole(0, 5000),
    protect_first_sentence=v.flag,
    speakerphone=v.flag,
)
FAILOVER = Section(reconnects=v.whole(0, 10), backends=v.listed(v.name), transfer=v.text, words=v.optional_text)
ANSWERING = Section(
    detect=v.flag,
    carrier=v.flag,
    on_voicemail=v.choice("hang_up", "leave_message", "retry"),
    message=v.text,
)
IDLE = Section(
    after_seconds=v.number(1, 600),
    prompts=v.listed(v.text),
    goodbye=v.optional_text,
    absolute_silence_seconds=v.number(5, 3600),
)
CONTEXT = Section(
    prompt=v.text,
    language=v.text,
    voice=v.text,
    backend=v.name,
    opening=v.choice("say_first", "wait_for_caller", "listen_then_speak"),
    first_sentence=v.optional_text,
    tools=v.listed(v.name),
    turns=made(TurnConfig, TURNS),
    idle=made(IdleConfig, IDLE),
    failover=made(FailoverConfig, FAILOVER),
    answering=made(AnsweringConfig, ANSWERING),
    max_call_seconds=v.whole(10, 14_400),
    response_timeout_seconds=v.number(1, 120),
    time_up=v.text,
    apology=v.optional_text,
    variables=v.texts_by_name,
    transfer_to=v.listed(v.text),
    preambles=v.texts_by_name,
    dialogue=dialogue,
)
CONTACT = Section({"number": v.phone_number}, context=v.name)
LIMITS = Section(
    max_call_seconds=v.whole(10, 14_400),
    max_concurrent_calls=v.whole(1, 1000),
    calls_per_minute=v.whole(1, 10_000),
    calls_per_hour=v.whole(1, 100_000),
    requests_per_minute=v.whole(1, 1_000_000),
)
POLICY = Section(allowed_countries=v.listed(v.country), default_region=v.country)
CALL_LOG = Section(url=v.text)
LAB = Section(carrier_port=v.whole(0, 65535), subscribers=v.text)
WYOMING = Section(port=v.whole(0, 65535), host=v.text, zeroconf=v.auto_flag)
ENGINE = Section(
    server=made(ServerConfig, SERVER),
    lines=named(_line),
    backends=named(_backend),
    default_backend=v.name,
    spare_backends=v.listed(v.name),
    contexts=named(lambda name, value: ContextConfig(name=name, **CONTEXT(value))),
    contacts=named(lambda name, value: ContactConfig(name=name, **CONTACT(value)), key=v.text),
    limits=made(LimitsConfig, LIMITS),
    policy=made(PolicyConfig, POLICY),
    tools=TOOLS,
    call_log=made(CallLogConfig, CALL_LOG),
    lab=made(LabConfig, LAB),
    wyoming=made(WyomingConfig, WYOMING),
    variables=v.texts_by_name,
    time_zone=v.time_zone,
    test_mode=v.flag,
)


def parse_config(data: Mapping[str, Any], config_dir: str = ".") -> EngineConfig:
    """Check `data` and everything that must fit together; raises `ConfigErrors` with all that is wrong.

    Relative files, that of the call log included, lie beside the configuration, in `config_dir`.
    """
    try:
        config = EngineConfig(**ENGINE(data), config_dir=config_dir)
    except vol.Invalid as error:
        raise ConfigErrors([_config_error(single) for single in v.single_errors(error)]) from None
    config = with_test_mode(_with_defaults(config))
    errors = cross_check(config)
    if errors:
        raise ConfigErrors(errors)
    return config


def _config_error(error: vol.Invalid) -> ConfigError:
    return ConfigError(error.error_message, path=".".join(str(step) for step in error.path))


def _with_defaults(config: EngineConfig) -> EngineConfig:
    default = config.default_backend
    if not default and len(config.backends) == 1:
        default = next(iter(config.backends))
    url = config.call_log.url
    if url.startswith("sqlite:///") and not url.startswith(("sqlite:////", "sqlite:///:")):
        url = f"sqlite:///{Path(config.config_dir, url.removeprefix('sqlite:///')).resolve()}"
    server = config.server
    if not server.public_url and server.port and all_carriers_are_here(config):
        server = replace(server, public_url=f"http://127.0.0.1:{server.port}")
    contexts = {name: _with_spares(context, config.spare_backends) for name, context in config.contexts.items()}
    log = replace(config.call_log, url=url)
    return replace(config, default_backend=default, call_log=log, server=server, contexts=contexts)


def _with_spares(context: ContextConfig, spares: tuple[str, ...]) -> ContextConfig:
    if context.failover.backends or not spares:
        return context
    return replace(context, failover=replace(context.failover, backends=spares))
