"""What outlives the process: the journal, the snapshots, and how instances come back from them."""
