"""Signals through Pub/Sub: published to the next step's topic, from which they are pushed to the controller."""

from __future__ import annotations

from typing import Final

from google.api_core.client_options import ClientOptions
from google.auth.credentials import Credentials
from google.oauth2.credentials import Credentials as TokenCredentials
from google.pubsub_v1 import PublisherClient, PubsubMessage

from shared.errors import ConflictError, TransientError
from shared.google_errors import google_errors
from shared.retries import Patience
from shared.signals.protocol import Signal

BRIEF: Final = Patience(attempts=4, total=20.0, first_wait=0.2, longest_wait=5.0, read=10.0)


class PublishedSignals:
    """Publishes signals to one topic.

    Args:
        publisher: Google's client, over REST: one message needs no stream, and no thread that outlives the step.
        topic: `projects/PROJECT/topics/TOPIC`.
        patience: how often and how long to try.
    """

    def __init__(self, publisher: PublisherClient, topic: str, *, patience: Patience = BRIEF) -> None:
        self._publisher = publisher
        self._topic = topic
        self._patience = patience

    @classmethod
    def connect(
        cls,
        topic: str,
        *,
        credentials: Credentials | None = None,
        endpoint: str | None = None,
        patience: Patience = BRIEF,
    ) -> PublishedSignals:
        """Over Google's own API, or over the one at `endpoint`. Nothing is asked yet."""
        with google_errors("connect to Pub/Sub"):
            publisher = PublisherClient(
                credentials=credentials or (TokenCredentials("none") if endpoint else None),
                transport="rest",
                client_options=ClientOptions(api_endpoint=endpoint),
            )
        return cls(publisher, topic, patience=patience)

    def send(self, signal: Signal) -> None:
        """Publishes it, again if that went wrong: a signal that comes twice changes nothing."""
        self._patience.persistently(lambda: self._publish(signal))

    def _publish(self, signal: Signal) -> None:
        name = self._topic.rpartition("/")[2]
        advice = {
            403: f"Grant this program's account pubsub.publisher on {name}; a fresh grant takes minutes.",
            404: f"Check that the topic {name} exists: `pulumi up` makes it with orchestration: pubsub.",
        }
        message = PubsubMessage(data=signal.model_dump_json().encode())
        try:
            with google_errors(f"publish to the topic {name}", advice):
                self._publisher.publish(topic=self._topic, messages=[message], retry=None, timeout=self._patience.read)
        except ConflictError as error:
            raise TransientError(error.message, advice=error.advice) from error
