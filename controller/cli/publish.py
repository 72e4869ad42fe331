"""`podcast publish`: drops files into the input folder and stays until each is an episode."""

from __future__ import annotations

import filecmp
from collections.abc import Sequence
from pathlib import Path

import typer
from rich.console import Console
from rich.progress import wrap_file

from controller.cli.at_work import moving
from controller.cli.follow import follow
from controller.cli.lines import failure_line, report, whereabouts
from controller.events import Dropped, why_no_episode
from controller.local import LocalController, build_local
from shared import workspace
from shared.config import LocalSettings
from shared.contract import PROCESS, ProcessResult
from shared.errors import NotFound, PermanentError, PodcastError
from shared.models import JobState, PodcastProcessingJob, ProcessingMetadata

LONG_COPY = 200 * 1024 * 1024
"""Bytes from which copying a file may take longer than two seconds, and so shows a bar."""


def publish(settings: LocalSettings, files: Sequence[Path], console: Console) -> bool:
    """Publishes the files and reports on each; whether every one became an episode."""
    controller = build_local(settings, serving=False)
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
                _complain(f"{file}: {error.message}. {error.advice or ''}")
        jobs = follow(controller.desk, list(dict.fromkeys(job_ids)), console)
    published = [tell(controller, job, console) for job in jobs]
    return all(published) and not refused


def tell(controller: LocalController, job: PodcastProcessingJob, console: Console) -> bool:
    """Reports how a job ended: an episode on stdout, a reason on stderr. Whether it is an episode."""
    if job.state is JobState.COMPLETED:
        public = controller.settings.public
        heard = heard_in(controller, job)
        if heard is not None:
            console.print(report(job, heard))
            folder = public.root / "podcasts" / job.job_id
            for line in whereabouts(job, str(folder), str(public.root / "feed.rss")):
                console.print(line, soft_wrap=True)
        return True
    if job.state is JobState.SUPERSEDED:
        _complain(f"{job.source.object_name}: a newer version of this file is published already.")
        return False
    _complain(f"{failure_line(job)} Afterwards: podcast retry {job.job_id}")
    return False


def heard_in(controller: LocalController, job: PodcastProcessingJob) -> ProcessingMetadata | None:
    """What process-job returned for the job, None where it has not got that far."""
    for attempt in range(job.step(PROCESS.name).attempt, 0, -1):
        try:
            content, _ = controller.settings.work.read(workspace.result_key(job.job_id, PROCESS.name, attempt))
        except NotFound:
            continue
        result = PROCESS.parse_result_json(content)
        if isinstance(result, ProcessResult):
            return result.metadata
    return None


def _drop(controller: LocalController, file: Path, console: Console) -> str:
    if not file.is_file():
        raise PermanentError("there is no such file", advice="Give the path of a recording.")
    if reason := why_no_episode(file.name):
        raise PermanentError(reason, advice="Give a recording: mp3, m4a, wav, flac, ogg, opus or mp4.")
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


def _complain(reason: str) -> None:
    typer.echo(" ".join(reason.split()), err=True)
