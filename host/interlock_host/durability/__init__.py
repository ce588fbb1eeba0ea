"""What outlives the process: the journal, the snapshots, and how instances come back from them.

Locks, in the order in which they may be taken; each may be left out:

    an instance's       held through an entry and its commit, through waking, and through a delete
    the barrier's       held while records are handed to sinks, so that they leave in order
    the engine's        instances by name, and what is due
    the life's          which durable instances there are, and which are in memory
    the driver's, the journal's, the committer's, the snapshot store's    leaves, held for moments

Nobody waits for a second instance while he holds one. Who makes room asks for the locks of
idle ones without waiting, and passes over those he does not get. Under the barrier's lock
nothing is entered and no disk is waited for: sinks only put records where others find them.

An instance's lock may be held while the committer's thread is waited for (`Store.sync`): to
wake, to make room, to delete. So that thread waits for an instance's lock in one case alone,
to tell it that the journal failed, and whoever waits for a sync is told before. It hands on
records under the barrier's lock; `resumed` runs on the keeper's thread, or on a daemon's loop.

A failure goes this way: the journal discards what is not durable; `Store.failure` refuses new
entries; waiters for a sync go on; the barrier ends the calls that it holds; each instance
forgets what it has in memory (`lose`); the barrier ends what came in between; only then may
LSNs be given out again. So an LSN that an instance remembers means the same entry as long as
its `losses` are the same, and while its lock is held they are.
"""
