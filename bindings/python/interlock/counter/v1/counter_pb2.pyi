from interlock.v1 import options_pb2 as _options_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Addition(_message.Message):
    __slots__ = ("key", "delta", "once")
    KEY_FIELD_NUMBER: _ClassVar[int]
    DELTA_FIELD_NUMBER: _ClassVar[int]
    ONCE_FIELD_NUMBER: _ClassVar[int]
    key: str
    delta: int
    once: str
    def __init__(self, key: _Optional[str] = ..., delta: _Optional[int] = ..., once: _Optional[str] = ...) -> None: ...

class AddRequest(_message.Message):
    __slots__ = ("instance", "adds")
    INSTANCE_FIELD_NUMBER: _ClassVar[int]
    ADDS_FIELD_NUMBER: _ClassVar[int]
    instance: str
    adds: _containers.RepeatedCompositeFieldContainer[Addition]
    def __init__(self, instance: _Optional[str] = ..., adds: _Optional[_Iterable[_Union[Addition, _Mapping]]] = ...) -> None: ...

class Added(_message.Message):
    __slots__ = ("key", "value", "applied")
    KEY_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    APPLIED_FIELD_NUMBER: _ClassVar[int]
    key: str
    value: int
    applied: bool
    def __init__(self, key: _Optional[str] = ..., value: _Optional[int] = ..., applied: _Optional[bool] = ...) -> None: ...

class AddResponse(_message.Message):
    __slots__ = ("values",)
    VALUES_FIELD_NUMBER: _ClassVar[int]
    values: _containers.RepeatedCompositeFieldContainer[Added]
    def __init__(self, values: _Optional[_Iterable[_Union[Added, _Mapping]]] = ...) -> None: ...

class GetRequest(_message.Message):
    __slots__ = ("instance", "keys")
    INSTANCE_FIELD_NUMBER: _ClassVar[int]
    KEYS_FIELD_NUMBER: _ClassVar[int]
    instance: str
    keys: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, instance: _Optional[str] = ..., keys: _Optional[_Iterable[str]] = ...) -> None: ...

class KeyValue(_message.Message):
    __slots__ = ("key", "value")
    KEY_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    key: str
    value: int
    def __init__(self, key: _Optional[str] = ..., value: _Optional[int] = ...) -> None: ...

class GetResponse(_message.Message):
    __slots__ = ("values",)
    VALUES_FIELD_NUMBER: _ClassVar[int]
    values: _containers.RepeatedCompositeFieldContainer[KeyValue]
    def __init__(self, values: _Optional[_Iterable[_Union[KeyValue, _Mapping]]] = ...) -> None: ...

class CompareAndSetRequest(_message.Message):
    __slots__ = ("instance", "key", "expected", "value")
    INSTANCE_FIELD_NUMBER: _ClassVar[int]
    KEY_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    instance: str
    key: str
    expected: int
    value: int
    def __init__(self, instance: _Optional[str] = ..., key: _Optional[str] = ..., expected: _Optional[int] = ..., value: _Optional[int] = ...) -> None: ...

class CompareAndSetResponse(_message.Message):
    __slots__ = ("swapped", "value")
    SWAPPED_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    swapped: bool
    value: int
    def __init__(self, swapped: _Optional[bool] = ..., value: _Optional[int] = ...) -> None: ...

class ResetRequest(_message.Message):
    __slots__ = ("instance", "keys")
    INSTANCE_FIELD_NUMBER: _ClassVar[int]
    KEYS_FIELD_NUMBER: _ClassVar[int]
    instance: str
    keys: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, instance: _Optional[str] = ..., keys: _Optional[_Iterable[str]] = ...) -> None: ...

class ResetResponse(_message.Message):
    __slots__ = ("reset",)
    RESET_FIELD_NUMBER: _ClassVar[int]
    reset: int
    def __init__(self, reset: _Optional[int] = ...) -> None: ...

class ListRequest(_message.Message):
    __slots__ = ("instance", "prefix", "page_size", "page_token")
    INSTANCE_FIELD_NUMBER: _ClassVar[int]
    PREFIX_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    instance: str
    prefix: str
    page_size: int
    page_token: str
    def __init__(self, instance: _Optional[str] = ..., prefix: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListResponse(_message.Message):
    __slots__ = ("values", "next_page_token")
    VALUES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    values: _containers.RepeatedCompositeFieldContainer[KeyValue]
    next_page_token: str
    def __init__(self, values: _Optional[_Iterable[_Union[KeyValue, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class WaitRequest(_message.Message):
    __slots__ = ("instance", "key", "at_least", "at_most", "wait_ms")
    INSTANCE_FIELD_NUMBER: _ClassVar[int]
    KEY_FIELD_NUMBER: _ClassVar[int]
    AT_LEAST_FIELD_NUMBER: _ClassVar[int]
    AT_MOST_FIELD_NUMBER: _ClassVar[int]
    WAIT_MS_FIELD_NUMBER: _ClassVar[int]
    instance: str
    key: str
    at_least: int
    at_most: int
    wait_ms: int
    def __init__(self, instance: _Optional[str] = ..., key: _Optional[str] = ..., at_least: _Optional[int] = ..., at_most: _Optional[int] = ..., wait_ms: _Optional[int] = ...) -> None: ...

class WaitResponse(_message.Message):
    __slots__ = ("value", "reached")
    VALUE_FIELD_NUMBER: _ClassVar[int]
    REACHED_FIELD_NUMBER: _ClassVar[int]
    value: int
    reached: bool
    def __init__(self, value: _Optional[int] = ..., reached: _Optional[bool] = ...) -> None: ...

class CounterState(_message.Message):
    __slots__ = ("values", "once", "waiting")
    class Once(_message.Message):
        __slots__ = ("id", "due_ns")
        ID_FIELD_NUMBER: _ClassVar[int]
        DUE_NS_FIELD_NUMBER: _ClassVar[int]
        id: str
        due_ns: int
        def __init__(self, id: _Optional[str] = ..., due_ns: _Optional[int] = ...) -> None: ...
    class Waiting(_message.Message):
        __slots__ = ("call", "key", "at_least", "at_most", "due_ns")
        CALL_FIELD_NUMBER: _ClassVar[int]
        KEY_FIELD_NUMBER: _ClassVar[int]
        AT_LEAST_FIELD_NUMBER: _ClassVar[int]
        AT_MOST_FIELD_NUMBER: _ClassVar[int]
        DUE_NS_FIELD_NUMBER: _ClassVar[int]
        call: int
        key: str
        at_least: int
        at_most: int
        due_ns: int
        def __init__(self, call: _Optional[int] = ..., key: _Optional[str] = ..., at_least: _Optional[int] = ..., at_most: _Optional[int] = ..., due_ns: _Optional[int] = ...) -> None: ...
    VALUES_FIELD_NUMBER: _ClassVar[int]
    ONCE_FIELD_NUMBER: _ClassVar[int]
    WAITING_FIELD_NUMBER: _ClassVar[int]
    values: _containers.RepeatedCompositeFieldContainer[KeyValue]
    once: _containers.RepeatedCompositeFieldContainer[CounterState.Once]
    waiting: _containers.RepeatedCompositeFieldContainer[CounterState.Waiting]
    def __init__(self, values: _Optional[_Iterable[_Union[KeyValue, _Mapping]]] = ..., once: _Optional[_Iterable[_Union[CounterState.Once, _Mapping]]] = ..., waiting: _Optional[_Iterable[_Union[CounterState.Waiting, _Mapping]]] = ...) -> None: ...
