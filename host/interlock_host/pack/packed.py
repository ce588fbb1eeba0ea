"""Reads a packed module: what a host needs to know before it compiles the file."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from google.protobuf.descriptor import ServiceDescriptor
from google.protobuf.message import DecodeError

from interlock.v1 import contract_pb2
from interlock_host.pack import interface, service
from interlock_host.pack.binary import Binary, Export, Global, Import, Limits, read_binary
from interlock_host.pack.errors import PackError
from interlock_host.pack.service import Method

CONTRACT = "interlock.contract"
DESCRIPTOR = "interlock.descriptor"


@dataclass(frozen=True, slots=True)
class GlobalExport:
    """A mutable global, which a snapshot keeps."""

    index: int
    name: str
    type: str


@dataclass(frozen=True, slots=True)
class Packed:
    contract: contract_pb2.Contract
    # A serialised google.protobuf.FileDescriptorSet with all imports.
    descriptor_set: bytes
    service: ServiceDescriptor
    methods: tuple[Method, ...]
    # SHA-256 of the file, in hexadecimal.
    digest: str
    imports: tuple[Import, ...]
    # By name.
    exports: dict[str, Export]
    # In rising order of index.
    globals: tuple[GlobalExport, ...]
    # In pages of 65,536 bytes.
    memory: Limits


def read_packed(wasm: bytes) -> Packed:
    """What a packed file says of itself.

    Signatures are checked again, because a host calls the exports without a check of its own; instructions
    are not looked at, so this is no proof that `pack` made the file. Raises PackError.
    """
    binary = read_binary(wasm)
    contract, descriptor_set = _sections(binary)
    interface.check_imports(binary)
    interface.check_memory(binary)
    files = service.parse_descriptors(descriptor_set)
    found = service.find_service(files, contract.package, contract.service)
    methods = service.read_methods(found)
    interface.check_exports(binary, methods, contract)
    return Packed(
        contract=contract,
        descriptor_set=descriptor_set,
        service=found,
        methods=tuple(methods),
        digest=hashlib.sha256(wasm).hexdigest(),
        imports=tuple(binary.imports),
        exports={export.name: export for export in binary.exports},
        globals=_globals(binary),
        memory=binary.memories[0],
    )


def _sections(binary: Binary) -> tuple[contract_pb2.Contract, bytes]:
    contracts, descriptors = binary.custom(CONTRACT), binary.custom(DESCRIPTOR)
    if not contracts and not descriptors:
        raise PackError("not packed: run `interlock pack` on the compiled file first")
    if len(contracts) != 1 or len(descriptors) != 1:
        raise PackError(
            f"damaged: {len(contracts)} sections {CONTRACT} and {len(descriptors)} {DESCRIPTOR}, not one each"
        )
    try:
        contract = contract_pb2.Contract.FromString(contracts[0])
    except DecodeError as error:
        raise PackError(f"damaged: the section {CONTRACT} does not parse") from error
    if contract.abi > interface.ABI:
        raise PackError(
            f"packed for ABI {contract.abi}, this Interlock knows {interface.ABI}: update Interlock"
        )
    if contract.abi != interface.ABI or not contract.package or not contract.service:
        raise PackError(f"damaged: the section {CONTRACT} lacks the ABI, the package or the service")
    return contract, descriptors[0]


def _globals(binary: Binary) -> tuple[GlobalExport, ...]:
    exported: dict[str, Global] = {
        export.name: binary.globals[export.index] for export in binary.exports if export.kind == "global"
    }
    found = []
    for index in binary.mutable_globals():
        name = f"{interface.GLOBAL_PREFIX}{index}"
        if exported.get(name) is not binary.globals[index]:
            raise PackError(f"damaged: mutable global {index} is not exported as {name}; pack the file again")
        found.append(GlobalExport(index, name, binary.globals[index].type))
    return tuple(found)
