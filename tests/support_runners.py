"""Every runner, ready for the same rules: what it starts are real processes."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from google.oauth2.credentials import Credentials
from support_servers.cloud_run import CloudRun, cloud_run_server
from support_servers.faults import patience_with

from controller.runner import Runner
from controller.runner.cloud_run import CloudRunRunner
from controller.runner.subprocess import SubprocessRunner
from shared.contract import NOTIFY, STEPS, Step
from shared.storage import FolderStore

TESTS = Path(__file__).parent


class TestStep(Step):
    """A step whose program is one of the tests' own."""

    __test__ = False

    @property
    def module(self) -> str:
        return f"support_{self.name}"


WAITS = TestStep(**{**NOTIFY.__dict__, "name": "waits"})
"""Waits at a pipe."""
TELLS = TestStep(**{**NOTIFY.__dict__, "name": "tells"})
"""Tells its arguments."""
MODULES = {step.job_name: step.module for step in (*STEPS, WAITS, TELLS)}


@dataclass
class Runners:
    """One kind of runner over one world."""

    runner: Runner
    later: Callable[[], Runner]
    """Another runner over the same world, as after a restart of the controller."""
    wait: Callable[[], None]
    """Returns when nothing runs that was started."""
    started: Callable[[], int]
    """How many processes were started."""


def environment(data: Path) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(TESTS), "PODCAST_DATA": str(data)}


def connect(cloud_run: CloudRun) -> CloudRunRunner:
    """A runner that is patient enough for the faults that it is about to meet."""
    patience = patience_with(*cloud_run.faults.once, cloud_run.faults.forever)
    return CloudRunRunner.connect(
        "a-project",
        "asia-northeast1",
        credentials=Credentials(token="fake"),
        endpoint=cloud_run.address,
        patience=patience,
    )


@contextmanager
def subprocess_runners(data: Path) -> Iterator[Runners]:
    work = FolderStore(data / "work")
    made: list[SubprocessRunner] = []

    def later() -> SubprocessRunner:
        made.append(SubprocessRunner(work, environment(data)))
        return made[-1]

    def wait() -> None:
        for child in (child for each in made for child in each._children.values()):
            child.wait(60)

    try:
        yield Runners(later(), later, wait, lambda: sum(len(each._children) for each in made))
    finally:
        for each in made:
            each.stop()


@contextmanager
def cloud_run_runners(data: Path) -> Iterator[Runners]:
    with cloud_run_server(data / "cloud-run", MODULES, environment(data)) as cloud_run:
        yield Runners(connect(cloud_run), lambda: connect(cloud_run), cloud_run.wait, lambda: cloud_run.started)
