from interlock.v1 import options_pb2 as _options_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Overflow(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    OVERFLOW_UNSPECIFIED: _ClassVar[Overflow]
    OVERFLOW_WAIT: _ClassVar[Overflow]
    OVERFLOW_REJECT: _ClassVar[Overflow]
    OVERFLOW_DROP_OLDEST: _ClassVar[Overflow]
OVERFLOW_UNSPECIFIED: Overflow
OVERFLOW_WAIT: Overflow
OVERFLOW_REJECT: Overflow
OVERFLOW_DROP_OLDEST: Overflow

class ConfigureRequest(_message.Message):
    __slots__ = ("instance", "capacity_bytes", "max_items", "overflow", "lease_ms", "max_deliveries", "dedupe_window_ms")
    INSTANCE_FIELD_NUMBER: _ClassVar[int]
    CAPACITY_BYTES_FIELD_NUMBER: _ClassVar[int]
    MAX_ITEMS_FIELD_NUMBER: _ClassVar[int]
    OVERFLOW_FIELD_NUMBER: _ClassVar[int]
    LEASE_MS_FIELD_NUMBER: _ClassVar[int]
    MAX_DELIVERIES_FIELD_NUMBER: _ClassVar[int]
    DEDUPE_WINDOW_MS_FIELD_NUMBER: _ClassVar[int]
    instance: str
    capacity_bytes: int
    max_items: int
    overflow: Overflow
    lease_ms: int
    max_deliveries: int
    dedupe_window_ms: int
    def __init__(self, instance: _Optional[str] = ..., capacity_bytes: _Optional[int] = ..., max_items: _Optional[int] = ..., overflow: _Optional[_Union[Overflow, str]] = ..., lease_ms: _Optional[int] = ..., max_deliveries: _Optional[int] = ..., dedupe_window_ms: _Optional[int] = ...) -> None: ...

class ConfigureResponse(_message.Message):
    __slots__ = ("capacity_bytes", "max_items", "overflow", "lease_ms", "max_deliveries", "dedupe_window_ms")
    CAPACITY_BYTES_FIELD_NUMBER: _ClassVar[int]
    MAX_ITEMS_FIELD_NUMBER: _ClassVar[int]
    OVERFLOW_FIELD_NUMBER: _ClassVar[int]
    LEASE_MS_FIELD_NUMBER: _ClassVar[int]
    MAX_DELIVERIES_FIELD_NUMBER: _ClassVar[int]
    DEDUPE_WINDOW_MS_FIELD_NUMBER: _ClassVar[int]
    capacity_bytes: int
    max_items: int
    overflow: Overflow
    lease_ms: int
    max_deliveries: int
    dedupe_window_ms: int
    def __init__(self, capacity_bytes: _Optional[int] = ..., max_items: _Optional[int] = ..., overflow: _Optional[_Union[Overflow, str]] = ..., lease_ms: _Optional[int] = ..., max_deliveries: _Optional[int] = ..., dedupe_window_ms: _Optional[int] = ...) -> None: ...

class Item(_message.Message):
    __slots__ = ("data", "id", "delay_ms")
    DATA_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    DELAY_MS_FIELD_NUMBER: _ClassVar[int]
    data: bytes
    id: str
    delay_ms: int
    def __init__(self, data: _Optional[bytes] = ..., id: _Optional[str] = ..., delay_ms: _Optional[int] = ...) -> None: ...

class PushRequest(_message.Message):
    __slots__ = ("instance", "items", "wait_ms")
    INSTANCE_FIELD_NUMBER: _ClassVar[int]
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    WAIT_MS_FIELD_NUMBER: _ClassVar[int]
    instance: str
    items: _containers.RepeatedCompositeFieldContainer[Item]
    wait_ms: int
    def __init__(self, instance: _Optional[str] = ..., items: _Optional[_Iterable[_Union[Item, _Mapping]]] = ..., wait_ms: _Optional[int] = ...) -> None: ...

class PushResponse(_message.Message):
    __slots__ = ("accepted", "duplicates", "first_sequence")
    ACCEPTED_FIELD_NUMBER: _ClassVar[int]
    DUPLICATES_FIELD_NUMBER: _ClassVar[int]
    FIRST_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    accepted: int
    duplicates: int
    first_sequence: int
    def __init__(self, accepted: _Optional[int] = ..., duplicates: _Optional[int] = ..., first_sequence: _Optional[int] = ...) -> None: ...

class PopRequest(_message.Message):
    __slots__ = ("instance", "max_items", "wait_ms", "lease_ms", "ack", "dead_letters")
    INSTANCE_FIELD_NUMBER: _ClassVar[int]
    MAX_ITEMS_FIELD_NUMBER: _ClassVar[int]
    WAIT_MS_FIELD_NUMBER: _ClassVar[int]
    LEASE_MS_FIELD_NUMBER: _ClassVar[int]
    ACK_FIELD_NUMBER: _ClassVar[int]
    DEAD_LETTERS_FIELD_NUMBER: _ClassVar[int]
    instance: str
    max_items: int
    wait_ms: int
    lease_ms: int
    ack: _containers.RepeatedScalarFieldContainer[int]
    dead_letters: bool
    def __init__(self, instance: _Optional[str] = ..., max_items: _Optional[int] = ..., wait_ms: _Optional[int] = ..., lease_ms: _Optional[int] = ..., ack: _Optional[_Iterable[int]] = ..., dead_letters: _Optional[bool] = ...) -> None: ...

class Delivery(_message.Message):
    __slots__ = ("data", "id", "sequence", "receipt", "attempt")
    DATA_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    RECEIPT_FIELD_NUMBER: _ClassVar[int]
    ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    data: bytes
    id: str
    sequence: int
    receipt: int
    attempt: int
    def __init__(self, data: _Optional[bytes] = ..., id: _Optional[str] = ..., sequence: _Optional[int] = ..., receipt: _Optional[int] = ..., attempt: _Optional[int] = ...) -> None: ...

class PopResponse(_message.Message):
    __slots__ = ("items",)
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    items: _containers.RepeatedCompositeFieldContainer[Delivery]
    def __init__(self, items: _Optional[_Iterable[_Union[Delivery, _Mapping]]] = ...) -> None: ...

class AckRequest(_message.Message):
    __slots__ = ("instance", "receipts")
    INSTANCE_FIELD_NUMBER: _ClassVar[int]
    RECEIPTS_FIELD_NUMBER: _ClassVar[int]
    instance: str
    receipts: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, instance: _Optional[str] = ..., receipts: _Optional[_Iterable[int]] = ...) -> None: ...

