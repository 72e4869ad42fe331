"""`podcast dashboard --stack NAME`: the dashboard of a deployed stack on this machine, until Ctrl-C."""

from __future__ import annotations

import socket
from typing import Any

from rich.console import Console
from werkzeug.serving import BaseWSGIServer, make_server

from controller.cli.serve import stop_on_signals
from controller.local import HOST, QuietHandler
from controller.stack.desk import RemoteDesk
from controller.stack.opening import open_stack
from controller.stack.proxy import Proxy
from shared.errors import PermanentError, TransientError
from shared.retries import Patience

BRIEF = Patience(attempts=2, total=30.0)
"""A browser waits less long than a command."""


class Handler(QuietHandler):
    """Ends a connection whose answer broke off: the browser would wait for the rest."""

    def connection_dropped(self, error: BaseException, environ: dict[str, Any] | None = None) -> None:
        """Closes it."""
        self.close_connection = True


def dashboard(stack: str, port: int, console: Console) -> None:
    """Serves until the process is told to stop.

    Raises:
        PermanentError: the stack is not known, the operator is not let in, or the port is taken.
    """
    with open_stack(stack, patience=BRIEF) as desk:
        try:
            desk.jobs(1, None)
        except TransientError as error:
            # It may come back while this runs, and every page says so until then.
            console.print(f"{error.message}. {error.advice or ''}", style="yellow", soft_wrap=True)
        server = listen(desk, port)
        stop_on_signals(server.shutdown)
        address = f"http://{HOST}:{server.port}/"
        console.print(f"Dashboard  {address}", soft_wrap=True)
        console.print(f"Stack      {stack}, as {desk.gateway.identity.email}", soft_wrap=True)
        console.print("[dim]Whoever uses this machine can use it meanwhile. Ctrl-C stops it.[/dim]")
        try:
            server.serve_forever()
        finally:
            server.server_close()


def listen(desk: RemoteDesk, port: int) -> BaseWSGIServer:
    """The server, listening already; at a free port if `port` is 0. Raises PermanentError where the port is taken."""
    try:
        listener = socket.create_server((HOST, port))
    except OSError as error:
        raise PermanentError(
            f"nothing can listen at {HOST}:{port}: {(error.strerror or 'the port is taken').lower()}",
            advice="Choose another port, or leave --port out for a free one.",
        ) from error
    with listener:
        found = int(listener.getsockname()[1])
        proxy = Proxy(desk.gateway, desk, found)
        return make_server(HOST, found, proxy, threaded=True, request_handler=Handler, fd=listener.fileno())
