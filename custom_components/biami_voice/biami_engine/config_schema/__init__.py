"""The schema: from a plain dict, of YAML or of Home Assistant's forms, to an `EngineConfig`."""

from .settings import parse_config

__all__ = ["parse_config"]
