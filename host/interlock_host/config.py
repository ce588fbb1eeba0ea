"""What a daemon is told: defaults, then a TOML file, then the environment, then flags.

Later ones win. A list is replaced, not added to. Every key of the file is known
here; an unknown one is an error that names the file and the key.
"""

from __future__ import annotations

import dataclasses
import fnmatch
import itertools
import os
import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from interlock_host import config_values as values
from interlock_host import logs
from interlock_host.answers import KEPT_IN_ALL
from interlock_host.durability.levels import LEVELS
from interlock_host.errors import ConfigError
from interlock_host.module import CAPS, Limits

PREFIX = "INTERLOCK_"
DEFAULT_PORT = 7070
DEFAULT_METRICS = "127.0.0.1:9464"
OFF = "off"
CLOCKS = ("run", "virtual")

__all__ = [
    "CLOCKS", "DEFAULT_METRICS", "DEFAULT_PORT", "OFF",
    "ConfigError", "HostConfig", "InstanceRule", "LimitsRule", "load",
]  # fmt: skip


@dataclasses.dataclass(frozen=True)
class LimitsRule:
    """What the host grants at most to the modules whose name matches. The first match decides."""

    module: str
    """A shell pattern."""
    caps: Limits
    where: str = dataclasses.field(default="limits", compare=False)
    """Where it stands, for messages."""


@dataclasses.dataclass(frozen=True)
class InstanceRule:
    """The settings with which instances are made. The first match decides."""

    module: str
    name: str = "*"
    """A shell pattern."""
    config: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    """Fields of the module's ConfigureRequest, as proto JSON."""
    durability: str = ""
    """Of the data directory: "ephemeral", "async" or "durable"; empty leaves it to `HostConfig`."""
    where: str = dataclasses.field(default="instances", compare=False)
    """Where it stands, for messages."""


@dataclasses.dataclass(frozen=True)
class HostConfig:
    """One field a setting: `drain_seconds` is a key of the file and INTERLOCK_DRAIN_SECONDS."""

    listen: tuple[str, ...] = ()
    """HOST:PORT or unix:PATH; none means the user's own socket and loopback port 7070."""
    metrics: str = DEFAULT_METRICS
    """HOST:PORT of /metrics; "off" for none."""
    modules: tuple[Path, ...] = ()
    """Folders of packed .wasm files, served beside the standard modules."""
    cache: Path | None = None
    """The folder of compiled modules; None is the user's cache folder."""
    max_instances: int = 10_000
    answer_bytes: int = KEPT_IN_ALL
    """Of memory, for answers that are kept for retries; see `EngineConfig`."""
    drain_seconds: float = 10.0
    """How long parked calls may go on once the host is told to stop."""
    insecure: bool = False
    """Whether a public address may be served without TLS; never with tokens."""
    tls_cert: Path | None = None
    """The host's certificate, in PEM. With it every port speaks TLS; Unix sockets do not."""
    tls_key: Path | None = None
    client_ca: Path | None = None
    """The authorities of clients: one without a certificate of theirs is turned away."""
    tokens: Path | None = None
    """Who may call what; None lets everyone do everything who reaches the host."""
    data: Path | None = None
    """The folder that keeps instances across a restart; None keeps nothing."""
    durability: str = ""
    """"ephemeral", "async" or "durable" where no rule says; empty leaves it to each module's contract."""
    async_seconds: float = 0.05
    """How long the entries of an `async` instance may wait for the disk."""
    snapshot_entries: int = 20_000
    """Entries of an instance's journal after which it is saved anew."""
    snapshots_kept: int = 2
    """Per instance: the older ones stand in for a damaged newest."""
    journal_bytes: int = 512 << 20
    """Beyond it, instances are saved so that old segments of the journal can go."""
    hibernate_seconds: float = 300.0
    """After which a durable instance that nobody calls leaves memory; 0 turns that off."""
    clock: str = "run"
    """"virtual" for tests: time moves by HostService.Advance only."""
    seed: int = 0
    """Of the instances' randomness, with the virtual clock."""
    log_level: str = "info"
    log_format: str = "auto"
    limits: tuple[LimitsRule, ...] = ()
    instances: tuple[InstanceRule, ...] = ()

    def caps_of(self, module: str) -> Limits:
        """Return what a module of this name is granted at most."""
        for rule in self.limits:
            if fnmatch.fnmatchcase(module, rule.module):
                return rule.caps
        return CAPS

    def config_of(self, module: str, instance: str) -> Mapping[str, Any]:
        """Return the settings with which an instance is made; empty for the module's own."""
        rule = self._rule(module, instance)
        return rule.config if rule is not None else {}

    def durability_of(self, module: str, instance: str) -> str:
        """Return what is kept of an instance; empty for what its module's contract says."""
        rule = self._rule(module, instance)
        return (rule.durability if rule is not None else "") or self.durability

    def _rule(self, module: str, instance: str) -> InstanceRule | None:
        for rule in self.instances:
            if rule.module == module and fnmatch.fnmatchcase(instance, rule.name):
                return rule
        return None


