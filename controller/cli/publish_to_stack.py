"""`podcast publish --stack NAME`: uploads recordings to a deployed stack and stays until each is an episode."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import BinaryIO, Final

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from controller.cli.follow import follow
from controller.cli.tell import complain, tell
from controller.stack.desk import RemoteDesk
from controller.stack.dropping import Fate, InBucket, drop
from shared.deployment import TRIGGER_NAME, name_suffix
from shared.errors import PodcastError, TransientError
from shared.models import JobState

HINT_AFTER: Final = 60.0
"""Seconds; an event takes two or three, and waking a controller that sleeps ten."""
GIVE_UP_AFTER: Final = 600.0
"""Seconds; Eventarc's longest wait before it sends an event again."""
INTERRUPTED: Final = 130
"""What a shell makes of Ctrl-C: 128 and the signal's number."""


def publish_to_stack(desk: RemoteDesk, files: Sequence[Path], console: Console) -> bool:
    """Publishes the files and reports on each; whether none was refused and none failed."""
    dropped: dict[str, str] = {}
    refused = False
    try:
        for file in files:
            try:
                began = time.monotonic()
                found = drop(desk.input, file, partial(_shown, console))
                job_id = desk.job_of(found.name, found.version)
                dropped[job_id] = found.name
                _say(found, time.monotonic() - began, console)
                if found.fate is Fate.THERE_ALREADY:
                    _try_again(desk, job_id)
            except PodcastError as error:
                refused = True
                complain(f"{file}: {error.message}. {error.advice or ''}")
        await_arrival(desk, dropped, console)
        jobs = follow(desk, list(dropped), console)
        published = [tell(desk, job, console) for job in jobs]
    except KeyboardInterrupt:
        if dropped:
            complain(f"You no longer watch; the cloud goes on with it. Look: {desk.command('jobs')}")
        else:
            complain("Stopped before anything was uploaded whole: nothing will be published.")
        raise typer.Exit(INTERRUPTED) from None
    return all(published) and not refused


def await_arrival(
    desk: RemoteDesk,
    dropped: dict[str, str],
    console: Console,
    *,
    clock: Callable[[], float] = time.monotonic,
    wait: Callable[[float], None] = time.sleep,
) -> None:
    """Returns when the controller has a record of each job; `dropped` has the file's name by the job's id.

    Raises:
        TransientError: Eventarc has not told it, and does not look as if it would.
    """
    began, hinted = clock(), False
    missing = dict(dropped)
    while missing := {job_id: name for job_id, name in missing.items() if desk.job(job_id) is None}:
        names, waited = ", ".join(missing.values()), clock() - began
        where_to_look = (
            f"Look at the trigger {TRIGGER_NAME}{name_suffix(desk.deployed.stack)} and at the controller's log: "
            f"{desk.command('doctor')}"
        )
        if waited >= GIVE_UP_AFTER:
            raise TransientError(
                f"{names}: uploaded, but after {waited / 60:.0f} minutes the controller has not heard of it",
                advice=f"{where_to_look}. The event comes again for a day; publishing again does no harm.",
            )
        if waited >= HINT_AFTER and not hinted:
            console.print(f"{names}: the controller has not heard of it yet. {where_to_look}", soft_wrap=True)
            hinted = True
        wait(desk.look_every)


@contextmanager
def _shown(console: Console, path: Path, size: int) -> Iterator[BinaryIO]:
    with path.open("rb") as plain, _bar(console) as bar:
        task = bar.add_task(path.name, total=size)
        yield bar.wrap_file(plain, task_id=task)


def _say(found: InBucket, seconds: float, console: Console) -> None:
    match found.fate:
        case Fate.THERE_ALREADY:
            console.print(f"{found.name}: this very recording is there already.", soft_wrap=True)
        case Fate.REPLACED:
            console.print(
                f"{found.name}: uploaded over an older recording; its episode will be replaced.", soft_wrap=True
            )
        case Fate.NEW:
            console.print(f"{found.name}: uploaded in {seconds:.0f} s", soft_wrap=True)


def _try_again(desk: RemoteDesk, job_id: str) -> None:
    job = desk.job(job_id)
    if job is not None and job.state is JobState.FAILED:
        # Somebody who publishes the same file again means: try again.
        desk.retry(job_id)


def _bar(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
        console=console,
        # A pipe or a log gets the one line that follows.
        disable=not console.is_terminal,
        transient=True,
    )
