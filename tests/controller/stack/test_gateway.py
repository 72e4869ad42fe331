"""What the command makes of everything that can come instead of the controller's answer."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from support_gateway import PERSON, Reached, reached
from support_servers.faults import Answer, Fault, LoseReply, ResetBefore, Truncate, html_page

from controller.stack.explaining import refused
from shared.errors import ConflictError, NotFound, PermanentError, PodcastError, TransientError


@pytest.fixture
def there() -> Iterator[Reached]:
    with reached() as found:
        yield found


def ours(status: int, message: str = "it is so") -> Answer:
    """The controller's own words."""
    body = {"error": {"type": "X", "message": message, "advice": "Do this.", "retryable": False}}
    return Answer(status, json.dumps(body).encode())


PASSING: dict[str, tuple[Fault, ...]] = {
    "reset": (ResetBefore(), ResetBefore(), ResetBefore()),
    "the reply is lost": (LoseReply(), LoseReply(), LoseReply()),
    "half an answer": (Truncate(),),
    "Google's 503": (html_page(503), html_page(500)),
    "Google's 429": (html_page(429),),
    "a page in between": (html_page(200),),
    "the store sleeps": (ours(503),),
}


@pytest.mark.parametrize("case", PASSING)
def test_what_passes_is_tried_again(case: str, there: Reached) -> None:
    there.faults.once.extend(PASSING[case])
    assert there.desk.show().language == "en"
    assert not there.faults.once


LASTING: dict[str, tuple[Fault, type[PodcastError], str, str]] = {
    "reset": (ResetBefore(), TransientError, "the controller of dev does not answer", "podcast doctor --stack dev"),
    "503": (html_page(503), TransientError, "out of order", "podcast doctor --stack dev"),
    "a page": (html_page(200), TransientError, "not that of the controller", "proxy in between"),
    "half an answer": (Truncate(), TransientError, "does not answer", "network"),
    "401": (html_page(401), PermanentError, f"believe that you are {PERSON}", "gcloud auth application-default login"),
    "403": (html_page(403), PermanentError, f"{PERSON} may not use", f"user:{PERSON} && pulumi up"),
    "404": (html_page(404), PermanentError, "there is no controller of dev", "pulumi up"),
    "its own 403": (ours(403), PermanentError, "it is so", "Do this."),
    "its own 400": (ours(400), PermanentError, "it is so", "Do this."),
    "its own 404": (ours(404), NotFound, "it is so", "Do this."),
    "its own 409": (ours(409), ConflictError, "it is so", "Do this."),
    "its own 503": (ours(503), TransientError, "it is so", "Do this."),
    "words of another kind": (
        Answer(400, b'{"status": "refused", "reason": "it is so", "advice": "Do this."}'),
        PermanentError,
        "it is so",
        "Do this.",
    ),
    "an answer of another version": (Answer(200, b'{"show": {"language": 7}}'), PermanentError, "Show", "version"),
}


@pytest.mark.parametrize("case", LASTING)
def test_what_stays_is_told_with_what_helps(case: str, there: Reached) -> None:
    fault, kind, message, helps = LASTING[case]
    there.faults.forever = fault
    with pytest.raises(kind) as caught:
        there.desk.show()
    assert type(caught.value) is kind
    assert message in caught.value.message
    assert helps in (caught.value.advice or "")
    assert not any(token in str(caught.value) for token in there.given)


def test_nothing_listens_and_that_is_said() -> None:
    with reached() as there:
        desk = there.desk
    with pytest.raises(TransientError, match="does not answer"):
        desk.show()


def test_a_service_account_is_named_as_one_among_operators() -> None:
    account = "robot@a-project.iam.gserviceaccount.com"
    assert f"serviceAccount:{account} && pulumi up" in (refused(403, account, "dev").advice or "")


@pytest.mark.parametrize(("fault", "asked"), [(None, 1), (LoseReply(), 2), (html_page(503), 2)])
def test_a_retry_is_asked_for_until_it_is_known_to_be_done(fault: Fault | None, asked: int, there: Reached) -> None:
    there.faults.once.extend([fault] if fault else [])
    there.desk.retry("1")
    assert there.faults.requests == [("POST", "/jobs/1/retry")] * asked


def test_a_retry_whose_reply_was_lost_counts_as_done_although_it_is_refused_now(there: Reached) -> None:
    there.faults.once.extend([LoseReply(), ours(409)])
    there.desk.retry("1")


def test_a_retry_that_is_refused_at_once_is_refused(there: Reached) -> None:
    there.faults.once.append(ours(409, "it is not failed"))
    with pytest.raises(ConflictError, match="it is not failed"):
        there.desk.retry("1")