def load(
    file: Path | None = None,
    environment: Mapping[str, str] | None = None,
    flags: Mapping[str, Any] | None = None,
) -> HostConfig:
    """Read the settings of a host.

    Args:
        file: A TOML file; None reads the one that INTERLOCK_CONFIG names, if any.
        environment: INTERLOCK_* variables; None is this process's own.
        flags: Settings by field name, in text or in the field's type; None and () mean not given.

    Raises:
        ConfigError: A setting is unknown, has the wrong type, or does not parse.
    """
    environment = os.environ if environment is None else environment
    named = environment.get(PREFIX + "CONFIG")
    file = file or (Path(named) if named else None)
    settings: dict[str, Any] = _from_file(file) if file else {}
    for name, reader in READERS.items():
        variable = PREFIX + name.upper()
        if variable in environment:
            settings[name] = _read(reader, environment[variable], variable)
    for name, value in (flags or {}).items():
        if value is not None and value != ():
            settings[name] = _read(READERS[name], value, "--" + name.replace("_", "-"))
    return HostConfig(**settings)


def _from_file(file: Path) -> dict[str, Any]:
    try:
        document = tomllib.loads(file.read_text("utf-8"))
    except OSError as error:
        raise ConfigError(f"{file}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{file}: it is not UTF-8 text") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{file}: {error}") from None
    settings: dict[str, Any] = {}
    for key, value in document.items():
        where = f"{file}: {key}"
        if key == "limits":
            settings[key] = tuple(map(_limits_rule, _tables(value, where), _places(file, key)))
        elif key == "instances":
            settings[key] = tuple(map(_instance_rule, _tables(value, where), _places(file, key)))
        elif key in READERS:
            settings[key] = _read(READERS[key], value, where)
        else:
            raise _unknown(key, str(file), [*READERS, "limits", "instances"])
    return settings


def _tables(value: Any, where: str) -> list[dict[str, Any]]:
    if not isinstance(value, list) or not all(isinstance(table, dict) for table in value):
        raise ConfigError(f"{where}: write [[{where.rsplit(' ', 1)[-1]}]], a list of tables")
    return value


def _places(file: Path, key: str) -> Iterator[str]:
    """Name the rules of a file, one after the other."""
    return (f"{file}: [[{key}]] {number}" for number in itertools.count(1))


def _limits_rule(table: dict[str, Any], where: str) -> LimitsRule:
    caps = dict(table)
    module = _read(values.text, caps.pop("module", "*"), f"{where}, module")
    known = [field.name for field in dataclasses.fields(Limits)]
    for key, value in caps.items():
        if key not in known:
            raise _unknown(key, where, ["module", *known])
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise ConfigError(f"{where}, {key}: {value!r} is not a whole number from 1")
    return LimitsRule(module, dataclasses.replace(CAPS, **caps), f"{where}, {module}")


def _instance_rule(table: dict[str, Any], where: str) -> InstanceRule:
    known = ["module", "name", "config", "durability"]
    for key in table:
        if key not in known:
            raise _unknown(key, where, known)
    if "module" not in table:
        raise ConfigError(f"{where}: a rule names its module")
    config = table.get("config", {})
    if not isinstance(config, dict):
        raise ConfigError(f"{where}, config: {config!r} is not a table of the module's ConfigureRequest")
    module, name = (_read(values.text, table.get(key, "*"), f"{where}, {key}") for key in ("module", "name"))
    durability = table.get("durability", "")
    if durability != "":
        durability = _read(values.one_of(*LEVELS), durability, f"{where}, durability")
    return InstanceRule(module, name, config, durability, f"{where}, {module}/{name}")


def _unknown(key: str, where: str, known: list[str]) -> ConfigError:
    return ConfigError(f"{where}: unknown key {key!r}; known are {', '.join(sorted(known))}")


def _read(reader: Callable[[Any], Any], value: Any, where: str) -> Any:
    try:
        return reader(value)
    except ValueError as error:
        raise ConfigError(f"{where}: {error}") from None


READERS: dict[str, Callable[[Any], Any]] = {
    "listen": values.texts,
    "metrics": values.text,
    "modules": values.paths,
    "cache": values.path,
    "max_instances": values.at_least_one,
    "answer_bytes": values.at_least_one,
    "drain_seconds": values.seconds,
    "insecure": values.flag,
    "tls_cert": values.path,
    "tls_key": values.path,
    "client_ca": values.path,
    "tokens": values.path,
    "data": values.path,
    "durability": values.one_of(*LEVELS),
    "async_seconds": values.seconds,
    "snapshot_entries": values.at_least_one,
    "snapshots_kept": values.at_least_one,
    "journal_bytes": values.at_least_one,
    "hibernate_seconds": values.seconds,
    "clock": values.one_of(*CLOCKS),
    "seed": values.whole,
    "log_level": values.one_of(*logs.LEVELS),
    "log_format": values.one_of(*logs.FORMATS),
}
"""How each setting of one value is read, from the file, the environment and flags alike."""
