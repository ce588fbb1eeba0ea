from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Durability(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    DURABILITY_UNSPECIFIED: _ClassVar[Durability]
    DURABILITY_EPHEMERAL: _ClassVar[Durability]
    DURABILITY_ASYNC: _ClassVar[Durability]
    DURABILITY_DURABLE: _ClassVar[Durability]
DURABILITY_UNSPECIFIED: Durability
DURABILITY_EPHEMERAL: Durability
DURABILITY_ASYNC: Durability
DURABILITY_DURABLE: Durability

class Limits(_message.Message):
    __slots__ = ("max_memory", "max_message_bytes", "max_parked_calls", "max_parked_bytes", "entry_budget_ms", "stream_window")
    MAX_MEMORY_FIELD_NUMBER: _ClassVar[int]
    MAX_MESSAGE_BYTES_FIELD_NUMBER: _ClassVar[int]
    MAX_PARKED_CALLS_FIELD_NUMBER: _ClassVar[int]
    MAX_PARKED_BYTES_FIELD_NUMBER: _ClassVar[int]
    ENTRY_BUDGET_MS_FIELD_NUMBER: _ClassVar[int]
    STREAM_WINDOW_FIELD_NUMBER: _ClassVar[int]
    max_memory: int
    max_message_bytes: int
    max_parked_calls: int
    max_parked_bytes: int
    entry_budget_ms: int
    stream_window: int
    def __init__(self, max_memory: _Optional[int] = ..., max_message_bytes: _Optional[int] = ..., max_parked_calls: _Optional[int] = ..., max_parked_bytes: _Optional[int] = ..., entry_budget_ms: _Optional[int] = ..., stream_window: _Optional[int] = ...) -> None: ...

class Contract(_message.Message):
    __slots__ = ("abi", "package", "service", "summary", "limits", "durability", "direct")
    ABI_FIELD_NUMBER: _ClassVar[int]
    PACKAGE_FIELD_NUMBER: _ClassVar[int]
    SERVICE_FIELD_NUMBER: _ClassVar[int]
    SUMMARY_FIELD_NUMBER: _ClassVar[int]
    LIMITS_FIELD_NUMBER: _ClassVar[int]
    DURABILITY_FIELD_NUMBER: _ClassVar[int]
    DIRECT_FIELD_NUMBER: _ClassVar[int]
    abi: int
    package: str
    service: str
    summary: str
    limits: Limits
    durability: Durability
    direct: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, abi: _Optional[int] = ..., package: _Optional[str] = ..., service: _Optional[str] = ..., summary: _Optional[str] = ..., limits: _Optional[_Union[Limits, _Mapping]] = ..., durability: _Optional[_Union[Durability, str]] = ..., direct: _Optional[_Iterable[str]] = ...) -> None: ...

class InstanceConfig(_message.Message):
    __slots__ = ("name", "config")
    NAME_FIELD_NUMBER: _ClassVar[int]
    CONFIG_FIELD_NUMBER: _ClassVar[int]
    name: str
    config: bytes
    def __init__(self, name: _Optional[str] = ..., config: _Optional[bytes] = ...) -> None: ...

class ModuleMetrics(_message.Message):
    __slots__ = ("values",)
    class Value(_message.Message):
        __slots__ = ("name", "value")
        NAME_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        name: str
        value: int
        def __init__(self, name: _Optional[str] = ..., value: _Optional[int] = ...) -> None: ...
    VALUES_FIELD_NUMBER: _ClassVar[int]
    values: _containers.RepeatedCompositeFieldContainer[ModuleMetrics.Value]
    def __init__(self, values: _Optional[_Iterable[_Union[ModuleMetrics.Value, _Mapping]]] = ...) -> None: ...
