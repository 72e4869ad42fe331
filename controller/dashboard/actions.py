"""What people may do with an episode in each state: which buttons its page of review has."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from shared.contract import PROCESS
from shared.models import JobState, PodcastProcessingJob, StepState


class Action(StrEnum):
    """A button. Several may ask the controller for the same thing and mean another to people."""

    PUBLISH = "publish"
    PUBLISH_CHANGES = "publish-changes"
    PUBLISH_AGAIN = "publish-again"
    PUBLISH_AT = "publish-at"
    REJECT = "reject"
    REVIEW_AGAIN = "review-again"
    UNSCHEDULE = "unschedule"
    WITHDRAW = "withdraw"
    REPROCESS = "reprocess"


ENDPOINTS: Final[Mapping[Action, str]] = {
    Action.PUBLISH: "publish",
    Action.PUBLISH_CHANGES: "publish",
    Action.PUBLISH_AGAIN: "publish",
    Action.PUBLISH_AT: "publish",
    Action.REJECT: "reject",
    Action.REVIEW_AGAIN: "review-again",
    Action.UNSCHEDULE: "review-again",
    Action.WITHDRAW: "withdraw",
    Action.REPROCESS: "reprocess",
}
"""The last part of the address that each button posts to."""

ASKS_FIRST: Final = frozenset({Action.WITHDRAW, Action.REPROCESS})
"""What listeners notice or what costs money: not by one wrong click."""

EDITABLE: Final = frozenset(
    {JobState.AWAITING_REVIEW, JobState.SCHEDULED, JobState.COMPLETED, JobState.REJECTED, JobState.FAILED}
)
"""States in which the controller keeps edits."""


USUAL: Final[Mapping[JobState, tuple[Action, ...]]] = {
    JobState.AWAITING_REVIEW: (Action.PUBLISH, Action.PUBLISH_AT, Action.REPROCESS, Action.REJECT),
    JobState.SCHEDULED: (Action.PUBLISH, Action.PUBLISH_AT, Action.UNSCHEDULE, Action.REJECT),
    JobState.COMPLETED: (Action.PUBLISH_CHANGES, Action.REPROCESS),
    JobState.REJECTED: (Action.REVIEW_AGAIN, Action.REPROCESS),
    JobState.FAILED: (Action.REPROCESS,),
}
"""The buttons of each state, the most likely first; none while a step runs."""

TAKEN_DOWN: Final = (Action.PUBLISH_AGAIN, Action.PUBLISH_AT, Action.REPROCESS)


def actions_for(job: PodcastProcessingJob) -> tuple[Action, ...]:
    """The buttons of this job's page, the most likely first."""
    if job.replaced_by is not None:
        return ()
    if job.state is JobState.COMPLETED and job.withdrawn:
        return TAKEN_DOWN
    usual = USUAL.get(job.state, ()) if can_be_edited(job) else ()
    # A job that is listened to anew, or whose last publication failed, may still be what listeners hear.
    return (*usual, Action.WITHDRAW) if usual and job.is_heard else usual


def can_be_edited(job: PodcastProcessingJob) -> bool:
    """Whether there are words to edit and the controller would keep what was changed."""
    if job.replaced_by is not None:
        return False
    if job.state is JobState.FAILED:  # it may have failed before anything was heard
        return job.step(PROCESS.name).state is StepState.SUCCEEDED
    return job.state in EDITABLE
