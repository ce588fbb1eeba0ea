"""WebAssembly machines on wasmtime; nothing here knows of calls or protobuf."""
