"""What the codec generator refuses, and in which words."""

from pathlib import Path

import pytest

from codec import Unsupported, load_unit, write_unit
from generate import PROTOS, descriptor_set

HEAD = """syntax = "proto3";
package acme.v1;
import "interlock/v1/options.proto";
import "interlock/v1/error.proto";"""


def generate(folder: Path, body: str, head: str = HEAD) -> dict[str, str]:
    (folder / "acme.proto").write_text(f"{head}\n{body}")
    return write_unit(
        load_unit(descriptor_set(["acme.proto"], folder, PROTOS), ["acme.proto"], "acme"), "r", "s"
    )


REFUSED = {
    "map": ("message M { map<string, int32> f = 1; }", "acme.v1.M.f: maps are not supported"),
    "itself": ("message M { M f = 1; }", "acme.v1.M holds itself"),
    "itself_through": ("message M { N f = 1; } message N { oneof o { M g = 1; } }", "acme.v1.M holds itself"),
    "foreign_type": ("message M { interlock.v1.Error f = 1; }", "acme.v1.M.f: a type of another proto"),
    "same_c_name": ("message A { message B {} } message A_B {}", "two messages would be called A_B"),
    "length_of_number": (
        "message M { int32 f = 1 [(interlock.v1.rules) = {max_len: 1}]; }",
        "min_len and max_len",
    ),
    "bound_of_text": ("message M { string f = 1 [(interlock.v1.rules) = {max: 1}]; }", "min and max"),
    "bound_of_float": ("message M { float f = 1 [(interlock.v1.rules) = {max: 1}]; }", "min and max"),
    "items_of_one": ("message M { string f = 1 [(interlock.v1.rules) = {max_items: 1}]; }", "min_items"),
    "format_of_bytes": (
        "message M { bytes f = 1 [(interlock.v1.rules) = {format: FORMAT_NAME}]; }",
        "format",
    ),
    "defined_number": (
        "message M { int32 f = 1 [(interlock.v1.rules) = {defined_only: true}]; }",
        "defined_only",
    ),
    "negative_unsigned": ("message M { uint32 f = 1 [(interlock.v1.rules) = {min: -1}]; }", "negative bound"),
    "deep_way": (
        "message A { B b = 1; } message B { C c = 1; } message C { D d = 1; } message D { E e = 1; }"
        "message E { F f = 1; } message F { repeated int32 g = 1; }",
        "more than 4 sub-messages deep",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refuses(case: str, tmp_path: Path) -> None:
    body, what = REFUSED[case]
    with pytest.raises(Unsupported) as caught:
        generate(tmp_path, body)
    assert what in str(caught.value)


def test_refuses_proto2(tmp_path: Path) -> None:
    with pytest.raises(Unsupported, match="only proto3"):
        generate(tmp_path, "message M { required int32 f = 1; }", 'syntax = "proto2"; package acme.v1;')


def test_enum_of_interlock(tmp_path: Path) -> None:
    header = generate(tmp_path, "message M { interlock.v1.Reason reason = 1; }")["acme.h"]
    assert '#include "s/interlock.h"' in header
    assert "interlock_Reason reason;" in header


def test_without_rules(tmp_path: Path) -> None:
    """A proto that does not know of Interlock's options has a codec too."""
    files = generate(tmp_path, "message M { repeated M f = 1; }", 'syntax = "proto3"; package acme.v1;')
    assert "M_rules" not in files["acme.c"]


def test_own_kind_is_bounded(tmp_path: Path) -> None:
    """A message that may nest in itself must fit the stack so many times, at whatever distance it does."""
    body = """
        message A { repeated B b = 1; } message B { C c = 1; }
        message C { repeated A a = 1; } message D { A a = 1; }"""
    source = generate(tmp_path, body)["acme.c"]
    assert [f"CODEC_FITS_STACK({name});" in source for name in "ABCD"] == [True, True, True, False]


def test_same_text_again(tmp_path: Path) -> None:
    body = "message B { repeated A a = 1; } message A { int32 f = 2; }"
    assert generate(tmp_path, body) == generate(tmp_path, body)
