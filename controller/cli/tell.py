"""How a job ended, for people and for the exit code: an episode on stdout, a reason on stderr."""

from __future__ import annotations

import typer
from rich.console import Console

from controller.cli.desk import Desk
from controller.cli.lines import failure_line, report, whereabouts
from shared.models import JobState, PodcastProcessingJob


def tell(desk: Desk, job: PodcastProcessingJob, console: Console) -> bool:
    """Reports on a job at rest. Whether it went as far as it can go by itself."""
    name = job.source.object_name
    match job.state:
        case JobState.COMPLETED:
            if (heard := desk.heard(job)) is not None:
                console.print(report(job, heard))
            for line in whereabouts(desk.places(job)):
                console.print(line, soft_wrap=True)
            return True
        case JobState.AWAITING_REVIEW:
            console.print(f"{name} waits for your review; open its dashboard: {desk.reviewing()}")
            return True
        case JobState.SCHEDULED:
            when = f" on {job.release_at:%Y-%m-%d at %H:%M %Z}" if job.release_at else ""
            console.print(f"{name} will be published{when}.")
            return True
        case JobState.SUPERSEDED:
            complain(f"{name}: a newer version of this file is published already.")
        case JobState.REJECTED:
            complain(f"{name}: it was rejected in review and is not published.")
        case _:
            complain(f"{failure_line(job)} Afterwards: {desk.command(f'retry {job.job_id}')}")
    return False


def complain(reason: str) -> None:
    """One line on stderr."""
    typer.echo(" ".join(reason.split()), err=True)