class AckResponse(_message.Message):
    __slots__ = ("acked", "unknown")
    ACKED_FIELD_NUMBER: _ClassVar[int]
    UNKNOWN_FIELD_NUMBER: _ClassVar[int]
    acked: int
    unknown: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, acked: _Optional[int] = ..., unknown: _Optional[_Iterable[int]] = ...) -> None: ...

class NackRequest(_message.Message):
    __slots__ = ("instance", "receipts", "delay_ms")
    INSTANCE_FIELD_NUMBER: _ClassVar[int]
    RECEIPTS_FIELD_NUMBER: _ClassVar[int]
    DELAY_MS_FIELD_NUMBER: _ClassVar[int]
    instance: str
    receipts: _containers.RepeatedScalarFieldContainer[int]
    delay_ms: int
    def __init__(self, instance: _Optional[str] = ..., receipts: _Optional[_Iterable[int]] = ..., delay_ms: _Optional[int] = ...) -> None: ...

class NackResponse(_message.Message):
    __slots__ = ("nacked", "unknown")
    NACKED_FIELD_NUMBER: _ClassVar[int]
    UNKNOWN_FIELD_NUMBER: _ClassVar[int]
    nacked: int
    unknown: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, nacked: _Optional[int] = ..., unknown: _Optional[_Iterable[int]] = ...) -> None: ...

