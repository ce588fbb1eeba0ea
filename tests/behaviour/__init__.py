"""What the primitives do, run the same over every placement and both clients."""
