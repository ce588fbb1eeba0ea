from interlock.v1 import contract_pb2 as _contract_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Birth(_message.Message):
    __slots__ = ("package", "digest", "name", "config", "seed", "limits", "durability")
    PACKAGE_FIELD_NUMBER: _ClassVar[int]
    DIGEST_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    CONFIG_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    LIMITS_FIELD_NUMBER: _ClassVar[int]
    DURABILITY_FIELD_NUMBER: _ClassVar[int]
    package: str
    digest: str
    name: str
    config: bytes
    seed: int
    limits: _contract_pb2.Limits
    durability: _contract_pb2.Durability
    def __init__(self, package: _Optional[str] = ..., digest: _Optional[str] = ..., name: _Optional[str] = ..., config: _Optional[bytes] = ..., seed: _Optional[int] = ..., limits: _Optional[_Union[_contract_pb2.Limits, _Mapping]] = ..., durability: _Optional[_Union[_contract_pb2.Durability, str]] = ...) -> None: ...

class SnapshotHead(_message.Message):
    __slots__ = ("birth", "last_call", "now", "deadline", "random", "parked", "answered", "traps", "failure")
    BIRTH_FIELD_NUMBER: _ClassVar[int]
    LAST_CALL_FIELD_NUMBER: _ClassVar[int]
    NOW_FIELD_NUMBER: _ClassVar[int]
    DEADLINE_FIELD_NUMBER: _ClassVar[int]
    RANDOM_FIELD_NUMBER: _ClassVar[int]
    PARKED_FIELD_NUMBER: _ClassVar[int]
    ANSWERED_FIELD_NUMBER: _ClassVar[int]
    TRAPS_FIELD_NUMBER: _ClassVar[int]
    FAILURE_FIELD_NUMBER: _ClassVar[int]
    birth: Birth
    last_call: int
    now: int
    deadline: int
    random: int
    parked: _containers.RepeatedCompositeFieldContainer[ParkedCall]
    answered: Answered
    traps: _containers.RepeatedScalarFieldContainer[int]
    failure: str
    def __init__(self, birth: _Optional[_Union[Birth, _Mapping]] = ..., last_call: _Optional[int] = ..., now: _Optional[int] = ..., deadline: _Optional[int] = ..., random: _Optional[int] = ..., parked: _Optional[_Iterable[_Union[ParkedCall, _Mapping]]] = ..., answered: _Optional[_Union[Answered, _Mapping]] = ..., traps: _Optional[_Iterable[int]] = ..., failure: _Optional[str] = ...) -> None: ...

class ParkedCall(_message.Message):
    __slots__ = ("id", "method", "size", "identity", "checksum")
    ID_FIELD_NUMBER: _ClassVar[int]
    METHOD_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    IDENTITY_FIELD_NUMBER: _ClassVar[int]
    CHECKSUM_FIELD_NUMBER: _ClassVar[int]
    id: int
    method: str
    size: int
    identity: bytes
    checksum: int
    def __init__(self, id: _Optional[int] = ..., method: _Optional[str] = ..., size: _Optional[int] = ..., identity: _Optional[bytes] = ..., checksum: _Optional[int] = ...) -> None: ...

class Answered(_message.Message):
    __slots__ = ("identity", "checksum", "size", "status", "flags", "payload", "now")
    IDENTITY_FIELD_NUMBER: _ClassVar[int]
    CHECKSUM_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    FLAGS_FIELD_NUMBER: _ClassVar[int]
    PAYLOAD_FIELD_NUMBER: _ClassVar[int]
    NOW_FIELD_NUMBER: _ClassVar[int]
    identity: _containers.RepeatedScalarFieldContainer[bytes]
    checksum: _containers.RepeatedScalarFieldContainer[int]
    size: _containers.RepeatedScalarFieldContainer[int]
    status: _containers.RepeatedScalarFieldContainer[int]
    flags: _containers.RepeatedScalarFieldContainer[int]
    payload: _containers.RepeatedScalarFieldContainer[bytes]
    now: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, identity: _Optional[_Iterable[bytes]] = ..., checksum: _Optional[_Iterable[int]] = ..., size: _Optional[_Iterable[int]] = ..., status: _Optional[_Iterable[int]] = ..., flags: _Optional[_Iterable[int]] = ..., payload: _Optional[_Iterable[bytes]] = ..., now: _Optional[_Iterable[int]] = ...) -> None: ...

class Voided(_message.Message):
    __slots__ = ("export", "trap", "message", "reinstated")
    EXPORT_FIELD_NUMBER: _ClassVar[int]
    TRAP_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    REINSTATED_FIELD_NUMBER: _ClassVar[int]
    export: str
    trap: str
    message: bytes
    reinstated: bool
    def __init__(self, export: _Optional[str] = ..., trap: _Optional[str] = ..., message: _Optional[bytes] = ..., reinstated: _Optional[bool] = ...) -> None: ...
