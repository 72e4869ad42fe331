"""`podcast serve`: the controller, its dashboard, the published site and the folder watch, until Ctrl-C."""

from __future__ import annotations

import signal
import threading
from types import FrameType

from rich.console import Console

from controller.cli.at_work import controller_lock
from controller.local import HOST, build_local
from shared.config import LocalSettings
from shared.errors import PermanentError


def serve(settings: LocalSettings, console: Console) -> None:
    """Serves until the process is told to stop; steps that run then go on at the next start."""
    controller = build_local(settings, serving=True)
    with controller_lock(settings.data) as at_work:
        if not at_work:
            raise PermanentError(
                f"another controller works on {settings.data}",
                advice="Stop it first, or choose another folder with PODCAST_DATA.",
            )
        settings.input.root.mkdir(parents=True, exist_ok=True)
        server = controller.server()
        stop_on_signals(server.shutdown)
        console.print(f"Dashboard  http://{HOST}:{settings.port}/")
        console.print(f"Site       {settings.public_url}/")
        console.print(f"Feed       {settings.public_url}/feed.rss")
        console.print(f"Watching   {settings.input.root}/ (drop a recording there)")
        console.print("[dim]Ctrl-C stops it.[/dim]")
        with controller.sweeping(), controller.watching():
            server.serve_forever()
        server.server_close()


def stop_on_signals(shutdown: object) -> None:
    """Has Ctrl-C and a request to terminate call `shutdown` of a server."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        # shutdown() waits for the loop that this handler interrupts, so it needs a thread of its own.
        threading.Thread(target=shutdown, name="shutdown").start()  # type: ignore[arg-type]  # bound method of BaseServer

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
