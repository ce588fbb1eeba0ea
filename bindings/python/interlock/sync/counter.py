"""Counters, for threads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from interlock.handle import Handle
from interlock.ops import counter as ops
from interlock.ops.counter import Additions
from interlock.options import Options
from interlock.sync.drive import Driver
from interlock.values import DEFAULT, Added, Swap, Timeout


class Counter(Handle):
    """Keyed signed 64-bit counters. The empty key is a key like any other. Thread-safe.

    Every method raises `interlock.Error`; the classes named are those that a
    program may want to catch.
    """

    __slots__ = ("_driver", "_options", "name")

    def __init__(self, driver: Driver, options: Options, name: str) -> None:
        self._driver = driver
        self._options = options
        self.name = name

    def __repr__(self) -> str:
        return f"<Counter {self.name}>"

    def add(self, delta: int = 1, *, key: str = "", once: str = "") -> int:
        """Add to a key.

        Args:
            delta: How much; may be negative.
            key: At most 1,024 bytes of UTF-8.
            once: An id, at most 255 bytes: applied only if no addition with it was
                applied to this counter in the last 10 minutes. It makes a retry safe.

        Returns:
            The key's value after the addition.

        Raises:
            CounterOverflow: The value would leave 64 bits; nothing was added.
        """
        return self._driver.run(ops.add(self.name, delta, key, once))

    def add_many(self, adds: Additions) -> list[Added]:
        """Apply several additions, or, where one overflows, none.

        Args:
            adds: `Addition`s, pairs of key and delta, or a mapping of key to delta; at most 1,024.

        Returns:
            What each addition left behind, in order.

        Raises:
            CounterOverflow: A value would leave 64 bits; nothing was added.
        """
        return self._driver.run(ops.add_many(self.name, adds))

    def get(self, *, key: str = "") -> int:
        """Read a key.

        Args:
            key: At most 1,024 bytes of UTF-8.

        Returns:
            Its value; 0 if it was never added to.
        """
        return self._driver.run(ops.get_one(self.name, key))

    def get_many(self, keys: Iterable[str]) -> dict[str, int]:
        """Read several keys: at one moment, or at several where they are more than 1,024.

        Args:
            keys: Which.

        Returns:
            The values by key; 0 for a key that was never added to.
        """
        return self._driver.run(ops.get(self.name, ops.listed(keys)))

    def cas(self, expected: int, value: int, *, key: str = "") -> Swap:
        """Set a key if it has the value expected (compare and set).

        Args:
            expected: The value that it must have.
            value: The value that it then gets.
            key: At most 1,024 bytes of UTF-8.

        Returns:
            A `Swap`: true where it swapped; `.value` is the key's value after the call.
        """
        return self._driver.run(ops.compare_and_set(self.name, expected, value, key))

    def reset(self, keys: str | Iterable[str] = "") -> int:
        """Forget keys. Ids of `once` stay known.

        Args:
            keys: One key, or several; none of them changes nothing.

        Returns:
            How many were there.
        """
        return self._driver.run(ops.reset(self.name, ops.listed(keys)))

    def reset_all(self) -> int:
        """Forget every key. Ids of `once` stay known.

        Returns:
            How many were there.
        """
        return self._driver.run(ops.reset(self.name, None))

    def list(self, prefix: str = "", *, page_size: int = 1000) -> Iterator[tuple[str, int]]:
        """Go through keys and values, in byte order of the keys.

        Each page is one request; keys that change between two of them may be
        seen as before or as after.

        Args:
            prefix: Only keys that begin so.
            page_size: Keys of one request: at most 10,000.

        Yields:
            Pairs of key and value.
        """
        token = ""
        while True:
            pairs, token = self._driver.run(ops.page(self.name, prefix, page_size, token))
            yield from pairs
            if not token:
                return

    def wait(
        self,
        at_least: int | None = None,
        at_most: int | None = None,
        *,
        key: str = "",
        timeout: Timeout = DEFAULT,
    ) -> int:
        """Wait until a key's value is within bounds: a latch or a wait group.

        Args:
            at_least: The lower bound; None for no bound on this side.
            at_most: The upper bound; None for no bound on this side.
            key: At most 1,024 bytes of UTF-8.
            timeout: Seconds; 0 does not wait, None waits for ever.

        Returns:
            The value that is within the bounds.

        Raises:
            TimedOut: The timeout passed first.
        """
        return self._driver.run(ops.wait(self.name, at_least, at_most, key, self._options.wait(timeout)))
