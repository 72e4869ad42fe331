"""A step that ended, and the controller that hears of it: one suite over both ways, over real connections.

The controller stands behind an IAM that verifies tokens and strips their signature, as in the cloud.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

import pytest
from google.oauth2.credentials import Credentials
from support_jobs import ScriptedRunner, source, success_of
from support_servers.faults import Faults, patience_with, serving
from support_servers.metadata import IAM, token_for
from support_servers.pubsub import PubSub, Subscription, pubsub_server

from controller.app import create_app
from controller.callers import install_callers
from controller.desk import FrontDesk
from controller.intake import Intake
from controller.local import utc_now
from controller.orchestrator import Orchestrator
from controller.runner import RunnerUnavailable
from shared.config import LocalSettings
from shared.contract import FETCH
from shared.deployment import Callers
from shared.errors import PermanentError, TransientError
from shared.models import JobState
from shared.signals import PostedSignals, Signal, Signals
from shared.signals.published import PublishedSignals
from shared.storage import FolderStore

BRISK = patience_with()
STEP, PUSH, STRANGER = "podcast-fetch@p.x", "podcast-push@p.x", "somebody@p.x"
TOPIC = "projects/a-project/topics/process-job"


class Store(FolderStore):
    """A work bucket that fails while it is told to."""

    broken = False

    def read(self, name):
        if self.broken:
            raise TransientError("the store does not answer")
        return super().read(name)


class Runner(ScriptedRunner):
    """A runner that cannot start anything while it is told so."""

    unavailable = False

    def start(self, step, job_id, attempt, arguments):
        if self.unavailable:
            raise RunnerUnavailable("no room")
        super().start(step, job_id, attempt, arguments)


class Controller:
    """The controller's application over a real store."""

    def __init__(self, root) -> None:
        settings = LocalSettings(data=root)
        self.work = Store(root / "work")
        self.runner = Runner(self.work)
        self.orchestrator = Orchestrator(
            self.work, self.runner, slots=1, now=utc_now, jitter=lambda: 0.5, reviewed=lambda: False
        )
        intake = Intake(settings.input, self.orchestrator)
        app = create_app(
            input_bucket="input",
            intake=intake,
            orchestrator=self.orchestrator,
            desk=FrontDesk(settings, self.orchestrator, intake, utc_now),
            public_folder=settings.public.root,
            guard=partial(install_callers, callers=Callers(events=(), sweep=(), signals=(STEP, PUSH))),
        )
        self.iam = IAM(app, {STEP, PUSH, STRANGER})
        self.faults = Faults(self.iam)
        self.address = ""

    def fetched(self) -> str:
        """A job whose fetch-job has ended, which the controller does not know yet."""
        job_id = self.orchestrator.receive(source())
        self.runner.end(FETCH, job_id, 1, success_of(FETCH, job_id))
        return job_id

    def state(self, job_id) -> JobState:
        known = self.orchestrator.records.load(job_id)
        assert known is not None
        return known[0].state


@pytest.fixture
def controller(tmp_path):
    controller = Controller(tmp_path)
    with serving(controller.faults) as address:
        controller.address = controller.iam.audience = address
        yield controller


@dataclass
class Way:
    """One way for signals, and what carries them to the controller once they are sent."""

    signals: Callable[[str], Signals]
    """As this account."""
    arrive: Callable[[], list[int]]
    pubsub: PubSub | None = None


@contextmanager
def direct(controller) -> Iterator[Way]:
    url = f"{controller.address}/signals"
    yield Way(lambda email: PostedSignals(url, token=partial(token_for, email), patience=BRISK), list)


@contextmanager
def through_pubsub(controller) -> Iterator[Way]:
    with pubsub_server() as pubsub:
        pubsub.subscribe(Subscription("process-job-dead", "process-job-dead"))

        def signals(email: str) -> Signals:
            pusher = PUSH if email == STEP else email
            pubsub.subscribe(
                Subscription(
                    "process-job-push",
                    "process-job",
                    endpoint=f"{controller.address}/signals",
                    token=lambda: token_for(pusher, controller.address),
                    dead_letter_topic="process-job-dead",
                )
            )
            return PublishedSignals.connect(
                TOPIC, credentials=Credentials(token="fake"), endpoint=pubsub.address, patience=BRISK
            )

        yield Way(signals, pubsub.push, pubsub)


@pytest.fixture(params=[direct, through_pubsub], ids=["direct", "Pub/Sub"])
def way(request, controller):
    with request.param(controller) as made:
        yield made


