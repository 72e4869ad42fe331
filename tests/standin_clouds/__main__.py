"""`python -m standin_clouds PACKAGE VERSION` serves one package's provider, and prints the port first."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import grpc.aio
from google.protobuf import empty_pb2
from pulumi.provider.experimental.server import ProviderServicer
from pulumi.runtime.proto import provider_pb2_grpc
from standin_clouds.provider import StandIn


class Servicer(ProviderServicer):
    """A provider to which the engine attaches, where it would otherwise start a plugin."""

    async def Attach(self, request: Any, context: Any) -> empty_pb2.Empty:  # noqa: N802 - the protocol's own name
        """Says that it is there."""
        return empty_pb2.Empty()


async def serve(package: str, version: str) -> None:
    """Serves until the process is ended."""
    server = grpc.aio.server()
    servicer = Servicer([], version, StandIn(package), engine_address="")
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    print(port, flush=True)
    await server.wait_for_termination()


if __name__ == "__main__":
    asyncio.run(serve(*sys.argv[1:]))
