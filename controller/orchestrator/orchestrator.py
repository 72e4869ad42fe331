"""The shell around the decision: load the record, gather facts, decide, swap the record, then act."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from pathlib import PurePosixPath

from controller.orchestrator.command_line import arguments_for
from controller.orchestrator.decide import decide
from controller.orchestrator.facts import Action, CancelStep, CloseBooks, Facts, FreeSlot, StartStep
from controller.orchestrator.finder import FactFinder
from controller.orchestrator.orders import resume, supersede
from controller.orchestrator.records import Records
from controller.orchestrator.replaced import outdated_drafts, tell_replaced
from controller.orchestrator.slots import Slots
from controller.orchestrator.stuck import stuck
from controller.runner import Runner
from shared import workspace
from shared.contract import FailedResult, Step
from shared.errors import ConflictError, Damaged, NotFound, PermanentError, PodcastError, TransientError
from shared.identity import episode_id_of, job_id_of
from shared.log_events import MOVED, STUCK
from shared.logger import get_logger
from shared.models import JobState, PodcastProcessingJob, Source
from shared.storage import ExpiringStore
from shared.telemetry import episode_span, write_again, write_episode

MOST_ROUNDS = 50
"""Far more decisions in a row than an episode has steps; reaching it is a defect."""


class Orchestrator:
    """Takes in sources and moves their jobs. Safe to run in several threads and processes at once.

    Args:
        work: the work bucket.
        runner: starts the steps.
        slots: how many episodes may be under way at once.
        now: the time.
        jitter: a number between 0 and 1, anew at each call.
        reviewed: whether the show wants its episodes read before they are public; raises PermanentError where its
            settings are wrong.
        time_limits: seconds that an attempt may take, by step, where the stack says something else than the contract.
    """

    def __init__(
        self,
        work: ExpiringStore,
        runner: Runner,
        *,
        slots: int,
        now: Callable[[], datetime],
        jitter: Callable[[], float],
        reviewed: Callable[[], bool],
        time_limits: Mapping[str, float] | None = None,
    ) -> None:
        self.records = Records(work)
        self._work = work
        self._runner = runner
        self._slots = Slots(work, slots)
        self._now = now
        self._time_limits = time_limits or {}
        self._finder = FactFinder(
            work, runner, self._slots, jitter=jitter, reviewed=reviewed, time_limits=self._time_limits
        )

    def receive(self, source: Source) -> str:
        """Makes the job of this source durable, requests its first step and returns the job's id.

        The same source again is the same job. If the record cannot be stored this raises, and the event has to come
        again; if only the first step cannot be started, the sweep starts it.
        """
        job_id = job_id_of(source.bucket, source.object_name, source.generation)
        known = self.records.load(job_id)
        if known is None:
            now = self._now()
            # The marker comes first: a job that the sweep cannot see could be forgotten.
            self._work.write(workspace.open_key(job_id), b"")
            job = PodcastProcessingJob(
                job_id=job_id,
                episode_id=episode_id_of(source.bucket, source.object_name),
                source=source,
                created_at=now,
                updated_at=now,
            )
            try:
                self.records.create(job)
            except ConflictError:
                get_logger().info("the same event came twice at once", job_id=job_id)
        if known is None or not known[0].ended:
            self._advance_or_leave_to_sweep(job_id)
        return job_id

    def retry(self, job_id: str) -> None:
        """Resumes a failed job from the step that failed.

        Raises:
            NotFound: there is no such job.
            ConflictError: it did not fail.
        """
        self.change(job_id, resume)

    def change(self, job_id: str, order: Callable[[PodcastProcessingJob, datetime], PodcastProcessingJob]) -> None:
        """Makes of the record what a person's order makes of it (orders.py), and moves the job as far as it goes.

        Raises:
            NotFound: there is no such job.
            ConflictError: the order cannot be given to a job in this state.
        """
        for _ in range(MOST_ROUNDS):
            known = self.records.load(job_id)
            if known is None:
                raise NotFound(f"there is no job {job_id}", advice="`podcast jobs` lists all jobs.")
            job, version = known
            ordered = order(job, self._now())
            if job.ended:
                ordered = ordered.but(reopened_at=ordered.updated_at)
                # What expires since its earlier end is needed again; a date can only be moved on.
                self._expires_from(job_id, ordered.release_at or ordered.updated_at)
            self._work.write(workspace.open_key(job_id), b"")
            try:
                self.records.swap(ordered, version)
            except ConflictError:
                continue
            # Again: whoever was closing the books of the job's earlier end may have taken the first one away; who
            # does so from now on finds the job open (_close).
            self._work.write(workspace.open_key(job_id), b"")
            self._log_move(job, ordered)
            self._advance_or_leave_to_sweep(job_id)
            return
        raise ConflictError(f"job {job_id} kept changing meanwhile", advice="Look at it again, and repeat.")

    def note_edits(self, job_id: str, title: str, revision: int) -> None:
        """Has the record know which edits were saved last, and call the job as people call it.

        What is public keeps its public title until the edits are published with it.
        """
        for _ in range(MOST_ROUNDS):
            known = self.records.load(job_id)
            if known is None or known[0].drafted >= revision:
                return
            job, version = known
            named = job if job.is_heard else job.but(title=title)
            try:
                self.records.swap(named.but(drafted=revision), version)
            except ConflictError:
                continue
            return

    def advance(self, job_id: str) -> PodcastProcessingJob | None:
        """Moves the job as far as it goes now and returns it; None where there is no such job."""
        for _ in range(MOST_ROUNDS):
            known = self.records.load(job_id)
            if known is None:
                return None
            job, version = known
            facts = self._finder.facts_about(job)
            decision = decide(job, facts, self._now())
            if decision.job != job:
                try:
                    self.records.swap(decision.job, version)
                except ConflictError:
                    continue
                self._log_move(job, decision.job)
            for action in decision.actions:
                self._act(action, decision.job, facts)
            if decision.job == job:
                return job
        raise TransientError(f"job {job_id} does not come to rest", advice="Report this with the job's record.")

    def sweep(self) -> int:
        """Moves every open job, the oldest first: the guarantee behind events and signals that were lost.

        Returns how many of them are under way, that is, wait for no person and no date.
        """
        jobs = self.open_jobs()
        # First: an outdated draft whose hour has come must not go public.
        for job, newer in outdated_drafts(jobs):
            self._supersede(job.job_id, newer)
        self._slots.free_where(self._is_at_rest)
        oldest_first = sorted(jobs, key=lambda job: (job.created_at, job.job_id))
        moved = [self._advance_or_leave_to_sweep(job.job_id) or job for job in oldest_first]
        for job in stuck(moved, self._now(), self._time_limits):
            get_logger().warning(
                STUCK, job_id=job.job_id, episode_id=job.episode_id, state=job.state.value, since=str(job.updated_at)
            )
        return sum(not job.waits for job in jobs)

    def open_jobs(self) -> list[PodcastProcessingJob]:
        """All jobs that are not at their end, those that wait for people among them; damaged records are left out."""
        markers = [PurePosixPath(info.name).name for info in self._work.list(workspace.OPEN)]
        return [job for job_id in markers if (job := self._open_job(job_id))]

    def _supersede(self, job_id: str, newer: PodcastProcessingJob) -> None:
        try:
            self.change(job_id, partial(supersede, newer=newer))
        except ConflictError:
            get_logger().info("a draft was decided upon before a newer one could replace it", job_id=job_id)
        except PodcastError as error:
            _log_trouble(error, "draft could not be superseded; the next sweep tries again", job_id)

    def _open_job(self, job_id: str) -> PodcastProcessingJob | None:
        try:
            known = self.records.load(job_id)
        except Damaged as error:
            # One damaged record is one episode's trouble: the others are moved all the same. Only a person can mend it.
            get_logger().warning(STUCK, job_id=job_id, state="damaged", error=error.message, advice=error.advice)
            return None
        except PodcastError as error:
            _log_trouble(error, "record cannot be read; the next sweep tries again", job_id)
            return None
        if known is None:
            # Its event could not store the record and will come again, or never existed for us.
            get_logger().warning("marker without a record", job_id=job_id)
            return None
        return known[0]

    def _is_at_rest(self, job_id: str) -> bool:
        try:
            known = self.records.load(job_id)
        except PodcastError as error:
            # It may be under way.
            _log_trouble(error, "record cannot be read; its slot stays taken", job_id)
            return False
        return known is None or known[0].at_rest

    def _advance_or_leave_to_sweep(self, job_id: str) -> PodcastProcessingJob | None:
        try:
            return self.advance(job_id)
        except PodcastError as error:
            _log_trouble(error, "job could not be moved; the next sweep tries again", job_id)
            return None

    def _act(self, action: Action, job: PodcastProcessingJob, facts: Facts) -> None:
        match action:
            case StartStep(step, attempt):
                arguments = arguments_for(step, attempt, job, facts, self._work.location)
                with episode_span(f"start {step.job_name}", job.job_id, step=step.name, attempt=attempt):
                    self._start(step, job.job_id, attempt, arguments.to_command_line())
            case CancelStep(step, attempt):
                self._runner.cancel(step, job.job_id, attempt)
            case FreeSlot():
                self._slots.free(job.job_id)
            case CloseBooks():
                self._slots.free(job.job_id)
                self._work.delete(workspace.progress_key(job.job_id))
                tell_replaced(self._work, self.records, job)
                # Of thousands of chunks only some are dated at a time: with its marker the job comes again.
                if self._expires_from(job.job_id, job.updated_at):
                    self._close(job.job_id)

    def _close(self, job_id: str) -> None:
        self._work.delete(workspace.open_key(job_id))
        known = self.records.load(job_id)
        if known and not known[0].ended:
            # A person reopened it this very moment, and the marker was meant for the sweep that follows.
            self._work.write(workspace.open_key(job_id), b"")

    def _expires_from(self, job_id: str, at: datetime) -> bool:
        dated = [self._work.starts_to_expire(prefix, at) for prefix in workspace.expiring_prefixes(job_id)]
        return all(dated)

    def _start(self, step: Step, job_id: str, attempt: int, command_line: list[str]) -> None:
        """Starts the attempt; one that cannot ever be started has failed, and says so like any other."""
        try:
            self._runner.start(step, job_id, attempt, command_line)
        except PermanentError as error:
            # What is missing in a stack, such as a fresh grant, may still come: the attempts are counted as usual.
            failure = error.to_failure().model_copy(update={"retryable": True})
            result = FailedResult(job_id=job_id, error=failure)
            key = workspace.result_key(job_id, step.name, attempt)
            self._work.write(key, result.model_dump_json().encode(), content_type="application/json")

    def _log_move(self, before: PodcastProcessingJob, after: PodcastProcessingJob) -> None:
        if before.state is after.state:
            return
        told: dict[str, str] = {"from_": before.state.value, "to": after.state.value, "file": after.source.object_name}
        if after.state is JobState.FAILED and after.error:
            told |= {"error": after.error.message, "advice": after.error.advice or ""}
        if after.state is JobState.COMPLETED and after.episode_url:
            told["episode"] = after.episode_url
        get_logger().info(MOVED, job_id=after.job_id, episode_id=after.episode_id, **told)
        if not after.ended:
            return
        job_id, ended, outcome = after.job_id, after.updated_at, after.state.value
        if after.reopened_at is None:
            write_episode("episode", job_id, began=after.created_at, ended=ended, outcome=outcome)
        else:
            write_again("episode again", job_id, began=after.reopened_at, ended=ended, outcome=outcome)


def _log_trouble(error: PodcastError, what: str, job_id: str) -> None:
    get_logger().error(what, job_id=job_id, error=error.message, advice=error.advice)
