"""What a host's configuration grants the modules that it serves."""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping

from interlock_host.config import ConfigError, HostConfig
from interlock_host.module import Module, granted


def grant(config: HostConfig, modules: Mapping[str, Module]) -> None:
    """Give each module its limits.

    Raises:
        ConfigError: A rule matches no module that is served.
    """
    for rule in config.limits:
        if not any(fnmatch.fnmatchcase(name, rule.module) for name in modules):
            served = ", ".join(sorted(modules)) or "none"
            raise ConfigError(f"{rule.where}: no module {rule.module!r} is served; served are {served}")
    for module in modules.values():
        module.limits = granted(module.contract.limits, config.caps_of(module.name))
