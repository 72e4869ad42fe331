"""Follows jobs in the terminal until they rest: a live picture for people, plain lines for pipes and logs."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import datetime

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from controller.cli.desk import Desk
from controller.cli.lines import MARKS, clock, step_table, time_taken
from shared.contract import STEPS
from shared.models import PodcastProcessingJob, StepState


def follow(desk: Desk, job_ids: Sequence[str], console: Console) -> list[PodcastProcessingJob]:
    """Shows the jobs while they move and returns them once none moves by itself."""
    if not console.is_terminal:
        return _follow_in_lines(desk, job_ids, console)
    with Live(console=console, refresh_per_second=8, transient=False) as live:
        while True:
            jobs = [job for job in map(desk.job, job_ids) if job is not None]
            live.update(Group(*(step_table(job, desk.note(job.job_id), desk.now()) for job in jobs)))
            if all(job.at_rest for job in jobs):
                return jobs
            time.sleep(desk.look_every)  # people look at a screen: nobody sends what they wait for


def _follow_in_lines(desk: Desk, job_ids: Sequence[str], console: Console) -> list[PodcastProcessingJob]:
    told: set[tuple[str, str, StepState, int]] = set()
    while True:
        jobs = [job for job in map(desk.job, job_ids) if job is not None]
        for job in jobs:
            for line in new_lines(job, told, desk.now):
                console.print(line)
        if all(job.at_rest for job in jobs):
            return jobs
        time.sleep(desk.look_every)  # likewise, for a log


def new_lines(
    job: PodcastProcessingJob, told: set[tuple[str, str, StepState, int]], now: Callable[[], datetime]
) -> list[Text]:
    """A line for each change since the last call; `told` remembers what was said."""
    lines = []
    for step in STEPS:
        progress = job.step(step.name)
        state = StepState.RUNNING if progress.state is StepState.REQUESTED else progress.state
        key = (job.job_id, step.name, state, progress.attempt)
        if state is StepState.WAITING or key in told:
            continue
        told.add(key)
        mark, style = MARKS[state]
        taken = time_taken(progress, now()) if progress.finished_at else None
        lines.append(
            Text.assemble(
                f"{now():%H:%M:%S}  ",
                (f"{mark} {step.name:<8}", style),
                f"{state.value:<10}",
                f"{clock(taken.total_seconds()):>8}" if taken else " " * 8,
                f"  {job.source.object_name}",
                f"  {progress.error.message}" if progress.error and state is not StepState.RUNNING else "",
            )
        )
    return lines
