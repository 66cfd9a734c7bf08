"""Finding and reading the configuration of this machine: a file, or the environment alone."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from biami_engine.config import EngineConfig
from biami_engine.config_schema import parse_config
from biami_engine.errors import ConfigError, ConfigErrors

from .env_file import SEED_NAMES, config_from_environment, has_seed_names, read_env_file
from .yaml_file import YamlDocument, load_yaml

SEARCHED = (Path("biami.yaml"), Path("config/biami.yaml"), Path("/etc/biami-voice/biami.yaml"))
_SECRET_WORDS = ("token", "key", "password", "secret")


@dataclass(frozen=True, slots=True)
class Settings:
    config: EngineConfig
    origin: str
    """The file, or `the environment`."""
    secrets: frozenset[str] = field(default=frozenset(), repr=False)
    notes: tuple[str, ...] = ()
    """What the user should know although nothing is wrong."""
    document: YamlDocument = field(default_factory=YamlDocument, repr=False)

    def locate(self, error: ConfigError) -> ConfigErrors:
        """The same faults with file and line, for those that the engine finds in its rooms."""
        return located(error, self.document)


def load_settings(file: Path | None = None) -> Settings:
    """Read `file`, else the first of `SEARCHED`, else the environment; raises `ConfigError`."""
    if file is None:
        file = next((candidate for candidate in SEARCHED if candidate.is_file()), None)
    env_files = (Path(".env"), file.parent / ".env") if file else (Path(".env"),)
    environment = {name: value for env_file in env_files for name, value in read_env_file(env_file).items()}
    environment |= os.environ
    if file is not None:
        return _from_file(file, environment)
    if has_seed_names(environment):
        return _from_environment(environment)
    places = ", ".join(str(place) for place in SEARCHED)
    raise ConfigError(f"no configuration found: name a file with -c, write one of {places}, or set {SEED_NAMES[0]}")


def shipped_config_dir() -> Path:
    """The configuration that comes with Biami Voice: inside the wheel, or in the checkout."""
    packaged = Path(__file__).parent / "config"
    return packaged if packaged.is_dir() else Path(__file__).parents[2] / "config"


def _from_file(file: Path, environment: Mapping[str, str]) -> Settings:
    document = load_yaml(file, environment)
    if document.data is None:
        document.data = {}
    if not isinstance(document.data, dict):
        raise ConfigError("must be sections like `server:` and `lines:`", source=f"{file}:1")
    _read_contexts(document, file, environment)
    return _parsed(document, file.parent, str(file))


def _from_environment(environment: Mapping[str, str]) -> Settings:
    shipped = shipped_config_dir()
    document = YamlDocument(config_from_environment(environment), {"": "the environment"})
    document.data["contexts"] = "contexts/"
    _read_contexts(document, shipped / "biami.yaml", environment)
    notes: tuple[str, ...] = ()
    if not environment.get("OPENAI_API_KEY"):
        notes = ("OPENAI_API_KEY is not set: the scripted backend answers, which understands no words",)
    document.data["call_log"] = {"url": f"sqlite:///{Path('biami.db').resolve()}"}
    return _parsed(document, shipped, "the environment", notes)


def _read_contexts(document: YamlDocument, file: Path, environment: Mapping[str, str]) -> None:
    """`contexts: folder/` stands for one file per context, named after it."""
    folder_name = document.data.get("contexts")
    if not isinstance(folder_name, str):
        return
    folder = file.parent / folder_name
    if not folder.is_dir():
        message = f"there is no folder {folder}: create it, or write the contexts here"
        raise ConfigError(message, "contexts", document.source_of("contexts"))
    contexts: dict[str, Any] = {}
    for context_file in sorted(folder.glob("*.yaml")):
        inner = load_yaml(context_file, environment, root=file.parent)
        contexts[context_file.stem] = inner.data
        document.secrets |= inner.secrets
        for path, source in inner.sources.items():
            document.sources[".".join(filter(None, ("contexts", context_file.stem, path)))] = source
    document.data["contexts"] = contexts


def _parsed(document: YamlDocument, config_dir: Path, origin: str, notes: tuple[str, ...] = ()) -> Settings:
    try:
        config = parse_config(document.data, str(config_dir))
    except ConfigError as error:
        raise located(error, document) from None
    secrets = frozenset(document.secrets | set(_secrets_in(document.data)))
    return Settings(config, origin, secrets, notes, document)


def located(error: ConfigError, document: YamlDocument) -> ConfigErrors:
    faults = error.errors if isinstance(error, ConfigErrors) else (error,)
    return ConfigErrors(
        [ConfigError(fault.message, fault.path, fault.source or document.source_of(fault.path)) for fault in faults]
    )


def _secrets_in(data: Any, is_secret: bool = False) -> list[str]:
    """Every text under a key that names a secret (`auth_token`, `api_key`, …)."""
    if isinstance(data, dict):
        return [
            found
            for key, value in data.items()
            for found in _secrets_in(value, any(word in str(key).lower() for word in _SECRET_WORDS))
        ]
    if isinstance(data, list):
        return [found for value in data for found in _secrets_in(value, is_secret)]
    return [data] if is_secret and isinstance(data, str) else []