class ExtendRequest(_message.Message):
    __slots__ = ("instance", "receipts", "lease_ms")
    INSTANCE_FIELD_NUMBER: _ClassVar[int]
    RECEIPTS_FIELD_NUMBER: _ClassVar[int]
    LEASE_MS_FIELD_NUMBER: _ClassVar[int]
    instance: str
    receipts: _containers.RepeatedScalarFieldContainer[int]
    lease_ms: int
    def __init__(self, instance: _Optional[str] = ..., receipts: _Optional[_Iterable[int]] = ..., lease_ms: _Optional[int] = ...) -> None: ...

class ExtendResponse(_message.Message):
    __slots__ = ("extended", "unknown")
    EXTENDED_FIELD_NUMBER: _ClassVar[int]
    UNKNOWN_FIELD_NUMBER: _ClassVar[int]
    extended: int
    unknown: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, extended: _Optional[int] = ..., unknown: _Optional[_Iterable[int]] = ...) -> None: ...

class SubscribeRequest(_message.Message):
    __slots__ = ("instance", "credit", "lease_ms")
    INSTANCE_FIELD_NUMBER: _ClassVar[int]
    CREDIT_FIELD_NUMBER: _ClassVar[int]
    LEASE_MS_FIELD_NUMBER: _ClassVar[int]
    instance: str
    credit: int
    lease_ms: int
    def __init__(self, instance: _Optional[str] = ..., credit: _Optional[int] = ..., lease_ms: _Optional[int] = ...) -> None: ...

class SubscribeResponse(_message.Message):
    __slots__ = ("items",)
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    items: _containers.RepeatedCompositeFieldContainer[Delivery]
    def __init__(self, items: _Optional[_Iterable[_Union[Delivery, _Mapping]]] = ...) -> None: ...

class StatsRequest(_message.Message):
    __slots__ = ("instance",)
    INSTANCE_FIELD_NUMBER: _ClassVar[int]
    instance: str
    def __init__(self, instance: _Optional[str] = ...) -> None: ...

class StatsResponse(_message.Message):
    __slots__ = ("depth", "leased", "delayed", "dead", "bytes", "waiters")
    DEPTH_FIELD_NUMBER: _ClassVar[int]
    LEASED_FIELD_NUMBER: _ClassVar[int]
    DELAYED_FIELD_NUMBER: _ClassVar[int]
    DEAD_FIELD_NUMBER: _ClassVar[int]
    BYTES_FIELD_NUMBER: _ClassVar[int]
    WAITERS_FIELD_NUMBER: _ClassVar[int]
    depth: int
    leased: int
    delayed: int
    dead: int
    bytes: int
    waiters: int
    def __init__(self, depth: _Optional[int] = ..., leased: _Optional[int] = ..., delayed: _Optional[int] = ..., dead: _Optional[int] = ..., bytes: _Optional[int] = ..., waiters: _Optional[int] = ...) -> None: ...

class PurgeRequest(_message.Message):
    __slots__ = ("instance", "dead_letters")
    INSTANCE_FIELD_NUMBER: _ClassVar[int]
    DEAD_LETTERS_FIELD_NUMBER: _ClassVar[int]
    instance: str
    dead_letters: bool
    def __init__(self, instance: _Optional[str] = ..., dead_letters: _Optional[bool] = ...) -> None: ...

class PurgeResponse(_message.Message):
    __slots__ = ("purged",)
    PURGED_FIELD_NUMBER: _ClassVar[int]
    purged: int
    def __init__(self, purged: _Optional[int] = ...) -> None: ...

class CloseRequest(_message.Message):
    __slots__ = ("instance",)
    INSTANCE_FIELD_NUMBER: _ClassVar[int]
    instance: str
    def __init__(self, instance: _Optional[str] = ...) -> None: ...

class CloseResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...
