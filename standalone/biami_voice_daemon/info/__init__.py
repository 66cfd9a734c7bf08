"""What the house has written down: Markdown and YAML files, looked up by their words."""

from __future__ import annotations

from .files import InfoFiles, info_files

__all__ = ["InfoFiles", "info_files"]
