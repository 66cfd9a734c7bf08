"""What must fit together in a configuration, and what test mode changes in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from ..config import BackendConfig, EngineConfig, TwilioLine
from ..errors import ConfigError
from .values import did_you_mean, is_loopback

FREE_BACKENDS = ("offline", "scripted", "echo")
"""Backends that cost nothing and call nobody."""
TEST_BACKEND = "test-mode"


def with_test_mode(config: EngineConfig) -> EngineConfig:
    """In test mode every context is answered by a backend that costs nothing: a configured one, else an echo."""
    if not config.test_mode:
        return config
    backends = dict(config.backends)
    free = [name for name, backend in backends.items() if backend.type in FREE_BACKENDS]
    stand_in = config.default_backend if config.default_backend in free else next(iter(free), TEST_BACKEND)
    if stand_in == TEST_BACKEND:
        backends[TEST_BACKEND] = BackendConfig(TEST_BACKEND, "echo")
    contexts = {
        name: context if context.backend is None or context.backend in free else replace(context, backend=stand_in)
        for name, context in config.contexts.items()
    }
    return replace(config, backends=backends, default_backend=stand_in, contexts=contexts)


def all_carriers_are_here(config: EngineConfig) -> bool:
    """Every Twilio line talks to a simulator on this machine: loopback is address enough."""
    return all(_on_loopback(line.api_url) for line in config.lines.values() if isinstance(line, TwilioLine))


def cross_check(config: EngineConfig) -> list[ConfigError]:
    """Everything that names something else must find it."""
    return [
        *_backend_errors(config),
        *_line_errors(config),
        *_server_errors(config),
        *_people_errors(config),
        *_calendar_errors(config),
        *_file_errors(config),
    ]


def _backend_errors(config: EngineConfig) -> Iterator[ConfigError]:
    if not config.backends:
        yield ConfigError("is missing: name at least one, `demo: {type: scripted}` costs nothing", "backends")
    elif not config.default_backend:
        yield ConfigError(f"is missing: which of {', '.join(config.backends)} answers by default?", "default_backend")
    elif config.default_backend not in config.backends:
        yield _unknown("backend", config.default_backend, config.backends, "default_backend")
    unknown = [spare for spare in config.spare_backends if spare not in config.backends]
    for spare in unknown:
        yield _unknown("backend", spare, config.backends, "spare_backends")
    for name, context in config.contexts.items():
        for spare in context.failover.backends:
            if spare not in config.backends and spare not in unknown:
                yield _unknown("backend", spare, config.backends, f"contexts.{name}.failover.backends")
        helper = context.failover.transfer
        if helper and helper not in config.contacts:
            yield _unknown("contact", helper, config.contacts, f"contexts.{name}.failover.transfer")
        if context.backend is not None and context.backend not in config.backends:
            yield _unknown("backend", context.backend, config.backends, f"contexts.{name}.backend")


def _line_errors(config: EngineConfig) -> Iterator[ConfigError]:
    owners: dict[str, str] = {}
    for name, line in config.lines.items():
        if line.context not in config.contexts:
            yield _unknown("context", line.context, config.contexts, f"lines.{name}.context")
        if not isinstance(line, TwilioLine):
            continue
        if line.number in owners:
            message = f"is already the number of the line {owners[line.number]}: a number belongs to one line"
            yield ConfigError(message, f"lines.{name}.number")
        owners.setdefault(line.number, name)
        public = config.server.public_url
        if not public:
            message = "is missing: Twilio must reach the daemon, give the https:// address of your tunnel or proxy"
            yield ConfigError(f"{message} (the line {name} needs it)", "server.public_url")
        elif _on_loopback(public) and not _on_loopback(line.api_url):
            message = f"{public} cannot be reached by Twilio, which the line {name} uses: give an https:// address"
            yield ConfigError(message, "server.public_url")


def _server_errors(config: EngineConfig) -> Iterator[ConfigError]:
    server = config.server
    if not is_loopback(server.host) and not server.api_token:
        message = f"is missing: the server listens on {server.host}, beyond this machine, so its API needs a token"
        yield ConfigError(message, "server.api_token")


def _people_errors(config: EngineConfig) -> Iterator[ConfigError]:
    for name, person in config.contacts.items():
        if person.context and person.context not in config.contexts:
            yield _unknown("context", person.context, config.contexts, f"contacts.{name}.context")
    for name, context in config.contexts.items():
        for index, contact in enumerate(context.transfer_to):
            if contact not in config.contacts:
                yield _unknown("contact", contact, config.contacts, f"contexts.{name}.transfer_to.{index}")


def _calendar_errors(config: EngineConfig) -> Iterator[ConfigError]:
    calendar = config.tools.calendar
    if calendar is None:
        return
    names = [source.name for source in calendar.sources]
    for index, name in enumerate(names):
        if name in names[:index]:
            message = f'the name "{name}" is taken: give this calendar a name of its own'
            yield ConfigError(message, f"tools.calendar.sources.{index}")
    if calendar.write_to and calendar.write_to not in names:
        yield _unknown("calendar", calendar.write_to, names, "tools.calendar.write_to")


def _file_errors(config: EngineConfig) -> Iterator[ConfigError]:
    named = {f"backends.{name}.dialogue": backend.options.get("dialogue") for name, backend in config.backends.items()}
    named |= {"lab.subscribers": config.lab.subscribers, "tools.info.path": config.tools.info.path}
    for path, file in named.items():
        if file and not Path(config.config_dir, file).exists():
            yield ConfigError(f"there is no {Path(config.config_dir, file)}: correct or remove this line", path)


def _on_loopback(url: str) -> bool:
    return is_loopback(urlsplit(url).hostname or "")


def _unknown(kind: str, name: str, known: Iterable[str], path: str) -> ConfigError:
    names = list(known)
    choices = f"there are {', '.join(names)}" if names else f"no {kind} is configured"
    return ConfigError(f'there is no {kind} "{name}"{did_you_mean(name, names)}: {choices}', path)
