"""The whole controller on a laptop: its parts put together, its loops and its server."""

from __future__ import annotations

import os
import random
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

from flask import Flask
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from controller.app import create_app
from controller.desk import FrontDesk
from controller.guard import install_guard
from controller.intake import Intake
from controller.loops import in_background
from controller.orchestrator import Orchestrator
from controller.runner.subprocess import SubprocessRunner
from controller.watch import FolderWatch
from shared import workspace
from shared.config import LocalSettings
from shared.errors import PermanentError, PodcastError
from shared.logger import get_logger

HOST = "127.0.0.1"
SWEEP_EVERY = 0.5
"""Seconds. Cheap on one machine, and what makes the pipeline brisk even where no signal arrives."""
BACKLOG = 128
"""Connections that may wait while others are served."""
KEPT_FOR = timedelta(days=14)
"""How long pinned copies and checkpoints stay after an episode's end; a stack's `retention.audio` is the same."""
FORGETS_EVERY = timedelta(hours=1)


class QuietHandler(WSGIRequestHandler):
    """Says nothing of requests that were served: the dashboard asks every second."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Drops the line."""


def utc_now() -> datetime:
    """The time."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class LocalController:
    """The parts, not yet running."""

    settings: LocalSettings
    runner: SubprocessRunner
    orchestrator: Orchestrator
    intake: Intake
    desk: FrontDesk

    def app(self) -> Flask:
        """The web application over these parts."""
        return create_app(
            input_bucket=self.settings.input.bucket,
            intake=self.intake,
            orchestrator=self.orchestrator,
            desk=self.desk,
            public_folder=self.settings.public.root,
            guard=partial(install_guard, port=self.settings.port),
        )

    def watch(self) -> FolderWatch:
        """The watch over the input folder."""
        return FolderWatch(
            self.settings.input,
            self.intake.take,
            settle=timedelta(seconds=self.settings.settle_seconds),
            now=utc_now,
        )

    @contextmanager
    def sweeping(self) -> Iterator[None]:
        """Sweeps in the background; ends the steps that were started here when left."""
        try:
            with in_background("sweep", self._sweep_until):
                yield
        finally:
            self.runner.stop()

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Watches the input folder in the background."""
        with in_background("watch", self.watch().run):
            yield

    def server(self) -> BaseWSGIServer:
        """The web server, listening already. Raises PermanentError where the port is taken."""
        app = self.app()
        try:
            # Bound here, since werkzeug prints advice of its own where the port is taken.
            bound = socket.create_server((HOST, self.settings.port), backlog=BACKLOG)
        except OSError as error:
            raise PermanentError(
                f"nothing can listen at {HOST}:{self.settings.port}: the port is taken",
                advice="Stop the other program, or choose a port: PODCAST_PORT=8081.",
            ) from error
        with bound:
            return make_server(
                HOST, self.settings.port, app, threaded=True, request_handler=QuietHandler, fd=os.dup(bound.fileno())
            )

    def forget_what_expired(self, now: datetime) -> list[str]:
        """Removes the pinned copies and checkpoints of episodes that ended long ago; gives the folders' names.

        In the cloud the bucket's rules do this. A job that needs them again fetches its recording again.
        """
        work = self.settings.work
        return [gone for prefix in workspace.EXPIRING for gone in work.remove_expired(prefix, before=now - KEPT_FOR)]

    def _sweep_until(self, stop: threading.Event) -> None:
        looked: datetime | None = None
        while not stop.wait(SWEEP_EVERY):
            try:
                if looked is None or utc_now() - looked > FORGETS_EVERY:
                    looked = utc_now()
                    self.forget_what_expired(looked)
                self.orchestrator.sweep()
            except PodcastError as error:
                get_logger().error("the sweep failed; the next one tries again", error=error.message)


def build_local(settings: LocalSettings, *, serving: bool) -> LocalController:
    """Puts the parts together.

    Args:
        settings: where everything lies.
        serving: whether a server will listen for the steps' signals.
    """
    signal_url = f"http://{HOST}:{settings.port}/signals" if serving else None
    for_steps = settings.model_copy(update={"signal_url": signal_url}).to_environment()
    runner = SubprocessRunner(settings.work, {**os.environ, **for_steps})
    orchestrator = Orchestrator(
        settings.work,
        runner,
        slots=settings.slots,
        now=utc_now,
        jitter=random.SystemRandom().random,
        reviewed=lambda: settings.show().publish == "review",
    )
    intake = Intake(settings.input, orchestrator)
    return LocalController(settings, runner, orchestrator, intake, FrontDesk(settings, orchestrator, intake, utc_now))
