"""Snapshots of instances, and the modules that they need, in a data directory.

What stands here is written whole or not at all: under a temporary name, synced,
renamed, and the folder synced. What is read is checked before it is believed.
"""

from interlock_host.snapshot.form import Snapshot, SnapshotDamaged
from interlock_host.snapshot.modules import ModuleDamaged, ModuleStore
from interlock_host.snapshot.store import Found, SnapshotStore

__all__ = ["Found", "ModuleDamaged", "ModuleStore", "Snapshot", "SnapshotDamaged", "SnapshotStore"]
