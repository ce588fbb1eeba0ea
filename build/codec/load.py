"""From descriptors to the schema, for the files of one unit."""

from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
    FileDescriptorSet,
)

from codec.rules import RulesReader, check_rules, rules_reader
from codec.scalars import SCALARS
from codec.schema import EnumType, Field, Message, Presence, Unit, Unsupported

# Types of this package are generated once, for all modules, with a prefix.
SHARED_PACKAGE = "interlock.v1"
SHARED_PREFIX = "interlock_"
# runtime/codec.h: CODEC_WAY_MAX
WAY_MAX = 4

C_WORDS = """
alignas alignof auto bool break case char const constexpr continue default do double else enum extern false
float for goto if inline int long nullptr register restrict return short signed sizeof static static_assert
struct switch thread_local true typedef typeof typeof_unqual union unsigned void volatile while NULL
"""


def load_unit(descriptors: FileDescriptorSet, files: list[str], name: str) -> Unit:
    """The unit of these files of the set. Raises Unsupported."""
    return _Loader(descriptors, files, name).load()


def c_prefix(package: str) -> str:
    return SHARED_PREFIX if package == SHARED_PACKAGE else ""


class _Loader:
    def __init__(self, descriptors: FileDescriptorSet, files: list[str], name: str) -> None:
        self.files = [file for file in descriptors.file if file.name in files]
        self.unit = Unit(name, [file.name for file in self.files])
        self.rules: RulesReader = rules_reader(descriptors)
        self.c_names: dict[str, str] = {}  # by full proto name, of messages
        self.enums: dict[str, EnumType] = {}
        self.shared: set[str] = set()  # full names of enums that are another unit's
        self.messages: dict[str, DescriptorProto] = {}
        services = [service for file in self.files for service in file.service]
        self.requests = {method.input_type for service in services for method in service.method}
        for file in descriptors.file:
            own = file.name in files
            if own or file.package == SHARED_PACKAGE:
                self.name_types(file, own)

    def name_types(self, file: FileDescriptorProto, own: bool) -> None:
        if own and file.syntax != "proto3":
            raise Unsupported(f"{file.name}: only proto3 is supported, not {file.syntax or 'proto2'}")
        scope = f".{file.package}" if file.package else ""
        for enum in file.enum_type:
            self.name_enum(scope, c_prefix(file.package), enum, own)
        for message in file.message_type:
            self.name_message(scope, c_prefix(file.package), message, own)

    def name_enum(self, scope: str, prefix: str, enum: EnumDescriptorProto, own: bool) -> None:
        values = tuple((value.name, value.number) for value in enum.value)
        found = EnumType(prefix + enum.name, values)
        self.enums[f"{scope}.{enum.name}"] = found
        if own:
            self.unit.enums.append(found)
        else:
            self.shared.add(f"{scope}.{enum.name}")

    def name_message(self, scope: str, prefix: str, message: DescriptorProto, own: bool) -> None:
        full, c_name = f"{scope}.{message.name}", prefix + message.name
        if own:
            if c_name in self.c_names.values():
                raise Unsupported(f"{full[1:]}: two messages would be called {c_name} in C")
            self.c_names[full] = c_name
            self.messages[full] = message
        for enum in message.enum_type:
            self.name_enum(full, f"{c_name}_", enum, own)
        for nested in message.nested_type:
            self.name_message(full, f"{c_name}_", nested, own)

    def load(self) -> Unit:
        loaded: dict[str, Message] = {}
        for full in self.messages:
            self.load_message(full, loaded, [])
        self.unit.messages = list(loaded.values())
        return self.unit

    def load_message(self, full: str, loaded: dict[str, Message], outer: list[str]) -> None:
        """Loads what the message holds by value first, then the message."""
        if full in outer:
            raise Unsupported(f"{full[1:]} holds itself; only a repeated field may do that")
        if full in loaded:
            return
        proto = self.messages[full]
        for field in proto.field:
            singular = field.label != FieldDescriptorProto.LABEL_REPEATED
            if singular and field.type_name in self.messages:
                self.load_message(field.type_name, loaded, [*outer, full])
        fields = [self.load_field(full, proto, field) for field in proto.field]
        fields.sort(key=lambda field: field.number)
        named = [(field.number, field.name, field.kind) for field in fields[:1]] == [
            (1, "instance", "string")
        ]
        loaded[full] = Message(self.c_names[full], tuple(fields), named and full in self.requests)

    def load_field(self, full: str, proto: DescriptorProto, field: FieldDescriptorProto) -> Field:
        where = f"{full[1:]}.{field.name}"
        kind = FieldDescriptorProto.Type.Name(field.type).removeprefix("TYPE_").lower()
        repeated = field.label == FieldDescriptorProto.LABEL_REPEATED
        if kind == "group":
            raise Unsupported(f"{where}: groups are not supported")
        rules = self.rules(field)
        check_rules(where, kind, repeated, rules)
        in_oneof = field.HasField("oneof_index") and not field.proto3_optional
        packable = repeated and kind not in ("string", "bytes", "message")
        return Field(
            name=field.name,
            c_name=f"{field.name}_" if field.name in C_WORDS.split() else field.name,
            number=field.number,
            kind=kind,
            repeated=repeated,
            packed=packable and (field.options.packed or not field.options.HasField("packed")),
            presence=_presence(field, in_oneof),
            rules=rules,
            oneof=proto.oneof_decl[field.oneof_index].name if in_oneof else "",
            type_name=self.type_name(where, field, kind),
            enum=self.enums.get(field.type_name),
        )

    def type_name(self, where: str, field: FieldDescriptorProto, kind: str) -> str:
        if kind in SCALARS and kind != "enum":
            return ""
        if kind == "enum" and field.type_name in self.enums:
            self.unit.needs_shared |= field.type_name in self.shared
            return self.enums[field.type_name].c_name
        if field.type_name not in self.messages:
            raise Unsupported(f"{where}: a type of another proto, {field.type_name[1:]}, is not supported")
        if self.messages[field.type_name].options.map_entry:
            raise Unsupported(f"{where}: maps are not supported; use a repeated message of a key and a value")
        return self.c_names[field.type_name]


def _presence(field: FieldDescriptorProto, in_oneof: bool) -> Presence:
    if in_oneof:
        return Presence.ONEOF
    if field.proto3_optional or field.type == FieldDescriptorProto.TYPE_MESSAGE:
        return Presence.EXPLICIT
    return Presence.IMPLICIT
