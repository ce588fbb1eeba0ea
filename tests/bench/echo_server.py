"""The peer of a unary call: `grpc.aio` and nothing else, on the loop that is named. Prints its port."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import grpc
import grpc.aio
import uvloop


class Echo(grpc.GenericRpcHandler):
    """Answers every unary call with its own bytes."""

    def service(self, details: grpc.HandlerCallDetails) -> Any:
        """Return one handler for all methods."""
        return _HANDLER


async def _echo(request: bytes, context: Any) -> bytes:
    return request


_HANDLER: Any = grpc.unary_unary_rpc_method_handler(_echo)


async def main() -> None:
    """Serve until terminated."""
    server = grpc.aio.server()
    server.add_generic_rpc_handlers((Echo(),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    print(port, flush=True)
    await server.wait_for_termination()


if __name__ == "__main__":
    loops = {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}
    with asyncio.Runner(loop_factory=loops[sys.argv[1]]) as runner:
        runner.run(main())
