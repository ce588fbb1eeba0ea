"""The journal: what is written is read again, and what is not is never taken for it."""