def signal(job_id, step="fetch") -> Signal:
    return Signal(job_id=job_id, step=step)


def test_a_signal_moves_the_job_at_once(controller, way) -> None:
    job_id = controller.fetched()
    way.signals(STEP).send(signal(job_id))
    way.arrive()
    assert controller.state(job_id) is JobState.PROCESSING
    assert controller.runner.started[-1] == (job_id, "process", 1)
    assert way.arrive() == []


def test_a_signal_that_comes_twice_changes_nothing(controller, way) -> None:
    job_id = controller.fetched()
    signals = way.signals(STEP)
    for _ in range(2):
        signals.send(signal(job_id))
        way.arrive()
    assert controller.runner.started == [(job_id, "fetch", 1), (job_id, "process", 1)]
    assert way.arrive() == []


def test_a_signal_about_nobody_is_taken(controller, way) -> None:
    way.signals(STEP).send(signal("nobody"))
    way.arrive()
    assert way.arrive() == []


def test_a_signal_is_taken_while_there_is_no_place_for_the_episode(controller, way) -> None:
    controller.orchestrator.receive(source("first.mp3"))
    waiting = controller.orchestrator.receive(source("second.mp3"))
    way.signals(STEP).send(signal(waiting))
    way.arrive()
    assert controller.state(waiting) is JobState.RECEIVED
    assert way.arrive() == []


def test_a_signal_is_taken_once_the_record_is_swapped_even_if_nothing_can_be_started(controller, way) -> None:
    job_id = controller.fetched()
    controller.runner.unavailable = True
    way.signals(STEP).send(signal(job_id))
    way.arrive()
    assert controller.state(job_id) is JobState.PROCESSING
    assert way.arrive() == []


def test_a_signal_that_the_store_kept_from_being_acted_on_is_not_taken_for_done(controller, way) -> None:
    job_id = controller.fetched()
    controller.work.broken = True
    if way.pubsub is None:
        with pytest.raises(TransientError, match="503"):
            way.signals(STEP).send(signal(job_id))
        controller.work.broken = False
        return
    way.signals(STEP).send(signal(job_id))
    assert way.arrive() == [503]
    controller.work.broken = False
    assert way.arrive() == [204]
    assert controller.state(job_id) is JobState.PROCESSING


def test_an_account_that_has_no_business_there_moves_nothing(controller, way) -> None:
    job_id = controller.fetched()
    if way.pubsub is None:
        with pytest.raises(PermanentError, match="403") as caught:
            way.signals("podcast-stranger@p.x").send(signal(job_id))
        assert "run.invoker" in (caught.value.advice or "")
    else:
        way.signals("podcast-stranger@p.x").send(signal(job_id))
        assert way.arrive() == [403]
    assert controller.state(job_id) is JobState.FETCHING


def test_an_account_that_iam_lets_in_for_something_else_moves_nothing(controller, way) -> None:
    job_id = controller.fetched()
    if way.pubsub is None:
        with pytest.raises(PermanentError, match="403"):
            way.signals(STRANGER).send(signal(job_id))
    else:
        way.signals(STRANGER).send(signal(job_id))
        assert way.arrive() == [403]
    assert controller.state(job_id) is JobState.FETCHING


# ------------------------------------------------------------------ what is particular to a push


def test_a_push_that_is_no_signal_is_taken_and_a_post_is_refused(controller) -> None:
    with through_pubsub(controller) as way:
        way.signals(STEP)
        assert way.pubsub is not None
        way.pubsub.put("process-job", b"hello")
        assert way.arrive() == [204]
    with direct(controller), pytest.raises(PermanentError, match="400"):
        PostedSignals(f"{controller.address}/signals", token=partial(token_for, STEP), patience=BRISK).send(
            Signal.model_construct(job_id="", step="")
        )


def test_what_is_refused_five_times_lies_among_the_dead_letters_and_the_sweep_moves_the_episode(controller) -> None:
    job_id = controller.fetched()
    with through_pubsub(controller) as way:
        way.signals(STEP).send(signal(job_id))
        controller.work.broken = True
        assert [way.arrive() for _ in range(5)] == [[503]] * 5
        assert way.arrive() == []
        assert way.pubsub is not None
        (dead,) = way.pubsub.subscriptions["process-job-dead"].waiting
    assert Signal.model_validate_json(dead.data) == signal(job_id)
    controller.work.broken = False
    controller.orchestrator.sweep()
    assert controller.state(job_id) is JobState.PROCESSING
