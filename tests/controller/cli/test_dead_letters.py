"""Dead letters, over a real connection to Pub/Sub."""

from __future__ import annotations

import io
from itertools import product

import pytest
from google.oauth2.credentials import Credentials
from rich.console import Console
from support_servers.faults import LoseReply, ResetBefore, Truncate, html_page, json_error
from support_servers.pubsub import PROJECT, Subscription, pubsub_server

from controller.cli.dead_letters import DELIVERIES, connect, show
from shared.contract import STEPS
from shared.errors import ConflictError, NotFound, PermanentError, TransientError
from shared.signals import Signal


@pytest.fixture
def pubsub():
    with pubsub_server() as server:
        for step in STEPS:
            server.subscribe(Subscription(step.job_name, step.job_name))
            server.subscribe(Subscription(f"{step.job_name}-dead", f"{step.job_name}-dead"))
        yield server


def letters(pubsub, stack="dev", wait=30.0):
    return connect(PROJECT, stack, credentials=Credentials(token="fake"), endpoint=pubsub.address, wait=wait)


def bury(pubsub, topic, job_id, deliveries="5"):
    data = Signal(job_id=job_id, step="fetch").model_dump_json().encode()
    pubsub.put(f"{topic}-dead", data, {DELIVERIES: deliveries})


def rendered(found, *, put_back=False) -> str:
    stream = io.StringIO()
    Console(file=stream, width=160).print(show(found, put_back=put_back))
    return stream.getvalue()


def test_what_could_not_be_delivered_is_listed_with_its_job_and_stays_there(pubsub) -> None:
    bury(pubsub, "process-job", "job-1")
    bury(pubsub, "upload-job", "job-2", "7")
    for _ in range(2):
        found = letters(pubsub).listed()
        assert [(each.topic, each.signal.job_id, each.deliveries) for each in found] == [
            ("process-job", "job-1", 5),
            ("upload-job", "job-2", 7),
        ]
    text = rendered(found)
    assert "job-1" in text
    assert "UTC" in text
    assert "--put-back" in text


def test_what_is_put_back_is_in_its_topic_again_and_not_among_the_dead(pubsub) -> None:
    bury(pubsub, "process-job", "job-1")
    assert "Put back" in rendered(letters(pubsub).put_back(), put_back=True)
    assert letters(pubsub).listed() == []
    (again,) = pubsub.subscriptions["process-job"].waiting
    assert Signal.model_validate_json(again.data) == Signal(job_id="job-1", step="fetch")


def test_more_than_one_batch_is_put_back(pubsub) -> None:
    for number in range(120):
        bury(pubsub, "process-job", f"job-{number}")
    assert len(letters(pubsub).listed()) == 120
    assert len(letters(pubsub).put_back()) == 120
    assert len(pubsub.subscriptions["process-job"].waiting) == 120


def test_a_letter_that_cannot_be_put_back_stays_among_the_dead(pubsub) -> None:
    bury(pubsub, "process-job", "job-1")
    pubsub.faults.only = lambda method, path: path.endswith(":publish")
    pubsub.faults.forever = json_error(503, "no")
    with pytest.raises(TransientError, match="put a dead letter back into process-job"):
        letters(pubsub).put_back()
    dead = pubsub.subscriptions["process-job-dead"]
    assert len(dead.waiting) + len(dead.leased) == 1
    assert pubsub.subscriptions["process-job"].waiting == []


CALLS = (":pull", ":publish", ":acknowledge")
FAULTS = {
    # nothing is retried here: a person reads the error and gives the command again
    "reset before it was seen": (ResetBefore(), TransientError),
    "reply lost": (LoseReply(), TransientError),
    "an answer cut in half": (Truncate(), TransientError),
    "a page instead of JSON": (html_page(), TransientError),
    "400": (json_error(400, "no"), PermanentError),
    "401": (json_error(401, "no"), PermanentError),
    "403": (json_error(403, "no"), PermanentError),
    "404": (json_error(404, "no"), NotFound),
    "409": (json_error(409, "no"), ConflictError),
    "412": (json_error(412, "no"), ConflictError),
    "429 with a wait": (json_error(429, "slow", **{"Retry-After": "5"}), TransientError),
    "500": (json_error(500, "oops"), TransientError),
    "503 with a page": (html_page(503), TransientError),
}


TOLD = [
    pytest.param(call, *row, id=f"{call}, {name}")
    for call, (name, row) in product(CALLS, FAULTS.items())
    # The answer to an acknowledgement is empty, and Google's client does not look at it: the letter may come twice.
    if (call, name) != (":acknowledge", "a page instead of JSON")
]


@pytest.mark.parametrize(("call", "fault", "kind"), TOLD)
def test_whatever_goes_wrong_is_told_and_no_letter_is_lost(pubsub, call, fault, kind) -> None:
    bury(pubsub, "process-job", "job-1")
    pubsub.faults.only = lambda method, path: path.endswith(call)
    pubsub.faults.once.append(fault)
    with pytest.raises(kind, match=r"dead letters? ") as caught:
        letters(pubsub).put_back()
    assert type(caught.value) is kind
    dead, topic = pubsub.subscriptions["process-job-dead"], pubsub.subscriptions["process-job"]
    assert len(dead.waiting) + len(dead.leased) + len(topic.waiting) >= 1


def test_an_acknowledgement_that_is_lost_may_put_a_letter_back_twice_and_loses_none(pubsub) -> None:
    bury(pubsub, "process-job", "job-1")
    pubsub.faults.only = lambda method, path: path.endswith(":acknowledge")
    pubsub.faults.once.append(ResetBefore())
    with pytest.raises(TransientError):
        letters(pubsub).put_back()
    assert len(pubsub.subscriptions["process-job"].waiting) == 1


def test_what_is_no_signal_is_listed_too(pubsub) -> None:
    pubsub.put("process-job-dead", b"hello")
    (found,) = letters(pubsub).listed()
    assert (found.signal, found.deliveries) == (None, None)
    assert "no signal of ours" in rendered([found])


def test_a_stack_without_topics_says_what_has_them(pubsub) -> None:
    with pytest.raises(NotFound) as caught:
        letters(pubsub, stack="prod").listed()
    assert "fetch-job-prod-dead" in (caught.value.advice or "")
    assert "orchestration: pubsub" in (caught.value.advice or "")


def test_an_account_without_the_rights_is_told_which(pubsub) -> None:
    pubsub.faults.forever = json_error(403, "no")
    with pytest.raises(PermanentError) as caught:
        letters(pubsub).listed()
    assert "pubsub.subscriber on fetch-job-dead" in (caught.value.advice or "")


def test_without_dead_letters_it_says_so(pubsub) -> None:
    assert rendered(letters(pubsub).listed()) == "No dead letters.\n"


def test_silence_means_that_there_is_no_more(pubsub) -> None:
    pubsub.longest_pull = 60.0
    assert letters(pubsub, wait=0.2).listed() == []
