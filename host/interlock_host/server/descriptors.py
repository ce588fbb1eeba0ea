"""The protos of all that a host serves, for server reflection and for configuration."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from google.protobuf import descriptor_pb2, descriptor_pool

_T = TypeVar("_T")


def pool_of(descriptor_set: bytes) -> descriptor_pool.DescriptorPool:
    """Return a pool with the files of a serialised FileDescriptorSet, and no others."""
    pool = descriptor_pool.DescriptorPool()
    for file in descriptor_pb2.FileDescriptorSet.FromString(descriptor_set).file:
        pool.AddSerializedFile(file.SerializeToString())
    return pool


class PoolChain:
    """Several pools asked in turn, with the methods that server reflection uses.

    A pool of its own for each module: two modules may well embed different
    versions of one file, or two files of one name, and a single pool refuses that.
    """

    def __init__(self, pools: Iterable[descriptor_pool.DescriptorPool]) -> None:
        self._pools = list(pools)

    def FindFileByName(self, name: str) -> Any:
        return self._first(lambda pool: pool.FindFileByName(name))

    def FindFileContainingSymbol(self, symbol: str) -> Any:
        return self._first(lambda pool: pool.FindFileContainingSymbol(symbol))

    def FindMessageTypeByName(self, name: str) -> Any:
        return self._first(lambda pool: pool.FindMessageTypeByName(name))

    def FindExtensionByNumber(self, message: Any, number: int) -> Any:
        return self._first(
            lambda pool: pool.FindExtensionByNumber(pool.FindMessageTypeByName(message.full_name), number)
        )

    def FindAllExtensions(self, message: Any) -> list[Any]:
        return list(message.file.pool.FindAllExtensions(message))

    def _first(self, find: Callable[[descriptor_pool.DescriptorPool], _T]) -> _T:
        for pool in self._pools:
            try:
                return find(pool)
            except KeyError:
                continue
        raise KeyError("no module knows it")
