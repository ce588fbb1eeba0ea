"""A host that is killed at random instants: what it acknowledged is there, once, when it comes back."""
