from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Reason(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    REASON_UNSPECIFIED: _ClassVar[Reason]
    REASON_INVALID_PROTO: _ClassVar[Reason]
    REASON_INSTANCE_MISSING: _ClassVar[Reason]
    REASON_INSTANCE_INVALID: _ClassVar[Reason]
    REASON_STREAM_EMPTY: _ClassVar[Reason]
    REASON_INSTANCE_CHANGED: _ClassVar[Reason]
    REASON_MESSAGE_TOO_LARGE: _ClassVar[Reason]
    REASON_UNKNOWN_METHOD: _ClassVar[Reason]
    REASON_NOT_FOUND: _ClassVar[Reason]
    REASON_UNAUTHENTICATED: _ClassVar[Reason]
    REASON_PERMISSION_DENIED: _ClassVar[Reason]
    REASON_REQUEST_ID_REUSED: _ClassVar[Reason]
    REASON_CONFIG_CONFLICT: _ClassVar[Reason]
    REASON_FENCED: _ClassVar[Reason]
    REASON_CLOSED: _ClassVar[Reason]
    REASON_UNKNOWN_MEMBER: _ClassVar[Reason]
    REASON_OVERFLOW: _ClassVar[Reason]
    REASON_ITEM_TOO_LARGE: _ClassVar[Reason]
    REASON_PAGE_TOKEN_INVALID: _ClassVar[Reason]
    REASON_TIMED_OUT: _ClassVar[Reason]
    REASON_SUPERSEDED: _ClassVar[Reason]
    REASON_TOO_MANY_PARKED: _ClassVar[Reason]
    REASON_OUT_OF_MEMORY: _ClassVar[Reason]
    REASON_TOO_MANY_INSTANCES: _ClassVar[Reason]
    REASON_SLOW_CONSUMER: _ClassVar[Reason]
    REASON_TRAP: _ClassVar[Reason]
    REASON_NO_PROGRESS: _ClassVar[Reason]
    REASON_PARKED_READ: _ClassVar[Reason]
    REASON_MODULE_FAULT: _ClassVar[Reason]
    REASON_START_FAILED: _ClassVar[Reason]
    REASON_INSTANCE_RESTARTED: _ClassVar[Reason]
    REASON_INSTANCE_FAILED: _ClassVar[Reason]
    REASON_SHUTTING_DOWN: _ClassVar[Reason]
    REASON_INSTANCE_DELETED: _ClassVar[Reason]
    REASON_JOURNAL_FAILED: _ClassVar[Reason]
    REASON_CALLER_GONE: _ClassVar[Reason]
    REASON_DATA_LOCKED: _ClassVar[Reason]
    REASON_DATA_DAMAGED: _ClassVar[Reason]
REASON_UNSPECIFIED: Reason
REASON_INVALID_PROTO: Reason
REASON_INSTANCE_MISSING: Reason
REASON_INSTANCE_INVALID: Reason
REASON_STREAM_EMPTY: Reason
REASON_INSTANCE_CHANGED: Reason
REASON_MESSAGE_TOO_LARGE: Reason
REASON_UNKNOWN_METHOD: Reason
REASON_NOT_FOUND: Reason
REASON_UNAUTHENTICATED: Reason
REASON_PERMISSION_DENIED: Reason
REASON_REQUEST_ID_REUSED: Reason
REASON_CONFIG_CONFLICT: Reason
REASON_FENCED: Reason
REASON_CLOSED: Reason
REASON_UNKNOWN_MEMBER: Reason
REASON_OVERFLOW: Reason
REASON_ITEM_TOO_LARGE: Reason
REASON_PAGE_TOKEN_INVALID: Reason
REASON_TIMED_OUT: Reason
REASON_SUPERSEDED: Reason
REASON_TOO_MANY_PARKED: Reason
REASON_OUT_OF_MEMORY: Reason
REASON_TOO_MANY_INSTANCES: Reason
REASON_SLOW_CONSUMER: Reason
REASON_TRAP: Reason
REASON_NO_PROGRESS: Reason
REASON_PARKED_READ: Reason
REASON_MODULE_FAULT: Reason
REASON_START_FAILED: Reason
REASON_INSTANCE_RESTARTED: Reason
REASON_INSTANCE_FAILED: Reason
REASON_SHUTTING_DOWN: Reason
REASON_INSTANCE_DELETED: Reason
REASON_JOURNAL_FAILED: Reason
REASON_CALLER_GONE: Reason
REASON_DATA_LOCKED: Reason
REASON_DATA_DAMAGED: Reason

class Error(_message.Message):
    __slots__ = ("reason", "message", "field", "module_reason")
    REASON_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    FIELD_FIELD_NUMBER: _ClassVar[int]
    MODULE_REASON_FIELD_NUMBER: _ClassVar[int]
    reason: Reason
    message: str
    field: str
    module_reason: str
    def __init__(self, reason: _Optional[_Union[Reason, str]] = ..., message: _Optional[str] = ..., field: _Optional[str] = ..., module_reason: _Optional[str] = ...) -> None: ...
