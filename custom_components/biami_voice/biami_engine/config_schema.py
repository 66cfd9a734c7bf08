"""The schema: a plain dict, from YAML or from Home Assistant's forms, becomes an `EngineConfig`.

Defaults live in the dataclasses alone. Unknown keys are errors. Everything wrong is reported at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import voluptuous as vol

from . import config_values as v
from .config import (
    BackendConfig,
    BrowserLine,
    CallLogConfig,
    ContactConfig,
    ContextConfig,
    EngineConfig,
    IdleConfig,
    LabConfig,
    LimitsConfig,
    LineConfig,
    LoopbackLine,
    PolicyConfig,
    ServerConfig,
    TurnConfig,
    TwilioLine,
)
from .config_checks import all_carriers_are_here, cross_check, with_test_mode
from .errors import ConfigError, ConfigErrors


class Section:
    """A mapping with known keys; calling it gives the checked ones."""

    def __init__(self, required: Mapping[str, v.Check] | None = None, **optional: v.Check) -> None:
        self.required = dict(required or {})
        self.keys: dict[str, v.Check] = {**self.required, **optional}
        self._schema = vol.Schema(
            {vol.Optional(key): check for key, check in self.keys.items()}, extra=vol.REMOVE_EXTRA
        )

    def __call__(self, value: Any) -> dict[str, Any]:
        given = _mapping(value)
        errors = [
            vol.Invalid(f"is not a setting here{v.did_you_mean(key, self.keys)}: correct or remove it", path=[key])
            for key in given
            if key not in self.keys
        ]
        errors += [
            vol.Invalid(f'is missing: add "{key}:" here', path=[key]) for key in self.required if key not in given
        ]
        checked: dict[str, Any] = {}
        try:
            checked = self._schema(dict(given))
        except vol.Invalid as error:
            errors.append(error)
        v.raise_all(errors)
        return checked


def _mapping(value: Any) -> Mapping[Any, Any]:
    """A section with all its lines commented out is None in YAML."""
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise vol.Invalid(f"must be a section of `key: value` lines, not {v.shown(value)}")
    return value


def _made(make: Callable[..., Any], section: Section) -> v.Check:
    return lambda value: make(**section(value))


def _named(make: Callable[[str, Any], Any], key: v.Check = v.name) -> v.Check:
    """A mapping from names of the user's choice to sections."""

    def check(value: Any) -> dict[str, Any]:
        checked, errors = {}, []
        for name, entry in _mapping(value).items():
            try:
                checked[name] = make(key(name), entry)
            except vol.Invalid as error:
                error.prepend([name])
                errors.append(error)
        v.raise_all(errors)
        return checked

    return check


def _typed(key: str, known: Mapping[str, Any], value: Any) -> tuple[str, dict[Any, Any]]:
    """Split the word that says which kind of section this is from the rest."""
    rest = dict(_mapping(value))
    if key not in rest:
        raise vol.Invalid(f"is missing: one of {', '.join(known)}", path=[key])
    word = rest.pop(key)
    if word not in known:
        hint = v.did_you_mean(word, known)
        raise vol.Invalid(f"{v.shown(word)} is unknown: one of {', '.join(known)}{hint}", path=[key])
    return word, rest


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

BACKEND_OPTIONS: dict[str, Section] = {
    "echo": Section(delay_ms=v.whole(0, 10_000)),
    "openai_realtime": Section(
        {"api_key": v.secret},
        model=v.text,
        base_url=v.api_url,
        key_header=v.text,
        g711=v.flag,
        voice=v.text,
        transcription=v.text,
        turn_detection=v.choice("server_vad", "semantic_vad", "none"),
        silence_duration_ms=v.whole(100, 5000),
        eagerness=v.choice("auto", "low", "medium", "high"),
        noise_reduction=v.flag,
        reasoning_effort=v.choice("minimal", "low", "medium", "high", "xhigh"),
        max_output_tokens=v.whole(1, 4096),
        speed=v.number(0.25, 1.5),
    ),
    "scripted": Section(dialogue=v.text, voice=v.text),
}
"""By type: the options a backend understands beside its type."""


def _line(name: str, value: Any) -> LineConfig:
    transport, rest = _typed("transport", LINES, value)
    make, section = LINES[transport]
    return make(name=name, **section(rest))


def _backend(name: str, value: Any) -> BackendConfig:
    kind, rest = _typed("type", BACKEND_OPTIONS, value)
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
TURNS = Section(interruptions=v.flag, confirm_ms=v.whole(0, 5000), protect_first_sentence=v.flag)
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
    turns=_made(TurnConfig, TURNS),
    idle=_made(IdleConfig, IDLE),
    max_call_seconds=v.whole(10, 14_400),
    time_up=v.text,
    apology=v.optional_text,
    variables=v.texts_by_name,
)
CONTACT = Section({"number": v.phone_number})
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
ENGINE = Section(
    server=_made(ServerConfig, SERVER),
    lines=_named(_line),
    backends=_named(_backend),
    default_backend=v.name,
    contexts=_named(lambda name, value: ContextConfig(name=name, **CONTEXT(value))),
    contacts=_named(lambda name, value: ContactConfig(name=name, **CONTACT(value)), key=v.text),
    limits=_made(LimitsConfig, LIMITS),
    policy=_made(PolicyConfig, POLICY),
    call_log=_made(CallLogConfig, CALL_LOG),
    lab=_made(LabConfig, LAB),
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
    return replace(config, default_backend=default, call_log=replace(config.call_log, url=url), server=server)
