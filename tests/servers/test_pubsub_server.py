"""The Pub/Sub of the tests does what the real API documents: whoever trusts it can trust it."""

from __future__ import annotations

import threading
from contextlib import contextmanager

import pytest
import urllib3
from google.api_core.client_options import ClientOptions
from google.api_core.exceptions import BadRequest, NotFound
from google.oauth2.credentials import Credentials
from google.pubsub_v1 import PublisherClient, PubsubMessage, SubscriberClient
from pytest_httpserver import HTTPServer
from support_servers.pubsub import PROJECT, Subscription, pubsub_server
from werkzeug import Request, Response

TOPIC = f"projects/{PROJECT}/topics/process-job"
PULLED = f"projects/{PROJECT}/subscriptions/pulled"


@pytest.fixture
def pubsub():
    with pubsub_server() as running:
        running.subscribe(Subscription("pulled", "process-job"))
        yield running


@contextmanager
def connected(client, address):
    made = client(credentials=Credentials("none"), transport="rest", client_options=ClientOptions(api_endpoint=address))
    yield made
    made.transport.close()


@pytest.fixture
def publisher(pubsub):
    with connected(PublisherClient, pubsub.address) as client:
        yield client


@pytest.fixture
def subscriber(pubsub):
    with connected(SubscriberClient, pubsub.address) as client:
        yield client


def publish(publisher, data: bytes = b"{}", **attributes: str) -> str:
    message = PubsubMessage(data=data, attributes=attributes)
    return str(publisher.publish(topic=TOPIC, messages=[message], retry=None).message_ids[0])


def pull(subscriber):
    answer = subscriber.pull(subscription=PULLED, max_messages=10, retry=None)
    return [(each.ack_id, each.message) for each in answer.received_messages]


def test_a_message_is_pulled_as_it_was_published(publisher, subscriber) -> None:
    number = publish(publisher, b"\x00words", job="1")
    ((_, message),) = pull(subscriber)
    assert (message.message_id, message.data, dict(message.attributes)) == (number, b"\x00words", {"job": "1"})
    assert message.publish_time


def test_a_message_that_is_leased_is_given_to_nobody_else_and_an_acknowledged_one_is_gone(
    publisher, subscriber
) -> None:
    publish(publisher)
    ((ack_id, _),) = pull(subscriber)
    assert pull(subscriber) == []
    subscriber.acknowledge(subscription=PULLED, ack_ids=[ack_id], retry=None)
    subscriber.modify_ack_deadline(subscription=PULLED, ack_ids=[ack_id], ack_deadline_seconds=0, retry=None)
    assert pull(subscriber) == []


def test_a_deadline_of_zero_gives_a_message_back_with_another_number_for_its_lease(publisher, subscriber) -> None:
    publish(publisher)
    ((first, _),) = pull(subscriber)
    subscriber.modify_ack_deadline(subscription=PULLED, ack_ids=[first], ack_deadline_seconds=0, retry=None)
    ((second, _),) = pull(subscriber)
    assert first != second


def test_every_subscription_of_a_topic_gets_a_copy(pubsub, publisher) -> None:
    other = pubsub.subscribe(Subscription("other", "process-job"))
    publish(publisher)
    assert [len(each.waiting) for each in (other, pubsub.subscriptions["pulled"])] == [1, 1]


def test_a_topic_or_subscription_that_does_not_exist_is_not_found(publisher, subscriber) -> None:
    with pytest.raises(NotFound):
        publisher.publish(topic=f"{TOPIC}s", messages=[PubsubMessage(data=b"x")], retry=None)
    for call in (
        lambda name: subscriber.pull(subscription=name, max_messages=1, retry=None),
        lambda name: subscriber.acknowledge(subscription=name, ack_ids=["1"], retry=None),
        lambda name: subscriber.modify_ack_deadline(
            subscription=name, ack_ids=["1"], ack_deadline_seconds=0, retry=None
        ),
    ):
        with pytest.raises(NotFound):
            call(f"{PULLED}s")


