"""What a host's configuration gives the instances that it makes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from google.protobuf import json_format, message_factory

from interlock_host.config import ConfigError, HostConfig
from interlock_host.module import Module
from interlock_host.server.descriptors import pool_of

REQUEST = "ConfigureRequest"


class InstanceConfigs:
    """Writes the bytes of `InstanceConfig.config`: a ConfigureRequest of the instance's module."""

    def __init__(self, config: HostConfig) -> None:
        self._config = config
        self._classes: dict[str, Any] = {}

    def __call__(self, module: Module, name: str) -> bytes:
        """Return the configuration of one instance; empty where no rule matches."""
        settings = self._config.config_of(module.name, name)
        return self._serialise(module, name, settings) if settings else b""

    def check(self, modules: Mapping[str, Module]) -> None:
        """Try every rule.

        Raises:
            ConfigError: A rule names a module that is not served, or settings that its module does not know.
        """
        for rule in self._config.instances:
            if rule.module not in modules:
                served = ", ".join(sorted(modules)) or "none"
                raise ConfigError(f"instances: no module {rule.module!r} is served; served are {served}")
            if rule.config:  # a rule may say no more than what is kept
                self._serialise(modules[rule.module], "any", rule.config)

    def _serialise(self, module: Module, name: str, settings: Mapping[str, Any]) -> bytes:
        request = self._class_of(module)()
        try:
            json_format.ParseDict({**settings, "instance": name}, request)
        except json_format.ParseError as error:
            raise ConfigError(f"instances: {module.name}: {error}") from None
        data: bytes = request.SerializeToString(deterministic=True)
        return data

    def _class_of(self, module: Module) -> Any:
        if module.service not in self._classes:
            try:
                descriptor = pool_of(module.descriptor_set).FindMessageTypeByName(
                    f"{module.package}.{REQUEST}"
                )
            except KeyError:
                text = f"instances: {module.name} has no {REQUEST}; its instances take no settings"
                raise ConfigError(text) from None
            self._classes[module.service] = message_factory.GetMessageClass(descriptor)
        return self._classes[module.service]
