"""The engine: modules, their instances, and the way of a call into one."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from interlock_host.answer_room import AnswerRoom
from interlock_host.answers import KEPT_IN_ALL
from interlock_host.calls import Call, CancelReason, Sink
from interlock_host.clock import Clock, RunClock, VirtualClock
from interlock_host.driver import Driver, NoDriver, ThreadDriver
from interlock_host.durability.failed import reinstate
from interlock_host.durability.instance import DurableInstance
from interlock_host.durability.levels import Level, level_of
from interlock_host.durability.life import Life
from interlock_host.durability.recovery import Progress, Recovered
from interlock_host.durability.store import Store, StoreOptions
from interlock_host.errors import FAILED_PRECONDITION, NOT_FOUND, RESOURCE_EXHAUSTED, UNAVAILABLE, HostError
from interlock_host.instance import Gone, Instance, State
from interlock_host.module import CAPS, Limits, Method, Module
from interlock_host.observer import EngineObserver
from interlock_host.peek import check_name, instance_of
from interlock_host.roster import Roster
from interlock_host.served import STANDARD_MODULES, ServedModules, module_files
from interlock_host.streams import StreamCall
from interlock_host.timetable import Timed, Timetable
from interlock_host.wasm.compiler import default_cache

if TYPE_CHECKING:
    from interlock_host.tracing import CallTrace


@dataclasses.dataclass(frozen=True)
class EngineConfig:
    """How an engine is set up."""

    modules: tuple[Path, ...] = ()
    """Folders of packed modules, beside the standard ones."""
    standard: bool = True
    """Whether the standard modules are loaded."""
    cache: Path | None = dataclasses.field(default_factory=default_cache)
    """The folder of compiled modules; None compiles at each start."""
    caps: Limits = CAPS
    """What modules are granted at most."""
    caps_of: Callable[[str], Limits] | None = None
    """The same by a module's name; None leaves it at `caps`."""
    max_instances: int = 10_000
    """Instances of all modules that live at the same time."""
    answer_bytes: int = KEPT_IN_ALL
    """Bytes of memory that the answers kept for retries may take: those of instances that are not durable, of
    which the oldest go first; and once more those of durable ones, which sleep early where there are more."""
    seed: int | None = None
    """Where all randomness begins; None takes it from the system."""
    config_of: Callable[[Module, str], bytes] | None = None
    """The configuration that an instance is made with: bytes of `InstanceConfig.config`."""
    data: Path | None = None
    """The folder that keeps instances; None keeps nothing."""
    storage: StoreOptions = dataclasses.field(default_factory=StoreOptions)
    """How the folder is kept."""
    level_of: Callable[[Module, str], Level | None] | None = None
    """What is kept of an instance; None leaves it to the module's contract."""


