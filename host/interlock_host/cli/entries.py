"""An entry of the journal, as a person or a script reads it."""

from __future__ import annotations

import datetime
import json
from typing import Any

from google.protobuf import json_format, message_factory
from google.protobuf.message import DecodeError

from interlock.journal.v1 import journal_pb2
from interlock_host.calls import CancelReason
from interlock_host.durability.audit import Archive, Kept
from interlock_host.errors import ModuleError
from interlock_host.journal.entry import Entry, Kind
from interlock_host.module import Module
from interlock_host.server.descriptors import pool_of
from interlock_host.snapshot import ModuleDamaged


def describe(entry: Entry, kept: Kept | None, archive: Archive) -> dict[str, Any]:
    """Return what an entry says; the request in words where its module is there.

    Args:
        entry: The entry.
        kept: Whose it is, if its name is known.
        archive: Where its module is kept.
    """
    module = _module(kept, archive)
    facts = {
        "lsn": entry.lsn,
        "now": _time(entry.now),
        "instance": kept.name if kept is not None else f"instance {entry.instance}",
        "kind": Kind(entry.kind).name if entry.kind in list(Kind) else str(entry.kind),
        "call": entry.call or "",
        "what": _what(entry, module),
        "request_id": entry.identity.rpartition(b"\0")[2].decode("utf-8", "replace"),
        "outcome": f"{entry.outcome:08x}" if entry.outcome else "",
        "payload": _payload(entry, module),
    }
    return {name: value for name, value in facts.items() if value != ""}


def as_line(facts: dict[str, Any]) -> str:
    """Return an entry on one line."""
    return "  ".join(value if isinstance(value, str) else json.dumps(value) for value in facts.values())


def _module(kept: Kept | None, archive: Archive) -> Module | None:
    if kept is None:
        return None
    try:
        return archive.module(kept.birth.digest)
    except (ModuleDamaged, ModuleError):
        return None


def _time(now: int) -> str:
    """Return nanoseconds since the epoch as RFC 3339, all nine digits of the fraction."""
    seconds, rest = divmod(now, 1_000_000_000)
    try:
        moment = datetime.datetime.fromtimestamp(seconds, datetime.UTC)
    except (OverflowError, ValueError, OSError):
        return str(now)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{rest:09d}Z"


def _what(entry: Entry, module: Module | None) -> str:
    if entry.kind == Kind.CALL:
        methods = module.methods_by_index if module is not None else []
        return methods[entry.method].name if entry.method < len(methods) else f"method {entry.method}"
    if entry.kind == Kind.CANCEL:
        known = entry.method in list(CancelReason)
        return CancelReason(entry.method).name if known else f"reason {entry.method}"
    return ""


def _payload(entry: Entry, module: Module | None) -> Any:
    if not entry.payload:
        return ""
    try:
        if entry.kind == Kind.CREATE:
            return _json(journal_pb2.Birth.FromString(entry.payload))
        if entry.kind == Kind.VOID:
            return _json(journal_pb2.Voided.FromString(entry.payload))
        if entry.kind == Kind.CALL and module is not None and entry.method < len(module.methods_by_index):
            return _json(_request(entry, module))
    except (DecodeError, KeyError):
        pass
    return f"{len(entry.payload)} bytes"


def _request(entry: Entry, module: Module) -> Any:
    service = pool_of(module.descriptor_set).FindServiceByName(module.service)
    method = service.methods_by_name[module.methods_by_index[entry.method].name]
    return message_factory.GetMessageClass(method.input_type).FromString(entry.payload)


def _json(message: Any) -> Any:
    return json_format.MessageToDict(message)
