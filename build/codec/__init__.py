"""Generates the C codec of a module from its proto's descriptors.

`schema` is what the generator knows of a proto, `load` and `rules` read it from
a FileDescriptorSet and refuse what the codec cannot do, and `unit` writes the
two C files. wasm_modules/runtime/codec.h documents what they hold.
"""

from codec.load import load_unit
from codec.schema import Unsupported
from codec.unit import write_unit

__all__ = ["Unsupported", "load_unit", "write_unit"]
