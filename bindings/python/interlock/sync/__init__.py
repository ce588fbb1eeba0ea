"""The client for threads: thin shells around the flows of `interlock.ops`."""
