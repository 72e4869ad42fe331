"""How an episode's way reads in a terminal: pure functions from records to rich text."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from shared.contract import STEPS
from shared.models import JobState, PodcastProcessingJob, ProcessingMetadata, StepProgress, StepState
from shared.models.progress import StepNote

MARKS = {
    StepState.WAITING: ("·", "dim"),
    StepState.REQUESTED: ("…", "cyan"),
    StepState.RUNNING: ("▶", "cyan"),
    StepState.RETRYING: ("↻", "yellow"),
    StepState.SUCCEEDED: ("✓", "green"),
    StepState.FAILED: ("✗", "red"),
}

STATE_STYLES = {JobState.COMPLETED: "green", JobState.FAILED: "red", JobState.SUPERSEDED: "dim"}


def clock(seconds: float) -> str:
    """A length as people read it: 1:02:03, 2:03 or 4.2 s."""
    if seconds < 60:  # noqa: PLR2004 - a minute
        return f"{seconds:.1f} s"
    hours, rest = divmod(round(seconds), 3600)
    minutes, seconds = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def time_taken(progress: StepProgress, now: datetime) -> timedelta | None:
    """How long the step has taken so far, or took."""
    if progress.started_at is None:
        return None
    return (progress.finished_at or now) - progress.started_at


def step_table(job: PodcastProcessingJob, note: StepNote | None, now: datetime) -> RenderableType:
    """The four steps of a job, one line each, with a bar for the one that runs."""
    table = Table.grid(padding=(0, 2))
    table.add_column(width=1)
    table.add_column(width=8)
    table.add_column(justify="right", width=8)
    table.add_column(width=24)
    table.add_column()
    for step in STEPS:
        progress = job.step(step.name)
        mark, style = MARKS[progress.state]
        taken = time_taken(progress, now)
        runs = progress.state in {StepState.REQUESTED, StepState.RUNNING}
        told = note if note and note.step == step.name and runs else None
        table.add_row(
            Text(mark, style),
            Text(step.name, style if progress.state is not StepState.WAITING else "dim"),
            Text(clock(taken.total_seconds()) if taken else "", "dim"),
            ProgressBar(total=1.0, completed=told.fraction, width=24) if told else "",
            Text(_remark(progress, told), "dim"),
        )
    heading = Text.assemble((job.source.object_name, "bold"), "  ", (job.state.value, STATE_STYLES.get(job.state, "")))
    return Group(heading, table)


def report(job: PodcastProcessingJob, heard: ProcessingMetadata) -> RenderableType:
    """What there is to know about a published episode."""
    facts = Table.grid(padding=(0, 2))
    facts.add_column(style="dim", no_wrap=True)
    facts.add_column(overflow="fold")
    facts.add_row("Summary", heard.summary)
    if len(heard.chapters) > 1:
        facts.add_row("Chapters", "\n".join(f"{clock(each.start)}  {each.title}" for each in heard.chapters))
    if heard.keywords:
        facts.add_row("Keywords", ", ".join(heard.keywords))
    facts.add_row("Length", clock(heard.duration_seconds))
    facts.add_row("Took", clock((job.updated_at - job.created_at).total_seconds()))
    facts.add_row("Cost", f"${heard.cost_usd if job.cost_usd is None else job.cost_usd:.2f}")
    if heard.made_by:
        facts.add_row("Text by", heard.made_by)
    return Panel(facts, title=Text(heard.title, "bold"), border_style="green", title_align="left")


def whereabouts(places: Sequence[tuple[str, str]]) -> list[Text]:
    """Where the episode is, a line each that a terminal must not break: people copy them."""
    return [Text.assemble((f"{name:<8}", "dim"), place) for name, place in places if place]


def job_list(jobs: list[PodcastProcessingJob], now: datetime) -> Table:
    """All jobs as a table."""
    table = Table(box=None, header_style="dim", pad_edge=False)
    # People copy it into the next command, so it never breaks.
    table.add_column("Job", no_wrap=True)
    for column in ("State", "Episode", "Length", "Started"):
        table.add_column(column, overflow="fold")
    for job in jobs:
        ago = clock((now - job.created_at).total_seconds())
        table.add_row(
            job.job_id,
            Text(job.state.value, STATE_STYLES.get(job.state, "cyan")),
            Text(job.title or job.source.object_name),
            clock(job.duration_seconds) if job.duration_seconds else "",
            f"{ago} ago",
        )
    return table


def failure_line(job: PodcastProcessingJob) -> str:
    """Why the job failed and what to do, in one line."""
    if job.error is None:
        return f"{job.source.object_name}: {job.state.value}"
    advice = f" {job.error.advice}" if job.error.advice else ""
    return f"{job.source.object_name}: {job.error.message}.{advice}".replace("..", ".")


def _remark(progress: StepProgress, note: StepNote | None) -> str:
    if note:
        return note.note
    if progress.error and progress.state in {StepState.RETRYING, StepState.FAILED}:
        again = f" (attempt {progress.attempt}, trying again)" if progress.state is StepState.RETRYING else ""
        return progress.error.message + again
    return ""