class Engine:
    """Serves modules in this process. Thread-safe.

    Args:
        config: How it is set up.
        clock: Where time comes from; a `VirtualClock` moves by `advance` alone.
        driver: Who ticks what is due; None takes a thread of the engine's own.
        observer: Who is told of traps, faults and events.
        store: The data directory, in place of `config.data`; the engine closes it.
        progress: Told how many instances were recovered, of how many.

    Raises:
        ModuleError: A module cannot be served.
        DataLocked: Another process has the data directory.
        JournalDamaged: Its journal cannot be written on.
        OSError: It cannot be read or written.
    """

    def __init__(
        self,
        config: EngineConfig | None = None,
        *,
        clock: Clock | None = None,
        driver: Driver | None = None,
        observer: EngineObserver | None = None,
        store: Store | None = None,
        progress: Progress | None = None,
    ) -> None:
        self.config = config or EngineConfig()
        self.clock: Clock = clock or RunClock()
        self.virtual = isinstance(self.clock, VirtualClock)
        self.observer = observer or EngineObserver()
        self.draining = False
        self._closed = False
        self._served = ServedModules(self.config.cache, self.caps_of)
        self._roster = Roster()
        self._instances = self._roster.by_module
        self._timetable = Timetable()
        self.answer_room = AnswerRoom(self.clock, self.config.answer_bytes, self.schedule)
        """For the answers of instances that are not durable."""
        self._driver: Driver = driver or self._own_driver()
        standard = (STANDARD_MODULES,) if self.config.standard else ()
        for path in module_files(standard + self.config.modules):
            self.add_module(path)
        self.life: Life | None = None
        """The instances that outlive the process; None without a data directory."""
        self.recovered: Recovered | None = None
        if store is None and self.config.data is not None:
            store = Store.open(self.config.data, self.config.storage)
        if store is not None:
            self._live_on(store, progress)

    def _live_on(self, store: Store, progress: Progress | None) -> None:
        life = Life(self, store)
        try:
            self.recovered = life.recover(progress)
        except BaseException:
            self._driver.close()
            store.close(clean=False)
            raise
        self.life = life

    def _own_driver(self) -> Driver:
        return NoDriver() if self.virtual else ThreadDriver(self.clock, self.run_due)

    # Modules

    @property
    def modules(self) -> dict[str, Module]:
        """The modules by short name, or by full package where two share the short one."""
        return self._served.by_name

    def add_module(self, path: Path) -> Module:
        """Serve a packed module.

        Raises:
            ModuleError: The file is not one, its package is served already, or is the host's own.
        """
        module = self._served.load(path)
        self._roster.add_module(module)  # before anyone finds its methods
        self._served.add(module)
        self.observer.module_started(module, module.start_seconds)
        return module

    def method(self, path: str) -> Method | None:
        """Return the method served at "/package.Service/Method", if any is."""
        return self._served.methods.get(path)

    # Calls

    def start(
        self,
        method: Method,
        request: bytes,
        sink: Sink | None = None,
        trace: CallTrace | None = None,
        scope: bytes = b"",
    ) -> Call:
        """Enter a call whose request is one message.

        Args:
            method: A unary or server-streaming method.
            request: The bytes of the request; field 1 names the instance.
            sink: Takes what is answered later, and every record of a stream.
            trace: Hears of the call's entries.
            scope: Principal and request id: a call that came before with the same ones is not
                entered again, and gets its first answer. Empty: every call is a new one. Of unary
                calls that change something; others have none.

        Returns:
            The call; `answer` is set where the entry answered it.

        Raises:
            HostError: The host refuses the call.
        """
        if self.draining:
            self._check_open()
        name = instance_of(request)
        if scope and (method.read or not method.unary):
            scope = b""
        while True:
            instance = self._instances[method.module].get(name) or self._absent(method, name)
            try:
                return instance.start(method, request, sink, trace, scope)
            except Gone:
                self._check_not_closed()
            except HostError:
                self._forget_if_never_was(method.module, instance)
                raise

    def open_stream(self, method: Method, sink: Sink, trace: CallTrace | None = None) -> StreamCall:
        """Begin a call whose client streams; its first message picks the instance."""
        self._check_open()
        return StreamCall(method, sink, self._begin, trace)

    def _begin(self, call: StreamCall, message: bytes) -> None:
        name = instance_of(message)
        call.request_bytes = len(message)
        while not call.begun:
            instance = self._instances[call.method.module].get(name) or self._absent(call.method, name)
            try:
                call.begun = True
                instance.begin(call, message)
            except Gone:
                call.begun = False
                self._check_not_closed()
            except HostError:
                call.begun = False
                self._forget_if_never_was(call.method.module, instance)
                raise

    def _check_open(self) -> None:
        if self.draining:
            raise HostError(UNAVAILABLE, "SHUTTING_DOWN", "the host takes no new calls")

    def _check_not_closed(self) -> None:
        """Stop a call that was under way when the engine was closed: what was there must not begin anew."""
        if self._closed:
            raise HostError(UNAVAILABLE, "SHUTTING_DOWN", "the host takes no new calls")

    def _absent(self, method: Method, name: bytes) -> Instance:
        """Make the instance; for a read, one that is thrown away after it."""
        self._check_not_closed()
        text = check_name(name)
        if method.read:
            if self.life is not None and self._level(method.module, text) is not Level.EPHEMERAL:
                self.life.check_absent(method.module, text)
            return self.fresh(method.module, text)
        make = functools.partial(self._new, method.module, text)
        while (found := self._roster.find(method.module, name, make)) is None:
            self._make_room()
        return found

    def _forget_if_never_was(self, module: Module, instance: Instance) -> None:
        """Let go of an instance that its first call could not make: it would hold a place."""
        if instance.never_was():
            self._forget(module, instance)

    def _forget(self, module: Module, instance: Instance) -> None:
        if self.life is not None and isinstance(instance, DurableInstance):
            self.life.forget(instance)
        self._roster.remove(module, instance)

    def fresh(self, module: Module, name: str) -> Instance:
        """Return an instance for one read, which nobody keeps."""
        thrown_away = Instance(self, module, name)
        thrown_away.scheduled = 0  # whatever deadline it sets, nobody ticks it
        return thrown_away

    def _new(self, module: Module, name: str) -> Instance | None:
        """Return an instance that has not begun; None if there is no room for it."""
        self._check_not_closed()
        level = self._level(module, name)
        if self.life is not None and level is not Level.EPHEMERAL:
            return self.life.new(module, name, level)  # asks for room when it gets its machine
        if self.full:
            return None
        return Instance(self, module, name)

    def _make_room(self) -> None:
        """Let durable instances sleep that were not called for longest: that waits for the disk, so no lock.

        Raises:
            HostError: RESOURCE_EXHAUSTED/TOO_MANY_INSTANCES, none can.
        """
        slept = self.life is not None and self.life.residents.shrink()
        if self.full and not slept:
            message = f"{self.live} instances live here, as many as this host may hold"
            raise HostError(RESOURCE_EXHAUSTED, "TOO_MANY_INSTANCES", message)

    def _level(self, module: Module, name: str) -> Level:
        asked = self.config.level_of(module, name) if self.config.level_of else None
        return asked or level_of(module.contract.durability)

    def admit(self, module: Module, instance: DurableInstance) -> None:
        """Take in an instance that was made elsewhere, under the module that serves it."""
        self._roster.admit(module, instance)

    @property
    def live(self) -> int:
        """How many instances are in memory."""
        return self._roster.ephemeral + (len(self.life.residents) if self.life is not None else 0)

    @property
    def full(self) -> bool:
        """Whether as many are in memory as may be."""
        return self.live >= self.config.max_instances

    def module_of(self, package: str) -> Module | None:
        """Return the module that is served under a package."""
        return self._served.of_package(package)

    def caps_of(self, module_name: str) -> Limits:
        """Return what a module of this name is granted at most."""
        return self.config.caps_of(module_name) if self.config.caps_of else self.config.caps

    # Instances

    def instances(self, module: Module | None = None) -> list[Instance]:
        """Return the instances of a module, or of all, by module and name."""
        return self._roster.all(module)

    def instance(self, module_name: str, instance_name: str) -> Instance:
        """Return an instance that lives here.

        Raises:
            HostError: NOT_FOUND, no such module or instance.
        """
        module = self.modules.get(module_name)
        if module is None:
            raise HostError(NOT_FOUND, "NOT_FOUND", f"no module {module_name!r} is served here")
        return self._roster.one(module, instance_name)

    def delete(self, module_name: str, instance_name: str) -> int:
        """End an instance and forget its state; return how many calls were parked in it.

        Raises:
            HostError: NOT_FOUND.
        """
        instance = self.instance(module_name, instance_name)
        with instance.lock:  # its callers wait, and then find another, or this one if the disk refuses
            if instance.state is State.DELETED:
                text = f"{module_name}/{instance_name} was deleted a moment ago"
                raise HostError(NOT_FOUND, "NOT_FOUND", text)
            cancelled = instance.delete()
            self._forget(self.modules[module_name], instance)
        return cancelled

    def reinstate(self, module_name: str, instance_name: str) -> str:
        """Let an instance that failed by its traps go on; return why it had failed. See `durability.failed`.

        Raises:
            HostError: NOT_FOUND; FAILED_PRECONDITION, it is not kept, did not fail, or cannot be made again.
        """
        instance = self.instance(module_name, instance_name)
        if not isinstance(instance, DurableInstance):
            text = f"{module_name}/{instance_name} is not kept: delete it to begin anew"
            raise HostError(FAILED_PRECONDITION, "INSTANCE_FAILED", text)
        return reinstate(instance)

    def parked_calls(self) -> int:
        """Return how many calls are parked in all instances."""
        return sum(instance.parked_calls for instance in self.instances())

    # What an instance needs of its engine

    def config_of(self, module: Module, name: str) -> bytes:
        """Return the configuration that an instance is made with."""
        return self.config.config_of(module, name) if self.config.config_of else b""

    def seed_of(self, module: Module, name: str) -> int:
        """Return 64 bits for an instance: the system's, or drawn from the engine's seed."""
        if self.config.seed is None:
            return int.from_bytes(os.urandom(8), "little")
        text = f"{self.config.seed}/{module.package}/{name}".encode()
        return int.from_bytes(hashlib.sha256(text).digest()[:8], "little")

    def schedule(self, instance: Timed, deadline: int) -> None:
        """Tick `instance` at `deadline`. Called under its lock, where it has one."""
        instance.scheduled = deadline
        if self._timetable.add(instance, deadline):
            self._driver.schedule(deadline)

    # Time

    def run_due(self, most: int = 1_000) -> int | None:
        """Tick what is due now, at most so many instances.

        Returns:
            When the next is due, in ns since the epoch; None if nothing is.
        """
        return self._timetable.run(self.clock, most)

    def advance(self, by_ns: int) -> int:
        """Move a virtual clock, ticking every instance at its own time, in order.

        Returns:
            The time now, in ns since the epoch.
        """
        clock = self.clock
        if not isinstance(clock, VirtualClock):
            raise TypeError("only a virtual clock can be moved")
        return self._timetable.advance(clock, by_ns)

    # End

    def drain(self) -> None:
        """Take no new calls."""
        self.draining = True

    def close(self) -> None:
        """Cancel every parked call (reason 4), end every instance and the driver."""
        self.draining = self._closed = True
        for instance in self.instances():
            if not isinstance(instance, DurableInstance):
                instance.delete(CancelReason.SHUTDOWN)
        self._driver.close()
        if self.life is not None:
            self.life.close()
        self._timetable.clear()
        self._roster.clear()
