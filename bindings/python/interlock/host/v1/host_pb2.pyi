from interlock.v1 import contract_pb2 as _contract_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class InstanceState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    INSTANCE_STATE_UNSPECIFIED: _ClassVar[InstanceState]
    INSTANCE_STATE_LIVE: _ClassVar[InstanceState]
    INSTANCE_STATE_FAILED: _ClassVar[InstanceState]
    INSTANCE_STATE_HIBERNATED: _ClassVar[InstanceState]
INSTANCE_STATE_UNSPECIFIED: InstanceState
INSTANCE_STATE_LIVE: InstanceState
INSTANCE_STATE_FAILED: InstanceState
INSTANCE_STATE_HIBERNATED: InstanceState

class Method(_message.Message):
    __slots__ = ("name", "client_streaming", "server_streaming", "read")
    NAME_FIELD_NUMBER: _ClassVar[int]
    CLIENT_STREAMING_FIELD_NUMBER: _ClassVar[int]
    SERVER_STREAMING_FIELD_NUMBER: _ClassVar[int]
    READ_FIELD_NUMBER: _ClassVar[int]
    name: str
    client_streaming: bool
    server_streaming: bool
    read: bool
    def __init__(self, name: _Optional[str] = ..., client_streaming: _Optional[bool] = ..., server_streaming: _Optional[bool] = ..., read: _Optional[bool] = ...) -> None: ...

class Module(_message.Message):
    __slots__ = ("name", "service", "digest", "summary", "limits", "methods", "instances")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SERVICE_FIELD_NUMBER: _ClassVar[int]
    DIGEST_FIELD_NUMBER: _ClassVar[int]
    SUMMARY_FIELD_NUMBER: _ClassVar[int]
    LIMITS_FIELD_NUMBER: _ClassVar[int]
    METHODS_FIELD_NUMBER: _ClassVar[int]
    INSTANCES_FIELD_NUMBER: _ClassVar[int]
    name: str
    service: str
    digest: str
    summary: str
    limits: _contract_pb2.Limits
    methods: _containers.RepeatedCompositeFieldContainer[Method]
    instances: int
    def __init__(self, name: _Optional[str] = ..., service: _Optional[str] = ..., digest: _Optional[str] = ..., summary: _Optional[str] = ..., limits: _Optional[_Union[_contract_pb2.Limits, _Mapping]] = ..., methods: _Optional[_Iterable[_Union[Method, _Mapping]]] = ..., instances: _Optional[int] = ...) -> None: ...

class ListModulesRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListModulesResponse(_message.Message):
    __slots__ = ("modules",)
    MODULES_FIELD_NUMBER: _ClassVar[int]
    modules: _containers.RepeatedCompositeFieldContainer[Module]
    def __init__(self, modules: _Optional[_Iterable[_Union[Module, _Mapping]]] = ...) -> None: ...

class Instance(_message.Message):
    __slots__ = ("module", "name", "state", "memory_bytes", "parked_calls", "entries", "traps", "durability")
    MODULE_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    MEMORY_BYTES_FIELD_NUMBER: _ClassVar[int]
    PARKED_CALLS_FIELD_NUMBER: _ClassVar[int]
    ENTRIES_FIELD_NUMBER: _ClassVar[int]
    TRAPS_FIELD_NUMBER: _ClassVar[int]
    DURABILITY_FIELD_NUMBER: _ClassVar[int]
    module: str
    name: str
    state: InstanceState
    memory_bytes: int
    parked_calls: int
    entries: int
    traps: int
    durability: _contract_pb2.Durability
    def __init__(self, module: _Optional[str] = ..., name: _Optional[str] = ..., state: _Optional[_Union[InstanceState, str]] = ..., memory_bytes: _Optional[int] = ..., parked_calls: _Optional[int] = ..., entries: _Optional[int] = ..., traps: _Optional[int] = ..., durability: _Optional[_Union[_contract_pb2.Durability, str]] = ...) -> None: ...

