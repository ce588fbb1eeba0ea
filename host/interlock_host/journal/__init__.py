"""The journal: one write-ahead log for all durable instances of a data directory."""

from __future__ import annotations

from interlock_host.journal.committer import Committer
from interlock_host.journal.damage import FOREVER, Cut, Damage, Note
from interlock_host.journal.entry import Entry, Kind
from interlock_host.journal.failures import Fenced, JournalFailed
from interlock_host.journal.journal import SEGMENT_BYTES, Flush, Journal
from interlock_host.journal.lock import DataLock, DataLocked
from interlock_host.journal.scan import Extent, JournalDamaged, Scan, scan
from interlock_host.journal.segment import Segment

__all__ = [
    "FOREVER",
    "SEGMENT_BYTES",
    "Committer",
    "Cut",
    "Damage",
    "DataLock",
    "DataLocked",
    "Entry",
    "Extent",
    "Fenced",
    "Flush",
    "Journal",
    "JournalDamaged",
    "JournalFailed",
    "Kind",
    "Note",
    "Scan",
    "Segment",
    "scan",
]
