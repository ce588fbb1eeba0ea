"""What a principal may do: rules of a module, an instance and an access."""

from __future__ import annotations

import dataclasses
import fnmatch
import re

from interlock_host.module import Module

HOST = "host"
"""The name of HostService in rules. Its reads see every instance's name; its writes delete them."""
REFLECTION = "reflection"
"""The name of server reflection in rules. It describes every module served, and no instance."""
METRICS = "metrics"
"""The name of /metrics in rules. It names modules and methods, and no instance."""
OWN = frozenset({HOST, REFLECTION, METRICS})
"""What belongs to the host itself. No pattern covers these: a rule names them in full."""

_PATTERN = re.compile(r"[A-Za-z0-9._\-*?\[\]!]+")
_ACCESS = {"r": False, "rw": True}


@dataclasses.dataclass(frozen=True)
class Rule:
    """One line of an allow list. What no rule allows is denied."""

    module: str
    """A shell pattern of module names, or one of OWN."""
    instance: str
    """A shell pattern of instance names."""
    write: bool
    """Whether methods are allowed that are not reads (NO_SIDE_EFFECTS). Reads always are."""

    def allows(self, module: str, instance: str, write: bool) -> bool:
        """Whether this rule lets a call pass."""
        if write and not self.write:
            return False
        if module in OWN or self.module in OWN:
            return module == self.module
        return fnmatch.fnmatchcase(module, self.module) and fnmatch.fnmatchcase(instance, self.instance)

    def __str__(self) -> str:
        return f"{self.module}/{self.instance}:{'rw' if self.write else 'r'}"


def parse_rule(text: str) -> Rule:
    """Read `MODULE/INSTANCE:r` or `:rw`; without `/INSTANCE` it is every instance.

    Raises:
        ValueError: It is no such rule.
    """
    name, _, access = text.rpartition(":")
    module, slash, instance = name.partition("/")
    instance = instance if slash else "*"
    if access not in _ACCESS or not _PATTERN.fullmatch(module) or not _PATTERN.fullmatch(instance):
        raise ValueError(f"{text!r} is no rule; write MODULE/INSTANCE:r or MODULE/INSTANCE:rw")
    if module in OWN and instance != "*":
        raise ValueError(f"{text!r}: {module} has no instances; write {module}:{access}")
    return Rule(module, instance, _ACCESS[access])


def rule_name(module: Module) -> str:
    """Return the name by which rules know a module.

    A module whose short name is one of OWN goes by its package: a rule that was
    written for it must not open the host, nor the other way round.
    """
    return module.package if module.name in OWN else module.name
