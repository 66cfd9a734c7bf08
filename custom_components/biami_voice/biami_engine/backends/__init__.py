"""One mind each; all open a BackendSession."""

from __future__ import annotations

from importlib import import_module
from typing import cast

from ..config import BackendConfig
from ..errors import ConfigError
from .port import Backend, BackendServices

BACKENDS = {
    "echo": (".echo", "EchoBackend"),
    "offline": (".offline", "OfflineBackend"),
    "openai_realtime": (".openai_realtime", "OpenAIRealtimeBackend"),
    "pipeline": (".pipeline", "PipelineBackend"),
    "scripted": (".scripted", "ScriptedBackend"),
}
"""A mind is added with one file and one line here; the class is imported when a configuration uses it."""


def create_backend(config: BackendConfig, services: BackendServices) -> Backend:
    """Import and build a backend."""
    if config.type not in BACKENDS:
        known = ", ".join(BACKENDS)
        raise ConfigError(f"unknown backend type {config.type!r}; known: {known}", f"backends.{config.name}.type")
    module, name = BACKENDS[config.type]
    factory = getattr(import_module(module, __package__), name)
    return cast(Backend, factory(config, services))
