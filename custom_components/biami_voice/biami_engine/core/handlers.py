"""A table of which function hears which event."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Handlers = dict[type, Callable[[Any, float], None]]
