"""What every page and every poll reads from the desk, once per request."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from controller.dashboard.desk import Desk
from controller.dashboard.views import JobView, Setting, count_under_way, is_under_way, view_job
from controller.dashboard.words import Words, words_for
from shared.deployment import podcast_command
from shared.errors import Failure, PermanentError
from shared.models import PodcastProcessingJob
from shared.show import ShowSettings

JOBS_A_PAGE: Final = 30


@dataclass(frozen=True)
class Page:
    """What all pages share."""

    show: ShowSettings
    trouble: Failure | None
    words: Words
    public_url: str
    stack: str | None
    now: datetime

    @property
    def site_url(self) -> str:
        """The published site."""
        return f"{self.public_url}/"

    @property
    def feed_url(self) -> str:
        """The show's feed, what listeners subscribe to."""
        return f"{self.public_url}/feed.rss"

    def command(self, words: str) -> str:
        """The `podcast` command that does the same from a terminal."""
        return podcast_command(words, self.stack)

    @property
    def setting(self) -> Setting:
        """What turns a record into words."""
        return Setting(self.words, ZoneInfo(self.show.time_zone), self.public_url, self.now)


@dataclass(frozen=True)
class JobList:
    """One page of episodes, the newest first."""

    jobs: tuple[JobView, ...]
    under_way: int
    under_way_label: str
    older: str | None


def read_page(desk: Desk) -> Page:
    """What all pages share. Wrong show settings are told on the page and do not take it down."""
    trouble = None
    try:
        show = desk.show()
    except PermanentError as error:
        show, trouble = ShowSettings(), error.to_failure()
    return Page(show, trouble, words_for(show.language), desk.public_url, desk.stack, desk.now())


def list_jobs(desk: Desk, page: Page, before: str | None) -> JobList:
    """One page of episodes, those older than the job `before`."""
    found = desk.jobs(JOBS_A_PAGE + 1, before)
    shown = found[:JOBS_A_PAGE]
    newest = shown if before is None else desk.jobs(JOBS_A_PAGE, None)
    under_way = sum(is_under_way(job) for job in newest)
    return JobList(
        jobs=tuple(_view(desk, page, job) for job in shown),
        under_way=under_way,
        under_way_label=count_under_way(under_way, page.words),
        older=shown[-1].job_id if len(found) > len(shown) else None,
    )


def one_job(desk: Desk, page: Page, job_id: str) -> JobView | None:
    """One episode, None where there is no such job."""
    job = desk.job(job_id)
    return None if job is None else _view(desk, page, job)


def _view(desk: Desk, page: Page, job: PodcastProcessingJob) -> JobView:
    return view_job(job, desk.note(job.job_id) if is_under_way(job) else None, page.setting)
