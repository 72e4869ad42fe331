"""Whatever people, steps, duplicates and kills do, and in whatever order: nothing goes public that nobody let pass."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import Any

from hypothesis import event, given, settings
from hypothesis import strategies as st
from support_jobs import Clock, ScriptedRunner, failure_of, source, success_of
from support_memory import MemoryStore
from support_upload import an_entry

from controller.orchestrator import Orchestrator
from controller.orchestrator.slots import Slots
from controller.review import Review
from controller.runner import ExecutionState
from shared import workspace
from shared.contract import STEPS, UPLOAD, Step, UploadResult, step_named
from shared.errors import ConflictError, PermanentError
from shared.models import JobState, PodcastProcessingJob
from shared.storage import ObjectInfo


class Killed(BaseException):
    """The controller's process is gone, between two words."""


class MortalStore(MemoryStore):
    """Kills whoever makes the n-th change from now on, before or after it is made."""

    countdown: int | None = None
    before = True

    def write(self, name: str, content: Any, **options: Any) -> ObjectInfo:
        self._die(self.before)
        info = super().write(name, content, **options)
        self._die(not self.before)
        return info

    def delete(self, name: str) -> None:
        self._die(self.before)
        super().delete(name)
        self._die(not self.before)

    def _die(self, due: bool) -> None:  # noqa: FBT001 - whether it is time is the question
        if self.countdown is None or not due:
            return
        self.countdown -= 1
        if self.countdown <= 0:
            self.countdown = None
            raise Killed


