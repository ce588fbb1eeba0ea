"""What belongs to one client of one process."""

from __future__ import annotations

from typing import NoReturn


class Handle:
    """The base of a client and its parts: they hold locks, threads and connections, which have no copies."""

    __slots__ = ()

    def __reduce_ex__(self, _protocol: object) -> NoReturn:
        """Refuse to be pickled, or copied.

        Raises:
            TypeError: Always.
        """
        name = type(self).__name__
        raise TypeError(
            f"cannot pickle {name!r} object: it belongs to this process; open a client in the other"
        )
