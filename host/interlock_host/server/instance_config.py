"""What a host's configuration gives the instances that it makes."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from google.protobuf import message_factory

from interlock_host.birth import make_machine
from interlock_host.config import ConfigError, HostConfig, InstanceRule
from interlock_host.errors import HostError
from interlock_host.module import Module
from interlock_host.server.descriptors import pool_of
from interlock_host.server.module_settings import fill

REQUEST = "ConfigureRequest"
_ANY = "any"
"""The name of an instance with which settings are tried."""


class InstanceConfigs:
    """Writes the bytes of `InstanceConfig.config`: a ConfigureRequest of the instance's module."""

    def __init__(self, config: HostConfig) -> None:
        self._config = config
        self._classes: dict[str, Any] = {}

    def __call__(self, module: Module, name: str) -> bytes:
        """Return the configuration of one instance; empty where no rule matches."""
        settings = self._config.config_of(module.name, name)
        return self._serialise(module, name, settings, "instances") if settings else b""

    def check(self, modules: Mapping[str, Module]) -> None:
        """Try every rule, with an instance that is thrown away.

        Raises:
            ConfigError: A rule names a module that is not served, or settings that its module does not know
                or refuses.
        """
        for rule in self._config.instances:
            if rule.module not in modules:
                served = ", ".join(sorted(modules)) or "none"
                raise ConfigError(f"{rule.where}: no module {rule.module!r} is served; served are {served}")
            if rule.config:  # a rule may say no more than what is kept
                self._try(modules[rule.module], rule)

    def _try(self, module: Module, rule: InstanceRule) -> None:
        refusal = self._refusal(module, rule, rule.config)
        if refusal is None:
            return
        # The module says no more than that it refuses. What it refuses alone is what is wrong.
        for key, value in rule.config.items():
            if self._refusal(module, rule, {key: value}) is not None:
                raise ConfigError(f"{rule.where}: {module.name} refuses {key} = {value!r}")
        raise ConfigError(f"{rule.where}: these settings do not go together: {refusal}")

    def _refusal(self, module: Module, rule: InstanceRule, settings: Mapping[str, Any]) -> HostError | None:
        config = self._serialise(module, _ANY, settings, rule.where)
        try:
            make_machine(module, _ANY, time.time_ns(), seed=0, config=config)
        except HostError as error:
            return error
        return None

    def _serialise(self, module: Module, name: str, settings: Mapping[str, Any], where: str) -> bytes:
        request = fill(self._class_of(module, where)(), name, settings, f"{where}: {module.name}")
        data: bytes = request.SerializeToString(deterministic=True)
        return data

    def _class_of(self, module: Module, where: str) -> Any:
        if module.service not in self._classes:
            try:
                descriptor = pool_of(module.descriptor_set).FindMessageTypeByName(
                    f"{module.package}.{REQUEST}"
                )
            except KeyError:
                text = f"{where}: {module.name} has no {REQUEST}; its instances take no settings"
                raise ConfigError(text) from None
            self._classes[module.service] = message_factory.GetMessageClass(descriptor)
        return self._classes[module.service]
