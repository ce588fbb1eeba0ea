"""A member of a group that keeps itself in it, for threads."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Any

from interlock.errors import ClientClosed, Error
from interlock.handle import Handle
from interlock.ops import rebalance as ops
from interlock.ops.membership import Membership as Protocol
from interlock.ops.membership import Owned
from interlock.sync.drive import Driver
from interlock.transport import Transport
from interlock.values import Partitions

if TYPE_CHECKING:
    from interlock.sync.client import Client


class _Stopped(Exception):
    """The member is leaving: the flow on its thread ends here."""


class _StayDriver(Driver):
    """Runs the member's flow on its thread until it is told to stop."""

    def __init__(self, transport: Transport, retries: int, reconnect: float) -> None:
        super().__init__(transport, retries, reconnect)
        self._stop = threading.Event()
        self._calling = threading.Lock()

    def stop(self) -> None:
        """Make no callback from now on; returns when none runs."""
        self._stop.set()
        with self._calling:
            pass

    def pause(self, seconds: float) -> None:
        if self._stop.wait(seconds):
            raise _Stopped

    def notify(self, function: Callable[..., Any], argument: Any) -> None:
        with self._calling:
            if self._stop.is_set():
                raise _Stopped
            function(argument)


class Membership(Handle):
    """One member of a group, from `start` to `close`, or for a `with` block; see `Group.member`."""

    def __init__(self, client: Client, protocol: Protocol) -> None:
        self._driver = client.driver
        self._protocol = protocol
        self._staying: _StayDriver | None = None
        self._thread: threading.Thread | None = None
        self._failure: BaseException | None = None
        self._client = client

    def __repr__(self) -> str:
        return f"<Membership {self.name} in {self._protocol.group}>"

    @property
    def name(self) -> str:
        """The member's name."""
        return self._protocol.name

    @property
    def generation(self) -> int:
        """The generation that it is in; 0 while it is in none."""
        return self._protocol.generation

    @property
    def assigned(self) -> Owned:
        """What it may work on now: partitions by topic."""
        return dict(self._protocol.assigned)

    def check(self, partitions: Partitions | None = None) -> None:
        """Fence a commit: return if the member may still act.

        Args:
            partitions: For which, by topic; None: for all that it is assigned.

        Raises:
            Fenced: It may not: the group dropped it, or has begun a newer generation; the
                member joins that by itself, and may then try again.
            Error: What ended the membership, if something did.
        """
        if self._failure is not None:
            raise self._failure
        protocol = self._protocol
        wanted = protocol.assigned if partitions is None else partitions
        self._driver.run(ops.check_generation(protocol.group, protocol.name, protocol.generation, wanted))

    def start(self) -> Membership:
        """Join, and stay; returns when the member has its partitions.

        A second call does nothing; after `close` it joins anew.

        Raises:
            Superseded: Another process joined under this name.
        """
        if self._thread is not None:
            return self
        try:
            self._driver.run(self._protocol.join())
        except BaseException:
            with contextlib.suppress(Error):
                self._driver.run(self._protocol.leave())
            raise
        self._client.keep(self)
        self._failure = None
        driver = self._driver
        self._staying = _StayDriver(driver.transport, driver.retries, driver.reconnect)
        self._thread = threading.Thread(
            target=self._stay, args=(self._staying,), name="interlock-member", daemon=True
        )
        self._thread.start()
        return self

    def _stay(self, driver: _StayDriver) -> None:
        try:
            driver.run(self._protocol.stay())
        except (_Stopped, ClientClosed):
            return
        except BaseException as error:
            # Raised by the next check(), or at the end: a thread has nobody to raise it to.
            self._failure = error

    def close(self) -> None:
        """Give up everything and leave. A second call does nothing.

        Raises:
            Error: What ended the membership before, if something did.
        """
        thread, self._thread = self._thread, None
        if thread is None or self._staying is None:
            return
        self._staying.stop()
        try:
            self._driver.run(self._protocol.give_up())
        finally:
            # Leave answers the thread's Join, if one is parked; then it ends.
            self._driver.run(self._protocol.leave())
            thread.join()
        if self._failure is not None and not _from_leaving(self._failure):
            raise self._failure

    def __enter__(self) -> Membership:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self.close()
            return
        with contextlib.suppress(Error):  # the body's own error says more
            self.close()


def _from_leaving(failure: BaseException) -> bool:
    return isinstance(failure, Error) and failure.reason in {"SUPERSEDED", "UNKNOWN_MEMBER"}