def test_a_message_with_neither_data_nor_attributes_is_refused_and_so_is_none_at_all(publisher) -> None:
    for messages in ([], [PubsubMessage()]):
        with pytest.raises(BadRequest):
            publisher.publish(topic=TOPIC, messages=messages, retry=None)


def test_a_pull_of_nothing_and_a_lease_of_an_hour_are_refused(subscriber) -> None:
    with pytest.raises(BadRequest):
        subscriber.pull(subscription=PULLED, max_messages=0, retry=None)
    with pytest.raises(BadRequest, match="between 0 and 600"):
        subscriber.modify_ack_deadline(subscription=PULLED, ack_ids=["1"], ack_deadline_seconds=3600, retry=None)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (f"{TOPIC}:publish", {"messages": [{"data": "eA=="}], "topic": "t"}),
        (f"{TOPIC}:publish", {"messages": [{"data": "eA==", "attribute": {}}]}),
        (f"{PULLED}:pull", {"maxMessages": 1, "max": 2}),
        (f"{PULLED}:acknowledge", {"ackIds": [], "ackId": "1"}),
        (f"{PULLED}:modifyAckDeadline", {"ackIds": [], "deadline": 0}),
    ],
)
def test_a_field_that_the_api_does_not_know_is_refused(pubsub, path, body) -> None:
    answer = urllib3.request("POST", f"{pubsub.address}/v1/{path}", json=body, retries=False)
    assert (answer.status, answer.json()["error"]["status"]) == (400, "INVALID_ARGUMENT")


@pytest.fixture
def pushed(pubsub, httpserver: HTTPServer):
    """A subscription that is pushed to the server of the test, and has a topic for its dead letters."""
    pubsub.subscribe(Subscription("dead", "process-job-dead"))
    return pubsub.subscribe(
        Subscription(
            "pushed",
            "process-job",
            endpoint=httpserver.url_for("/signals"),
            token=lambda: "a.token",
            dead_letter_topic="process-job-dead",
        )
    )


def test_a_push_is_the_unwrapped_message_with_its_metadata_as_headers(pubsub, publisher, pushed, httpserver) -> None:
    httpserver.expect_request("/signals", method="POST", data=b"words").respond_with_data(status=204)
    number = publish(publisher, b"words")
    assert (pubsub.push(), pushed.waiting) == ([204], [])
    ((request, _),) = httpserver.log
    assert request.headers["x-goog-pubsub-subscription-name"] == f"projects/{PROJECT}/subscriptions/pushed"
    assert request.headers["x-goog-pubsub-message-id"] == number
    assert request.headers["Authorization"] == "Bearer a.token"


def test_a_push_that_is_refused_five_times_becomes_a_dead_letter_that_says_where_it_comes_from(
    pubsub, publisher, pushed, httpserver
) -> None:
    httpserver.expect_request("/signals").respond_with_data(status=503)
    publish(publisher, b"words", job="1")
    assert [pubsub.push() for _ in range(6)] == [[503]] * 5 + [[]]
    (letter,) = pubsub.subscriptions["dead"].waiting
    assert (letter.data, letter.attributes["job"]) == (b"words", "1")
    assert letter.attributes["CloudPubSubDeadLetterSourceSubscription"] == "pushed"
    assert letter.attributes["CloudPubSubDeadLetterSourceDeliveryCount"] == "5"


def test_what_waits_is_pushed_by_itself_for_as_long_as_one_asks(pubsub, publisher, pushed, httpserver) -> None:
    arrived = threading.Event()

    def take(request: Request) -> Response:
        arrived.set()
        return Response(status=204)

    httpserver.expect_request("/signals").respond_with_handler(take)
    with pubsub.pushing():
        publish(publisher)
        assert arrived.wait(30)
    assert pushed.waiting == []
