"""The journal: one write-ahead log for all durable instances of a data directory.

    append ──> pending entries ──flush──> one batch, one write, one sync ──> durable
    journal/00000000000000000001.log  =  batch batch batch ...
    journal/00000000000000004711.log  =  batch batch ...

An entry is what an instance was told (`entry`), a batch what one flush wrote (`batch`),
a segment a file of batches that is named by its first LSN (`segment`). LSNs begin at 1
and have no gaps. Nothing is ever changed in place: files grow at their end, are cut
there after a failed write, and go as a whole once snapshots have what they hold.

What a reader finds (`scan`) is one of three things, whatever happened to the files:

- All of it. Headers stand twice and directories can be rebuilt, so most single errors
  cost nothing; they are told of as notes.
- Damage: entries that had been durable are lost. Each batch carries a mark, the highest
  LSN that was durable before it was written, so what has a whole batch behind it is not
  the end of an interrupted write. The instances it may concern are refused, with the
  file, the offset and the LSN. The batch's directory says whose an entry was. Where that
  is lost too, every instance may be concerned that has no later entry whose `previous`
  leads past the hole, and no snapshot behind it.
- A cut: the journal was not closed, and its last batch is not whole. No mark says that
  it was durable; it is dropped, and that is reported. That a byte rots in this one batch
  cannot be told from an interrupted write, until the next batch or a clean close.

Where two histories meet (files of another journal, of an older copy, with other entries
under the same LSNs) nothing from there on is trusted, and nothing may be appended.

What is written but not known to be synced is written again before it counts: the last
batch that a restart finds, because the process may have died before its sync, or that
sync may have failed. A failed sync is final for its process, because the system may
forget that it failed. Failed writes are cut off and tried again.

Where the parts come from: group commit from IMS Fast Path (Gawlick and Kinkade, 1985)
and Tandem (Helland et al., "Group Commit Timers and High Volume Transaction Systems",
1987); segments, LSNs and per-record checksums as in PostgreSQL's WAL; the chain of
checksums as in etcd's; finding the next good block after a bad one as in LevelDB's log;
salts against old frames as in SQLite's WAL; expected sequences on append as in NATS
JetStream. What disks may do: Pillai et al., "All File Systems Are Not Created Equal"
(OSDI 2014); Rebello et al., "Can Applications Recover from fsync Failures?" (ATC 2020);
Alagappan et al., "Protocol-Aware Recovery for Consensus-Based Storage" (FAST 2018),
which tells a crash from a corruption by what was written after it, as the mark does.
"""

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
