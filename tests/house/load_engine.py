"""Run in a process of its own: load every module of the engine under one of its two names, and say what was loaded.

`load_engine.py biami_engine` forbids Home Assistant; `load_engine.py custom_components.biami_voice.biami_engine ROOT`
gives the integration a stub of it, in which every name exists.
"""

from __future__ import annotations

import json
import pkgutil
import sys
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

HOST_PACKAGES = ("homeassistant", "probatio")


class StubModule(ModuleType):
    """Any attribute is a class that can be subclassed, subscripted and called."""

    __path__: list[str] = []

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        made = type(
            name, (), {"__class_getitem__": classmethod(lambda cls, item: cls), "__init_subclass__": lambda **kw: None}
        )
        setattr(self, name, made)
        return made


class Stub(MetaPathFinder, Loader):
    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        return ModuleSpec(fullname, self, is_package=True) if fullname.split(".")[0] in HOST_PACKAGES else None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return StubModule(spec.name)

    def exec_module(self, module: ModuleType) -> None: ...


class Forbid(MetaPathFinder):
    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> None:
        if fullname.split(".")[0] in (*HOST_PACKAGES, "custom_components"):
            raise ImportError(f"the engine reached for its host: {fullname}")


def main(engine_name: str, root: str = "") -> None:
    if root:
        sys.path.insert(0, root)
    sys.meta_path.insert(0, Stub() if root else Forbid())
    host, _, _ = engine_name.rpartition(".")
    if host:
        import_module(host)
    engine = import_module(engine_name)
    for module in pkgutil.walk_packages(engine.__path__, engine.__name__ + "."):
        if not module.name.endswith("__main__"):
            import_module(module.name)
    print(json.dumps(sorted(sys.modules)))


main(*sys.argv[1:])
