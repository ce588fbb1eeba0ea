"""The modules that instances of a data directory were made with, by digest."""

from __future__ import annotations

import contextlib
import hashlib

from interlock_host.disk import Disk
from interlock_host.snapshot.whole import open_folder, write_whole

FOLDER = "modules"


class ModuleDamaged(Exception):
    """A kept module is missing, or not what it was; names the file."""


class ModuleStore:
    """Keeps packed modules.

    Args:
        disk: Of the data directory.
        read_only: Whether nothing may change, because another process owns the
            directory; otherwise what a crash left half written is removed.

    Raises:
        OSError: The folder cannot be read, or made.
    """

    def __init__(self, disk: Disk, *, read_only: bool = False) -> None:
        self._disk = disk
        if not read_only:
            open_folder(disk, FOLDER)

    def put(self, digest: str, wasm: bytes) -> None:
        """Keep a module durably; one that is kept already, and whole, is left alone.

        Args:
            digest: SHA-256 of `wasm`, in hexadecimal.
            wasm: The packed module.

        Raises:
            ValueError: The digest is another's.
            OSError: It could not be written.
        """
        if hashlib.sha256(wasm).hexdigest() != digest:
            raise ValueError(f"this module's digest is not {digest}")
        with contextlib.suppress(ModuleDamaged):
            self.get(digest)
            return
        write_whole(self._disk, FOLDER, f"{digest}.wasm", wasm)

    def get(self, digest: str) -> bytes:
        """Return the module of a digest.

        Raises:
            ModuleDamaged: It is not there, or the file does not have this digest.
        """
        path = f"{FOLDER}/{digest}.wasm"
        try:
            wasm = bytes(self._disk.read(path))
        except OSError as error:
            raise ModuleDamaged(f"{path}: {error.strerror or error}") from error
        found = hashlib.sha256(wasm).hexdigest()
        if found != digest:
            raise ModuleDamaged(f"{path}: its digest is {found}")
        return wasm