class World:
    """Two recordings of a show that asks people first, and what people have really said about each."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.work = MortalStore()
        self.passed: set[str] = set()
        self.settings_are_wrong = False
        self.runner = Gatekeeper(self.work, self)
        self.orchestrator = Orchestrator(
            self.work, self.runner, slots=1, now=self.clock, jitter=lambda: 0.5, reviewed=self.asks_people
        )
        self.review = Review(self.work, self.orchestrator)

    def asks_people(self) -> bool:
        if self.settings_are_wrong:
            raise PermanentError("show.toml is not TOML")
        return True

    def job(self, job_id: str) -> PodcastProcessingJob:
        known = self.orchestrator.records.load(job_id)
        assert known is not None
        return known[0]

    def mortally(self, change: Callable[[], object], dies_at: int | None, *, before: bool) -> None:
        self.work.countdown, self.work.before = dies_at, before
        with suppress(Killed):
            change()
        self.work.countdown = None

    def order(self, what: str, job_id: str, *, dies_at: int | None, before: bool) -> None:
        """Somebody gives an order; whoever is killed in the middle may or may not have been heard."""
        hour = self.clock() + timedelta(hours=1)
        orders: dict[str, Callable[[], None]] = {
            "publish": lambda: self.review.publish(job_id, None),
            "schedule": lambda: self.review.publish(job_id, hour),
            "reject": lambda: self.review.reject(job_id),
            "review again": lambda: self.review.review_again(job_id),
            "withdraw": lambda: self.review.withdraw(job_id),
            "reprocess": lambda: self.review.reprocess(job_id),
            "retry": lambda: self.orchestrator.retry(job_id),
        }
        passes = what in {"publish", "schedule"}
        passed_before = job_id in self.passed
        if passes:
            self.passed.add(job_id)

        def give() -> None:
            try:
                orders[what]()
            except ConflictError:
                event(f"{what} refused")
                if not passed_before:
                    self.passed.discard(job_id)
                return
            event(f"{what} taken")
            if what in {"reject", "review again", "reprocess"}:
                self.passed.discard(job_id)

        self.mortally(give, dies_at, before=before)
        if not self.job(job_id).approved and not passes:
            self.passed.discard(job_id)

    def finish(self, step: Step, job_id: str, attempt: int) -> None:
        """The step succeeds. An upload leaves its entry in the catalogue, as upload-job does."""
        result = success_of(step, job_id)
        if isinstance(result, UploadResult):
            job = self.job(job_id)
            result = result.model_copy(update={"withdrawn": job.withdrawn})
            state = "unpublished" if job.withdrawn else "published"
            entry = an_entry(job_id=job_id, episode_id=job.episode_id, generation=1, state=state)
            self.work.write(workspace.catalogue_key(job.episode_id), entry.model_dump_json().encode())
        self.runner.end(step, job_id, attempt, result)

    def run_through(self, job_id: str) -> None:
        """Every step succeeds until the job rests or waits for its turn."""
        while (step := next((step for step in STEPS if step.state is self.job(job_id).state), None)) is not None:
            self.finish(step, job_id, self.job(job_id).step(step.name).attempt)
            self.orchestrator.sweep()


class Gatekeeper(ScriptedRunner):
    """Looks at every start of an upload: somebody let the episode pass, or it is on its way out."""

    def __init__(self, work: MemoryStore, world: World) -> None:
        super().__init__(work)
        self._world = world

    def start(self, step: Step, job_id: str, attempt: int, arguments: Sequence[str]) -> None:
        if step is UPLOAD:
            assert job_id in self._world.passed or self._world.job(job_id).withdrawn
            event("an upload started")
        super().start(step, job_id, attempt, arguments)


APT = {
    JobState.AWAITING_REVIEW: ["publish", "schedule", "reject", "reprocess", "withdraw"],
    JobState.SCHEDULED: ["review again", "reject", "publish", "withdraw"],
    JobState.COMPLETED: ["reprocess", "publish", "withdraw", "schedule"],
    JobState.FAILED: ["retry", "reprocess", "withdraw"],
    JobState.REJECTED: ["review again", "reprocess", "withdraw"],
}
ORDERS = sorted({order for orders in APT.values() for order in orders})
steps_end = st.sampled_from(["finish", "finish", "run through", "run through", "break", "refuse", "vanish"])
others = st.sampled_from(["wait", "event", "expire", "settings", *ORDERS])
happenings = st.lists(
    st.tuples(
        st.integers(0, 4) | steps_end | st.integers(0, 4) | others,
        st.sampled_from([0, 0, 0, 1]),
        st.sampled_from([None, None, 1, 2, 3, 4, 5]),
        st.booleans(),
        st.booleans(),
    ),
    min_size=8,
    max_size=24,
)


@settings(max_examples=150, deadline=None)
@given(happenings)
def test_nothing_goes_public_that_nobody_let_pass_and_nobody_is_forgotten(events) -> None:
    world = World()
    names = ["one.mp3", "two.mp3"]
    jobs = [world.orchestrator.receive(source(name)) for name in names]
    for job_id in jobs:
        world.run_through(job_id)
    for drawn, which, dies_at, before, goes_on in events:
        job_id = jobs[which]
        job = world.job(job_id)
        apt = APT.get(job.state, ["wait"])
        what = apt[drawn % len(apt)] if isinstance(drawn, int) else drawn
        step = next((step for step in STEPS if step.state is job.state), None)
        attempt = job.step(step.name).attempt if step else 0
        if what in ORDERS:
            world.order(what, job_id, dies_at=dies_at, before=before)
        elif what == "event":
            world.mortally(partial(world.orchestrator.receive, source(names[which])), dies_at, before=before)
        elif what == "expire" and (job.ended or job.waits):
            world.work.delete(workspace.source_key(job_id, "mp3"))
        elif what == "settings":
            world.settings_are_wrong = not world.settings_are_wrong
        elif what == "wait":
            world.clock.forward(1800)
        elif what == "run through":
            world.run_through(job_id)
        elif step is not None and what == "finish":
            world.finish(step, job_id, attempt)
        elif step is not None and what in {"break", "refuse"}:
            world.runner.end(step, job_id, attempt, failure_of(job_id, retryable=what == "break"))
        elif step is not None and what == "vanish":
            world.runner.end(step, job_id, attempt, None)
        world.mortally(world.orchestrator.sweep, dies_at, before=before)
        if goes_on:
            world.run_through(job_id)

    for _ in range(60):
        world.clock.forward(400)
        world.orchestrator.sweep()
        if all(world.job(each).ended or world.job(each).state is JobState.AWAITING_REVIEW for each in jobs):
            break
        for job_id, name, attempt in list(world.runner.states):
            if world.runner.states[job_id, name, attempt] is ExecutionState.RUNNING:
                world.finish(step_named(name), job_id, attempt)
    world.orchestrator.sweep()
    resting = {job_id: world.job(job_id) for job_id in jobs}
    for job in resting.values():
        event(f"ends {job.state.value}")
        assert job.ended or job.state is JobState.AWAITING_REVIEW
    waiting = [workspace.open_key(job_id) for job_id, job in resting.items() if job.waits]
    assert [info.name for info in world.work.list(workspace.OPEN)] == sorted(waiting)
    assert Slots(world.work, 1).holders() == set()
