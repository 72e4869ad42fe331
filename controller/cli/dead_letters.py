"""`podcast dead-letters`: signals that Pub/Sub could not deliver, listed and put back.

A dead letter is an alarm, not a loss: the sweep has moved its episode, or moves it within the minute. Putting one back
does no harm either, since a signal that comes twice changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, cast

import requests
from google.api_core.client_options import ClientOptions
from google.api_core.exceptions import DeadlineExceeded
from google.auth.credentials import Credentials
from google.pubsub_v1 import PublisherClient, PubsubMessage, ReceivedMessage, SubscriberClient
from pydantic import ValidationError
from rich.console import RenderableType
from rich.table import Table

from shared.contract import STEPS, Step
from shared.deployment import dead_letter_name, name_suffix
from shared.google_errors import google_errors
from shared.signals import Signal

AT_ONCE: Final = 100
WAIT: Final = 5.0
"""Seconds; Pub/Sub holds a request until there is a message, so silence is how it says that there is none."""
TIMEOUT: Final = 20.0
DELIVERIES: Final = "CloudPubSubDeadLetterSourceDeliveryCount"
"""Attribute in which Pub/Sub says how often it tried: https://cloud.google.com/pubsub/docs/dead-letter-topics."""


@dataclass(frozen=True)
class DeadLetter:
    """One signal that was not delivered."""

    topic: str
    message_id: str
    published: datetime
    deliveries: int | None
    signal: Signal | None
    """None where the message is no signal of ours."""


class DeadLetters:
    """The dead letters of one stack.

    Args:
        subscriber: Google's client, over REST.
        publisher: likewise.
        project: the Google Cloud project.
        suffix: what follows the names of this stack's topics.
        steps: whose topics.
        wait: seconds of silence that mean "no more".
    """

    def __init__(
        self,
        subscriber: SubscriberClient,
        publisher: PublisherClient,
        *,
        project: str,
        suffix: str,
        steps: Sequence[Step] = STEPS,
        wait: float = WAIT,
    ) -> None:
        self._subscriber = subscriber
        self._publisher = publisher
        self._project = project
        self._topics = [f"{step.job_name}{suffix}" for step in steps]
        self._wait = wait

    def listed(self) -> list[DeadLetter]:
        """All dead letters; they stay where they are."""
        found = []
        for topic in self._topics:
            taken = list(self._taken(topic))
            found += [_letter(topic, each) for each in taken]
            # Given back at once, so that the next look sees them too.
            for ack_ids in _batches([each.ack_id for each in taken]):
                with google_errors(f"give dead letters of {topic} back", self._advice(topic)):
                    self._subscriber.modify_ack_deadline(
                        subscription=self._subscription(topic),
                        ack_ids=ack_ids,
                        ack_deadline_seconds=0,
                        retry=None,
                        timeout=TIMEOUT,
                    )
        return found

    def put_back(self) -> list[DeadLetter]:
        """Publishes every dead letter to its topic again, and only then removes it from among the dead."""
        found = []
        for topic in self._topics:
            for each in self._taken(topic):
                with google_errors(f"put a dead letter back into {topic}", self._advice(topic)):
                    self._publisher.publish(
                        topic=f"projects/{self._project}/topics/{topic}",
                        messages=[PubsubMessage(data=each.message.data)],
                        retry=None,
                        timeout=TIMEOUT,
                    )
                    self._subscriber.acknowledge(
                        subscription=self._subscription(topic), ack_ids=[each.ack_id], retry=None, timeout=TIMEOUT
                    )
                found.append(_letter(topic, each))
        return found

    def _taken(self, topic: str) -> Iterator[ReceivedMessage]:
        while True:
            with google_errors(f"look for dead letters of {topic}", self._advice(topic)):
                try:
                    pulled = self._subscriber.pull(
                        subscription=self._subscription(topic), max_messages=AT_ONCE, retry=None, timeout=self._wait
                    )
                except (requests.Timeout, DeadlineExceeded):
                    return
            if not pulled.received_messages:
                return
            yield from pulled.received_messages

    def _subscription(self, topic: str) -> str:
        return f"projects/{self._project}/subscriptions/{dead_letter_name(topic)}"

    def _advice(self, topic: str) -> dict[int, str]:
        name = dead_letter_name(topic)
        return {
            403: f"Your account needs pubsub.subscriber on {name} and pubsub.publisher on {topic}.",
            404: f"There is no {name} in {self._project}: only a stack with orchestration: pubsub has topics.",
        }


def connect(
    project: str,
    stack: str,
    *,
    credentials: Credentials | None = None,
    endpoint: str | None = None,
    wait: float = WAIT,
) -> DeadLetters:
    """The dead letters of a stack, seen with one's own account. Raises PermanentError where there is none."""
    options = ClientOptions(api_endpoint=endpoint)
    with google_errors("connect to Pub/Sub"):
        return DeadLetters(
            SubscriberClient(credentials=credentials, transport="rest", client_options=options),
            PublisherClient(credentials=credentials, transport="rest", client_options=options),
            project=project,
            suffix=name_suffix(stack),
            wait=wait,
        )


def show(letters: Sequence[DeadLetter], *, put_back: bool) -> RenderableType:
    """The letters as a table, or a sentence where there is none."""
    if not letters:
        return "No dead letters."
    table = Table(title="Put back" if put_back else "Dead letters; put them back with --put-back", title_justify="left")
    for heading in ("topic", "job", "step that had ended", "since", "deliveries"):
        table.add_column(heading)
    for each in letters:
        job, step = (each.signal.job_id, each.signal.step) if each.signal else ("no signal of ours", "")
        tries = "?" if each.deliveries is None else str(each.deliveries)
        table.add_row(each.topic, job, step, f"{each.published:%Y-%m-%d %H:%M} UTC", tries)
    return table


def _letter(topic: str, received: ReceivedMessage) -> DeadLetter:
    message = received.message
    try:
        signal = Signal.model_validate_json(message.data)
    except ValidationError:  # whatever somebody else published there
        signal = None
    tries = message.attributes.get(DELIVERIES)
    return DeadLetter(
        topic=topic,
        message_id=message.message_id,
        # The wrapper around the message turns its Timestamp into a datetime, which its annotation does not say.
        published=cast(datetime, message.publish_time),
        deliveries=int(tries) if tries else None,
        signal=signal,
    )


def _batches(ack_ids: Sequence[str]) -> Iterator[list[str]]:
    for start in range(0, len(ack_ids), AT_ONCE):
        yield list(ack_ids[start : start + AT_ONCE])
