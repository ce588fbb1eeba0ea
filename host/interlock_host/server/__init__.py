"""The gRPC front of an engine: routes, streams, health, reflection, lifecycle."""
