"""Pulumi's language host for Python, which is not to be had as a package: a stand-in that the real engine starts.

    python tests/support_language_host.py ENGINE-ADDRESS    serves, and prints the port first

It runs the folder that the engine names as `python FOLDER` would, as the real one does.
"""

from __future__ import annotations

import asyncio
import os
import runpy
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import grpc
from pulumi.automation._server import LanguageServer
from pulumi.runtime.proto import language_pb2, language_pb2_grpc


class Host(LanguageServer):
    """Automation API's server for programs within Python, given a folder instead."""

    def __init__(self) -> None:
        super().__init__(lambda: None)

    def Handshake(self, request, context):  # noqa: N802 - the protocol's own name
        return language_pb2.LanguageHandshakeResponse()

    def Run(self, request, context):  # noqa: N802 - likewise
        folder = Path(request.info.program_directory, request.info.entry_point)
        os.chdir(folder)
        asyncio.set_event_loop(asyncio.new_event_loop())

        def program() -> None:
            runpy.run_path(str(folder), run_name="__main__")

        self.program = program
        return super().Run(request, context)


def install(folder: Path) -> None:
    """Puts the host where the engine finds it: on PATH, under the name of the real one."""
    host = folder / "pulumi-language-python"
    host.write_text(f'#!/bin/sh\nexec "{sys.executable}" -W ignore "{Path(__file__).resolve()}" "$@"\n')
    host.chmod(0o755)


def serve() -> None:
    """Serves until the engine ends it."""
    server = grpc.server(ThreadPoolExecutor(max_workers=4))
    language_pb2_grpc.add_LanguageRuntimeServicer_to_server(Host(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)
    # The engine ends it with the signal of a terminal.
    with suppress(KeyboardInterrupt):
        server.wait_for_termination()


if __name__ == "__main__":
    serve()
