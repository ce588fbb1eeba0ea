"""`interlock top`: /metrics read again and again, and what changed between two readings."""
