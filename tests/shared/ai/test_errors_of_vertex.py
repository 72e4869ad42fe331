"""What each failure of the service must give: which error, how often it was asked, and what people read."""

from __future__ import annotations

import json
import socket
from dataclasses import replace

import pytest
import stamina
from support_servers.faults import Answer, Hang, LoseReply, ResetBefore, Truncate, html_page, json_error
from support_servers.vertex import Vertex, vertex
from support_vertex import DIGEST, HURRIED, chunk, client, hearing, sensible

from shared.errors import NotFound, PermanentError, TransientError

GOOD = "good"
IMPATIENT = replace(HURRIED, read=2.0)

NOT_AN_ANSWER = Answer(200, json.dumps([1, 2]).encode())
WRONG_SHAPE = Answer(200, json.dumps({"candidates": "none"}).encode())
AGENT = json_error(
    400, "Service agents are being provisioned. Service agents are needed to read the Cloud Storage file provided."
)

TABLE = [
    # what happens              once or for ever  → the outcome, requests made, words of the message or the advice
    ("reset before", ResetBefore(), 1, GOOD, 2, ""),
    ("reset for ever", ResetBefore(), None, TransientError, 2, "the connection broke"),
    ("reply lost", LoseReply(), 1, GOOD, 2, ""),
    ("reply lost for ever", LoseReply(), None, TransientError, 2, "the connection broke"),
    ("timeout after the work", Hang(), 1, GOOD, 2, ""),
    ("timeout for ever", Hang(), None, TransientError, 2, "no answer within 2 s"),
    ("truncated", Truncate(), 1, GOOD, 2, ""),
    ("truncated for ever", Truncate(), None, TransientError, 2, "the connection broke"),
    ("400", json_error(400, "Unable to submit request."), None, PermanentError, 1, "Unable to submit request."),
    ("new project", AGENT, 1, TransientError, 1, "service agent does not exist yet"),
    ("401", json_error(401, "Bad token."), None, PermanentError, 1, "gcloud auth application-default login"),
    ("403", json_error(403, "Denied."), None, PermanentError, 1, "roles/aiplatform.user"),
    ("404", json_error(404, "No such model."), None, PermanentError, 1, "VERTEX_AI_LOCATION"),
    ("413", json_error(413, "Too large."), None, PermanentError, 1, "PODCAST_BACKEND=cloud"),
    ("429", json_error(429, "Busy."), 1, GOOD, 2, ""),
    ("429 with Retry-After", json_error(429, "Busy.", **{"Retry-After": "0"}), 1, GOOD, 2, ""),
    ("429 for ever", json_error(429, "Busy."), None, TransientError, 5, "429 Too Many Requests"),
    ("429 until tomorrow", json_error(429, "Busy.", **{"Retry-After": "86400"}), None, TransientError, 1, "429"),
    ("500 then good", json_error(500, "Oops."), 1, GOOD, 2, ""),
    ("503 for ever", json_error(503, "Overloaded."), None, TransientError, 5, "503 Service Unavailable (Overloaded.)"),
    ("504", json_error(504, "Deadline."), 1, GOOD, 2, ""),
    ("HTML", html_page(), 1, GOOD, 2, ""),
    ("HTML for ever", html_page(), None, TransientError, 2, "not the API's answer"),
    ("HTML with an error", html_page(502), None, TransientError, 5, "502 Bad Gateway"),
    ("another JSON", NOT_AN_ANSWER, None, TransientError, 2, "not the API's answer"),
    ("JSON of another shape", WRONG_SHAPE, None, TransientError, 2, "not the API's answer"),
]


@pytest.fixture
def server():
    with vertex(sensible) as running:
        yield running


@pytest.mark.parametrize("row", TABLE, ids=[row[0] for row in TABLE])
def test_each_failure_gives_what_the_table_says(server: Vertex, row) -> None:
    _, fault, times, outcome, requests, words = row
    if times is None:
        server.faults.forever = fault
    else:
        server.faults.once.extend([fault] * times)
    asking = client(server.url, patience=IMPATIENT if isinstance(fault, Hang) else HURRIED)
    try:
        if outcome is GOOD:
            heard = asking.transcribe(chunk())
            assert [each.text for each in heard.segments] == [each["text"] for each in hearing()["segments"]]
        else:
            with pytest.raises(outcome) as raised:
                asking.transcribe(chunk())
            assert words in f"{raised.value.message} {raised.value.advice}"
            assert "chunk 1 (0:00:00 to 0:00:10)" in raised.value.message
    finally:
        asking.close()
    assert len(server.faults.requests) == requests


def test_a_service_out_of_reach_is_a_passing_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    asking = client(f"http://127.0.0.1:{port}")
    with pytest.raises(TransientError, match="connection refused"):
        asking.transcribe(chunk())
    asking.close()


def test_the_wait_that_the_service_asks_for_is_obeyed(server: Vertex) -> None:
    waits: list[float] = []
    stamina.instrumentation.set_on_retry_hooks([lambda details: waits.append(details.wait_for)])
    server.faults.once.append(json_error(429, "Busy.", **{"Retry-After": "0.03"}))
    asking = client(server.url)
    try:
        asking.transcribe(chunk())
    finally:
        stamina.instrumentation.set_on_retry_hooks(None)
        asking.close()
    assert waits == [0.03]


def test_a_wait_beyond_our_patience_is_left_to_the_orchestrator(server: Vertex) -> None:
    server.faults.forever = json_error(429, "Busy.", **{"Retry-After": "3600"})
    asking = client(server.url)
    with pytest.raises(TransientError) as raised:
        asking.transcribe(chunk())
    asking.close()
    assert raised.value.retry_after == 3600


def test_a_page_of_a_proxy_is_never_quoted(server: Vertex) -> None:
    server.faults.forever = html_page(403)
    asking = client(server.url)
    with pytest.raises(PermanentError) as raised:
        asking.transcribe(chunk())
    asking.close()
    assert "<" not in raised.value.message


def test_a_model_that_is_not_there_is_a_wrong_setting_and_no_lost_object(server: Vertex) -> None:
    asking = client(server.url, model="gemini-1.5-pro", location="asia-northeast1")
    with pytest.raises(PermanentError) as raised:
        asking.transcribe(chunk())
    asking.close()
    assert not isinstance(raised.value, NotFound)
    assert "gemini-1.5-pro does not answer in 'asia-northeast1'" in (raised.value.advice or "")


@pytest.mark.parametrize("body", ['{"candidates": [{"content": "SECRET"', '{"candidates": "SECRET"}', "SECRET"])
def test_a_broken_answer_is_not_quoted_by_any_error_in_the_chain(server: Vertex, body) -> None:
    secret = "words that only listeners may hear"
    server.faults.forever = Answer(200, body.replace("SECRET", secret).encode())
    asking = client(server.url)
    with pytest.raises(TransientError) as raised:
        asking.transcribe(chunk())
    asking.close()
    chain: list[str] = []
    error: BaseException | None = raised.value
    while error is not None:
        chain.append(repr(error) + str(error) + str(vars(error)))
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    assert secret not in "".join(chain)


def test_the_digest_fails_like_the_hearing(server: Vertex) -> None:
    asking = client(server.url)
    heard = asking.transcribe(chunk())
    server.faults.once.append(json_error(500, "Oops."))
    digest = asking.digest(heard.segments, language="en", show=asking._show)
    asking.close()
    assert digest.summary == DIGEST["summary"]