class ListInstancesRequest(_message.Message):
    __slots__ = ("module", "prefix", "page_size", "page_token")
    MODULE_FIELD_NUMBER: _ClassVar[int]
    PREFIX_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    module: str
    prefix: str
    page_size: int
    page_token: str
    def __init__(self, module: _Optional[str] = ..., prefix: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListInstancesResponse(_message.Message):
    __slots__ = ("instances", "next_page_token")
    INSTANCES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    instances: _containers.RepeatedCompositeFieldContainer[Instance]
    next_page_token: str
    def __init__(self, instances: _Optional[_Iterable[_Union[Instance, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class DescribeInstanceRequest(_message.Message):
    __slots__ = ("module", "instance")
    MODULE_FIELD_NUMBER: _ClassVar[int]
    INSTANCE_FIELD_NUMBER: _ClassVar[int]
    module: str
    instance: str
    def __init__(self, module: _Optional[str] = ..., instance: _Optional[str] = ...) -> None: ...

class DescribeInstanceResponse(_message.Message):
    __slots__ = ("instance", "deadline_ns", "now_ns", "metrics", "failure")
    INSTANCE_FIELD_NUMBER: _ClassVar[int]
    DEADLINE_NS_FIELD_NUMBER: _ClassVar[int]
    NOW_NS_FIELD_NUMBER: _ClassVar[int]
    METRICS_FIELD_NUMBER: _ClassVar[int]
    FAILURE_FIELD_NUMBER: _ClassVar[int]
    instance: Instance
    deadline_ns: int
    now_ns: int
    metrics: _contract_pb2.ModuleMetrics
    failure: str
    def __init__(self, instance: _Optional[_Union[Instance, _Mapping]] = ..., deadline_ns: _Optional[int] = ..., now_ns: _Optional[int] = ..., metrics: _Optional[_Union[_contract_pb2.ModuleMetrics, _Mapping]] = ..., failure: _Optional[str] = ...) -> None: ...

class DeleteInstanceRequest(_message.Message):
    __slots__ = ("module", "instance")
    MODULE_FIELD_NUMBER: _ClassVar[int]
    INSTANCE_FIELD_NUMBER: _ClassVar[int]
    module: str
    instance: str
    def __init__(self, module: _Optional[str] = ..., instance: _Optional[str] = ...) -> None: ...

class DeleteInstanceResponse(_message.Message):
    __slots__ = ("cancelled_calls",)
    CANCELLED_CALLS_FIELD_NUMBER: _ClassVar[int]
    cancelled_calls: int
    def __init__(self, cancelled_calls: _Optional[int] = ...) -> None: ...

class ReinstateInstanceRequest(_message.Message):
    __slots__ = ("module", "instance")
    MODULE_FIELD_NUMBER: _ClassVar[int]
    INSTANCE_FIELD_NUMBER: _ClassVar[int]
    module: str
    instance: str
    def __init__(self, module: _Optional[str] = ..., instance: _Optional[str] = ...) -> None: ...

class ReinstateInstanceResponse(_message.Message):
    __slots__ = ("failure",)
    FAILURE_FIELD_NUMBER: _ClassVar[int]
    failure: str
    def __init__(self, failure: _Optional[str] = ...) -> None: ...

class DrainRequest(_message.Message):
    __slots__ = ("wait_ms",)
    WAIT_MS_FIELD_NUMBER: _ClassVar[int]
    wait_ms: int
    def __init__(self, wait_ms: _Optional[int] = ...) -> None: ...

class DrainResponse(_message.Message):
    __slots__ = ("remaining_calls",)
    REMAINING_CALLS_FIELD_NUMBER: _ClassVar[int]
    remaining_calls: int
    def __init__(self, remaining_calls: _Optional[int] = ...) -> None: ...

class AdvanceRequest(_message.Message):
    __slots__ = ("by_ns",)
    BY_NS_FIELD_NUMBER: _ClassVar[int]
    by_ns: int
    def __init__(self, by_ns: _Optional[int] = ...) -> None: ...

class AdvanceResponse(_message.Message):
    __slots__ = ("now_ns",)
    NOW_NS_FIELD_NUMBER: _ClassVar[int]
    now_ns: int
    def __init__(self, now_ns: _Optional[int] = ...) -> None: ...
