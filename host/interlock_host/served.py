"""The modules that an engine serves, and the names that they go by."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from interlock_host.errors import ModuleError
from interlock_host.module import Limits, Method, Module, granted

_HOSTS_OWN = ("interlock.host.", "grpc.health.", "grpc.reflection.")
"""Packages of the services that a daemon itself serves beside those of modules."""
STANDARD_MODULES = Path(__file__).parent / "modules"


def module_files(folders: Iterable[Path]) -> Iterator[Path]:
    """Yield the packed modules of these folders, in order.

    Raises:
        ModuleError: One is not a folder.
    """
    for folder in folders:
        if not folder.is_dir():
            raise ModuleError(f"{folder} is not a folder of modules")
        yield from sorted(folder.glob("*.wasm"))


class ServedModules:
    """The modules by name, and the methods by path.

    Args:
        cache: The folder of compiled modules; None compiles each anew.
        caps_of: What a module of this name is granted at most.
    """

    def __init__(self, cache: Path | None, caps_of: Callable[[str], Limits]) -> None:
        self._cache = cache
        self._caps_of = caps_of
        self.by_name: dict[str, Module] = {}
        """By short name, or by full package where two share the short one."""
        self._all: list[Module] = []
        self.methods: dict[str, Method] = {}
        """By path, "/package.Service/Method"."""

    def load(self, path: Path) -> Module:
        """Return a packed module, which is not served yet.

        Raises:
            ModuleError: The file is not one, its package is served already, or is the host's own.
        """
        try:
            wasm = path.read_bytes()
        except OSError as error:
            raise ModuleError(f"{path}: {error.strerror}") from error
        module = Module(wasm, path, self._cache)
        if module.service.startswith(_HOSTS_OWN):
            raise ModuleError(f"{path}: {module.service} is a service of the host's own")
        for other in self._all:  # an instance is known by its package and its name
            if other.package == module.package:
                raise ModuleError(f"{path}: {module.package} is served already, by {other.source}")
        return module

    def add(self, module: Module) -> None:
        """Serve a module."""
        self._all.append(module)
        self.methods.update((method.path, method) for method in module.methods.values())
        shorts = [module.short_name for module in self._all]
        for each in self._all:
            short = each.short_name
            name = short if shorts.count(short) == 1 else each.package
            if each is module or each.name != name:
                each.name = name
                each.limits = granted(each.contract.limits, self._caps_of(name))
        self.by_name = {each.name: each for each in self._all}

    def of_package(self, package: str) -> Module | None:
        """Return the module that is served under a package."""
        return next((module for module in self._all if module.package == package), None)
