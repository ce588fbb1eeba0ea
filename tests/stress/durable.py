"""An engine on a real folder whose disk fills up and empties on command, for many threads at once."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Callable, Iterable
from pathlib import Path

from interlock.counter.v1 import counter_pb2
from interlock.queue.v1 import queue_pb2
from interlock_host.calls import Call, Record
from interlock_host.disk import RealDisk, RealFile
from interlock_host.durability.life import Life
from interlock_host.durability.store import Store, StoreOptions
from interlock_host.engine import Engine, EngineConfig
from interlock_host.errors import HostError, failure_of

ADD = "/interlock.counter.v1.CounterService/Add"
GET = "/interlock.counter.v1.CounterService/Get"
POP = "/interlock.queue.v1.QueueService/Pop"
LONGEST = 60.0
"""Seconds. Nothing here takes so long, however busy the machine is: it hangs."""


class Refused(Exception):
    """A call's answer is an error; says its reason."""


class FullFile(RealFile):
    """A file on a disk that may be full."""

    full: Callable[[], bool]

    def write(self, data: bytes) -> None:
        if self.full():
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        super().write(data)


class FullDisk(RealDisk):
    """A folder that takes nothing while `full` is set."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.full = threading.Event()

    def _open(self, path: str, flags: int) -> RealFile:
        file = super()._open(path, flags)
        file.__class__ = FullFile
        file.full = self.full.is_set  # type: ignore[attr-defined]
        return file


class Host:
    """An engine over a folder."""

    def __init__(self, folder: Path, options: StoreOptions | None = None, most: int = 10_000) -> None:
        folder.mkdir(exist_ok=True)
        self.folder = folder
        self.disk = FullDisk(folder)
        store = Store(self.disk, options)
        assert store._committer is not None
        store._committer._resume_seconds = 0.002
        self.engine = Engine(EngineConfig(max_instances=most, cache=_CACHE), store=store)

    @property
    def life(self) -> Life:
        assert self.engine.life is not None
        return self.engine.life

    def begin(self, path: str, request: bytes, scope: bytes = b"") -> Begun:
        return Begun(self.engine, path, request, scope)

    def add(self, instance: str, delta: int = 1, *, scope: bytes = b"", key: str = "") -> int:
        """Add, and return the value that was answered.

        Raises:
            HostError: The host refuses the call.
            Refused: Its answer is an error.
        """
        adds = [counter_pb2.Addition(key=key, delta=delta)]
        request = counter_pb2.AddRequest(instance=instance, adds=adds).SerializeToString()
        answer = self.begin(ADD, request, scope).wait()
        return counter_pb2.AddResponse.FromString(answer.payload).values[0].value

    def value(self, instance: str, key: str = "") -> int:
        """Return what a read answers."""
        request = counter_pb2.GetRequest(instance=instance, keys=[key]).SerializeToString()
        answer = self.begin(GET, request).wait()
        return counter_pb2.GetResponse.FromString(answer.payload).values[0].value

    def pop(self, queue: str, wait_ms: int) -> Begun:
        return self.begin(
            POP, queue_pb2.PopRequest(instance=queue, max_items=1, wait_ms=wait_ms).SerializeToString()
        )

    def close(self) -> None:
        self.engine.close()


class Begun:
    """A call that was begun; each of its records is counted."""

    def __init__(self, engine: Engine, path: str, request: bytes, scope: bytes = b"") -> None:
        self.records: list[Record] = []
        self._left = threading.Lock()  # and no Event: one that is interrupted would hold up who tells it
        self._left.acquire()
        method = engine.method(path)
        assert method is not None
        self.call: Call = engine.start(method, request, self._take, None, scope)

    def _take(self, record: Record) -> None:
        self.records.append(record)
        if record.final:
            self._left.release()

    def wait(self) -> Record:
        """Return the answer.

        Raises:
            Refused: It is an error.
        """
        if self.call.answer is None:
            assert self._left.acquire(timeout=LONGEST), "a call was never answered"
        # One whose retries wait on is told of its own cancellation alone.
        answer = self.call.answer or self.records[-1]
        assert len(self.records) <= 1, "a call was answered twice"
        if answer.status:
            raise Refused(failure_of(answer).reason)
        return answer


def together(works: Iterable[Callable[[], object]]) -> None:
    """Run each on a thread of its own, all beginning at the same moment; raise what one raised."""
    works = list(works)
    gate = threading.Barrier(len(works))
    failures: list[BaseException] = []

    def run(work: Callable[[], object]) -> None:
        gate.wait()
        try:
            work()
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=run, args=(work,), daemon=True) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LONGEST)
        if thread.is_alive():
            raise AssertionError(f"a thread hangs; {failures}")
    if failures:
        raise failures[0]


def until_done(works: Iterable[Callable[[], object]], meanwhile: Iterable[Callable[[], object]]) -> None:
    """Run `works` together, and `meanwhile` again and again until they are through."""
    works = list(works)
    left = [len(works)]
    lock = threading.Lock()
    over = threading.Event()

    def counted(work: Callable[[], object]) -> Callable[[], object]:
        def run() -> None:
            try:
                work()
            finally:
                with lock:
                    left[0] -= 1
                    if not left[0]:
                        over.set()

        return run

    def repeated(work: Callable[[], object]) -> Callable[[], object]:
        def run() -> None:
            while not over.is_set():
                work()

        return run

    together([*map(counted, works), *map(repeated, meanwhile)])


def tried(work: Callable[[], object]) -> str:
    """Do it; return the reason of its refusal, or "" if it was done."""
    try:
        work()
    except HostError as error:
        return error.failure.reason
    except Refused as error:
        return str(error)
    return ""


_CACHE = EngineConfig().cache
