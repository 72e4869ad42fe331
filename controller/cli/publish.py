"""`podcast publish`: drops files into the input folder and stays until each is an episode."""

from __future__ import annotations

import filecmp
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import wrap_file

from controller.cli.at_work import moving
from controller.cli.desk import LocalDesk
from controller.cli.follow import follow
from controller.cli.tell import complain, tell
from controller.events import Dropped
from controller.local import LocalController, build_local
from controller.recordings import check_recording
from shared.config import LocalSettings
from shared.errors import PodcastError
from shared.models import JobState

LONG_COPY = 200 * 1024 * 1024
"""Bytes from which copying a file may take longer than two seconds, and so shows a bar."""


def publish(settings: LocalSettings, files: Sequence[Path], console: Console) -> bool:
    """Publishes the files and reports on each; whether none was refused and none failed."""
    controller = build_local(settings, serving=False)
    desk = LocalDesk(controller)
    job_ids: list[str] = []
    refused = False
    with moving(controller, settings.data) as free:
        if not free:
            console.print("[dim]A controller is running already; it does the work.[/dim]")
        for file in files:
            try:
                job_ids.append(_drop(controller, file, console))
            except PodcastError as error:
                refused = True
                complain(f"{file}: {error.message}. {error.advice or ''}")
        jobs = follow(desk, list(dict.fromkeys(job_ids)), console)
    published = [tell(desk, job, console) for job in jobs]
    return all(published) and not refused


def _drop(controller: LocalController, file: Path, console: Console) -> str:
    check_recording(file)
    store = controller.settings.input
    target = Path(store.location(file.name))
    if not (target.exists() and (target.samefile(file) or filecmp.cmp(file, target, shallow=False))):
        with file.open("rb") as plain:
            if file.stat().st_size < LONG_COPY:
                store.write(file.name, plain)
            else:
                with wrap_file(
                    plain, total=file.stat().st_size, description=f"Copying {file.name}", console=console
                ) as counted:
                    store.write(file.name, counted)
    job_id = controller.intake.take(Dropped(bucket=store.bucket, name=file.name))
    job = controller.desk.job(job_id)
    if job is not None and job.state is JobState.FAILED:
        # Somebody who publishes the same file again means: try again.
        controller.desk.retry(job_id)
    return job_id
