"""Signals on their way, whatever happens to them: they are sent again, or say why they could not be."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest
from flask import Flask, request
from google.oauth2.credentials import Credentials
from support_servers.faults import (
    Faults,
    Hang,
    LoseReply,
    ResetBefore,
    Truncate,
    html_page,
    json_error,
    patience_with,
    serving,
)
from support_servers.metadata import metadata_server
from support_servers.processes import free_port
from support_servers.pubsub import PROJECT, Subscription, pubsub_server

from shared.errors import NotFound, PermanentError, TransientError
from shared.signals import PostedSignals, Signal
from shared.signals.posted import audience_of
from shared.signals.published import PublishedSignals

SIGNAL = Signal(job_id="job", step="fetch")
TOPIC = f"projects/{PROJECT}/topics/process-job"


def published(address, patience) -> PublishedSignals:
    return PublishedSignals.connect(TOPIC, credentials=Credentials(token="fake"), endpoint=address, patience=patience)


class Posted:
    """A door that takes signals."""

    def __init__(self) -> None:
        self.arrived: list[tuple[Any, str | None]] = []
        app = Flask(__name__)

        @app.post("/signals")
        def take():
            self.arrived.append((request.get_json(), request.headers.get("Authorization")))
            return "", 204

        self.faults = Faults(app)

    def send_to(self, address):
        PostedSignals(f"{address}/signals", patience=patience_with(*self.faults.once)).send(SIGNAL)


@pytest.fixture
def door():
    posted = Posted()
    with serving(posted.faults) as address:
        yield posted.faults, lambda: posted.send_to(address), lambda: [each for each, _ in posted.arrived]


@pytest.fixture
def topic():
    with pubsub_server() as pubsub:
        kept = pubsub.subscribe(Subscription("kept", "process-job"))

        def send():
            published(pubsub.address, patience_with(*pubsub.faults.once)).send(SIGNAL)

        yield pubsub.faults, send, lambda: [json.loads(each.data) for each in kept.waiting]


@pytest.fixture(params=["door", "topic"])
def way(request):
    """Faults, a way to send the signal, and what arrived."""
    return request.getfixturevalue(request.param)


PASSES = {
    # what happens, and how often the signal arrives: a second time does no harm
    "nothing": ([], 1),
    "reset before it was seen": ([ResetBefore()], 1),
    "reply lost": ([LoseReply()], 2),
    "silence after it was taken": ([Hang()], 2),
    "429 with a wait": ([json_error(429, "slow", **{"Retry-After": "0"})], 1),
    "500, then good": ([json_error(500, "oops")], 1),
    "503 with a page, then good": ([html_page(503)], 1),
    "a page instead of the answer": ([html_page()], 1),
    "409, then good": ([json_error(409, "busy")], 1),
    "all at once": ([ResetBefore(), json_error(502, "oops"), html_page(503)], 1),
}


@pytest.mark.parametrize(("faults", "times"), PASSES.values(), ids=PASSES)
def test_what_passes_is_tried_again(way, faults, times) -> None:
    met, send, arrived = way
    met.once.extend(faults)
    send()
    assert arrived() == [{"job_id": "job", "step": "fetch"}] * times


STAYS = {
    # what every request meets: which error, a word of the message, how often it is tried
    "400": (json_error(400, "no"), PermanentError, "400", 1),
    "401": (json_error(401, "no"), PermanentError, "401|credentials were refused", 1),
    "403": (json_error(403, "no"), PermanentError, "403", 1),
    "404": (json_error(404, "no"), NotFound, "404", 1),
    "409": (json_error(409, "no"), TransientError, "409", 4),
    "412": (json_error(412, "no"), TransientError, "412", 4),
    "pages for ever": (html_page(), TransientError, "the answer is not", 4),
    "a page with 403": (html_page(403), PermanentError, "403", 1),
    "503 for ever": (json_error(503, "no"), TransientError, "503", 4),
    "429 for an hour": (json_error(429, "no", **{"Retry-After": "3600"}), TransientError, "429", 1),
    "resets for ever": (ResetBefore(), TransientError, "could not", 4),
}


@pytest.mark.parametrize("row", STAYS.values(), ids=STAYS)
def test_what_stays_is_an_error(way, row) -> None:
    met, send, arrived = way
    met.forever, kind, word, tries = row
    with pytest.raises(kind, match=word) as caught:
        send()
    assert type(caught.value) is kind
    assert kind is TransientError or "400" in word or caught.value.advice
    assert len(met.requests) == tries
    assert arrived() == []


def test_a_refused_token_says_what_to_look_at(door, topic) -> None:
    for (met, send, _), word in ((door, "audience"), (topic, "gcloud auth")):
        met.forever = json_error(401, "no")
        with pytest.raises(PermanentError) as caught:
            send()
        assert word in (caught.value.advice or "")


def test_a_topic_whose_answer_is_cut_in_half_is_asked_again(topic) -> None:
    # The controller's own answer has no body that could be cut.
    met, send, arrived = topic
    met.once.append(Truncate())
    send()
    assert arrived()


def test_nobody_there_is_a_transient_error() -> None:
    nobody = f"http://127.0.0.1:{free_port()}"
    brisk = patience_with()
    for signals in (PostedSignals(f"{nobody}/signals", patience=brisk), published(nobody, brisk)):
        with pytest.raises(TransientError, match="connection refused"):
            signals.send(SIGNAL)


# ------------------------------------------------------------------ who sends it

SENDS = """
import sys
from shared.signals import Signal, cloud_signals
cloud_signals(sys.argv[1], None).send(Signal(job_id="job", step="fetch"))
"""


def sends(url, **environment):
    return subprocess.run(
        [sys.executable, "-c", SENDS, url],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_in_the_cloud_a_signal_carries_the_accounts_token_for_the_controller() -> None:
    posted = Posted()
    with metadata_server("podcast-fetch@p.x") as metadata, serving(posted.faults) as address:
        done = sends(f"{address}/signals", **metadata.environment)
        assert done.returncode == 0, done.stderr
        ((said, authorization),) = posted.arrived
    from controller.callers import _claims  # noqa: PLC0415 - the other side's own eyes

    assert authorization is not None
    claims = _claims(authorization.removeprefix("Bearer "))
    assert said == {"job_id": "job", "step": "fetch"}
    assert (claims["email"], claims["aud"]) == ("podcast-fetch@p.x", address)


def test_without_a_metadata_server_the_signal_says_that_there_is_no_account() -> None:
    nowhere = f"127.0.0.1:{free_port()}"
    done = sends("http://127.0.0.1:1/signals", GCE_METADATA_HOST=nowhere, GCE_METADATA_IP=nowhere)
    assert "PermanentError" in done.stderr
    assert "there are no Google credentials here" in done.stderr


def test_the_audience_is_the_service_not_the_door() -> None:
    assert audience_of("https://controller-abc-an.a.run.app/signals?x=1") == "https://controller-abc-an.a.run.app"
