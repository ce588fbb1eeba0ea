"""The rules of a host's configuration that grant modules their limits."""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping

from interlock_host.config import ConfigError, HostConfig
from interlock_host.module import Module


def check_limits(config: HostConfig, modules: Mapping[str, Module]) -> None:
    """Look for rules that grant nobody anything.

    Raises:
        ConfigError: A rule matches no module that is served.
    """
    for rule in config.limits:
        if not any(fnmatch.fnmatchcase(name, rule.module) for name in modules):
            served = ", ".join(sorted(modules)) or "none"
            raise ConfigError(f"{rule.where}: no module {rule.module!r} is served; served are {served}")
