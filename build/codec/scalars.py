"""The scalar types of protobuf in C.

Every number goes over the wire as `raw`, a uint64_t: `decode` and `encode` are
C expressions from and to it. A number is at its default when raw is 0.
"""

from dataclasses import dataclass
from enum import IntEnum


class Wire(IntEnum):
    VARINT = 0
    FIXED64 = 1
    BYTES = 2
    FIXED32 = 5

    @property
    def word(self) -> str:
        """As in codec_read_<word>, codec_put_<word>, codec_write_<word>."""
        return self.name.lower()


@dataclass(frozen=True)
class Scalar:
    c_type: str
    wire: Wire
    decode: str = ""
    encode: str = ""
    integer: bool = False
    unsigned: bool = False


def _integer(c_type: str, wire: Wire, decode: str = "", encode: str = "") -> Scalar:
    unsigned = c_type.startswith("u")
    widen = "(uint64_t){}" if unsigned else "(uint64_t)(int64_t){}"
    return Scalar(c_type, wire, decode or f"({c_type}){{}}", encode or widen, True, unsigned)


SCALARS = {
    "double": Scalar("double", Wire.FIXED64, "codec_double({})", "codec_double_bits({})"),
    "float": Scalar("float", Wire.FIXED32, "codec_float({})", "codec_float_bits({})"),
    "int64": _integer("int64_t", Wire.VARINT),
    "uint64": _integer("uint64_t", Wire.VARINT),
    "int32": _integer("int32_t", Wire.VARINT),
    "fixed64": _integer("uint64_t", Wire.FIXED64),
    "fixed32": _integer("uint32_t", Wire.FIXED32),
    "bool": Scalar("bool", Wire.VARINT, "{} != 0", "(uint64_t){}"),
    "string": Scalar("codec_view", Wire.BYTES),
    "bytes": Scalar("codec_view", Wire.BYTES),
    "uint32": _integer("uint32_t", Wire.VARINT),
    "enum": _integer("int32_t", Wire.VARINT),
    "sfixed32": _integer("int32_t", Wire.FIXED32),
    "sfixed64": _integer("int64_t", Wire.FIXED64),
    "sint32": _integer("int32_t", Wire.VARINT, "codec_unzigzag32({})", "codec_zigzag32({})"),
    "sint64": _integer("int64_t", Wire.VARINT, "codec_unzigzag64({})", "codec_zigzag64({})"),
}
