"""The host of Interlock's modules: engine, daemon and command line."""

__version__ = "0.1.0"
