"""Reads a contract file: the message interlock.v1.Contract as YAML, its keys the proto's field names."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from interlock.v1 import contract_pb2
from interlock_host.pack.errors import PackError

_RANGES = {
    FieldDescriptor.CPPTYPE_UINT32: (0, 2**32 - 1),
    FieldDescriptor.CPPTYPE_UINT64: (0, 2**64 - 1),
    FieldDescriptor.CPPTYPE_INT32: (-(2**31), 2**31 - 1),
    FieldDescriptor.CPPTYPE_INT64: (-(2**63), 2**63 - 1),
}


def load_contract(path: str | Path) -> contract_pb2.Contract:
    """The contract in a YAML file. Raises PackError, with file, line and key, at what is no contract."""
    return _Reader(Path(path)).read()


class _Reader:
    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> contract_pb2.Contract:
        contract = contract_pb2.Contract()
        try:
            node = yaml.compose(self.path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
        except OSError as error:
            raise PackError(f"{self.path}: cannot be read: {error.strerror}") from error
        except UnicodeDecodeError as error:
            raise PackError(f"{self.path}: not UTF-8") from error
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 1
            raise PackError(f"{self.path}:{line}: not YAML: {error.problem}") from error
        except (yaml.YAMLError, RecursionError) as error:
            raise PackError(f"{self.path}: not YAML: {error}") from error
        if node is not None:
            self._fill(contract, node, "the contract")
        return contract

    def _refuse(self, node: yaml.Node, text: str) -> PackError:
        return PackError(f"{self.path}:{node.start_mark.line + 1}: {text}")

    def _fill(self, message: Message, node: yaml.Node, key: str) -> None:
        if not isinstance(node, yaml.MappingNode):
            raise self._refuse(node, f"{key}: expected keys and values")
        # Typed twice over in protobuf's stubs, in pure Python and in C.
        descriptor: Any = message.DESCRIPTOR
        fields = descriptor.fields_by_name
        seen: set[str] = set()
        for key_node, value_node in node.value:
            name = str(key_node.value)
            field = fields.get(name)
            if field is None:
                raise self._refuse(key_node, f"unknown key {name!r}; {key} has: {', '.join(fields)}")
            if name in seen:
                raise self._refuse(key_node, f"{name}: given twice")
            seen.add(name)
            self._set(message, field, value_node)

    def _set(self, message: Message, field: FieldDescriptor, node: yaml.Node) -> None:
        if field.is_repeated:
            if not isinstance(node, yaml.SequenceNode):
                raise self._refuse(node, f"{field.name}: expected a list")
            getattr(message, field.name).extend(self._scalar(field, item) for item in node.value)
        elif field.message_type is not None:
            part = getattr(message, field.name)
            part.SetInParent()
            self._fill(part, node, field.name)
        else:
            setattr(message, field.name, self._scalar(field, node))

    def _scalar(self, field: FieldDescriptor, node: yaml.Node) -> Any:
        kind = node.tag.removeprefix("tag:yaml.org,2002:")
        if field.enum_type is not None:
            return self._enum(field, node, kind)
        if field.cpp_type == FieldDescriptor.CPPTYPE_STRING:
            if kind != "str":
                raise self._refuse(node, f"{field.name}: expected text, not {kind} (quote it)")
            return node.value
        low, high = _RANGES[field.cpp_type]
        if kind != "int":
            raise self._refuse(node, f"{field.name}: expected a whole number, not {kind}")
        number = yaml.SafeLoader("").construct_object(node)
        if not low <= number <= high:
            raise self._refuse(node, f"{field.name}: {number} is not within {low} and {high}")
        return number

    def _enum(self, field: FieldDescriptor, node: yaml.Node, kind: str) -> int:
        """A value by its proto name, or by the part that is its own, in lower case: `durable`."""
        enum: Any = field.enum_type
        prefix = enum.values_by_number[0].name.removesuffix("UNSPECIFIED")
        values = {name: value.number for name, value in enum.values_by_name.items()}
        values |= {name.removeprefix(prefix).lower(): number for name, number in values.items() if number}
        if kind != "str" or node.value not in values:
            raise self._refuse(node, f"{field.name}: {node.value!r} is none of {', '.join(values)}")
        return int(values[node.value])
