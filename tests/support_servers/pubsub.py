"""Pub/Sub over REST: topics, push subscriptions that unwrap their messages, dead letters, and pull for those.

Shapes: https://cloud.google.com/pubsub/docs/reference/rest/v1/projects.topics and ….subscriptions; of a push
https://cloud.google.com/pubsub/docs/payload-unwrapping and …/push. Nothing is pushed by itself: a test says when.
"""

from __future__ import annotations

import base64
import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from flask import Flask, jsonify, request
from support_servers.faults import Faults, serving

PROJECT = "a-project"
MESSAGE = {"data", "attributes", "orderingKey", "messageId", "publishTime"}
ACKNOWLEDGES = frozenset({102, 200, 201, 202, 204})
"""Answers to a push that count as received: https://cloud.google.com/pubsub/docs/push#receive_push."""


@dataclass
class Message:
    message_id: str
    data: bytes
    attributes: dict[str, str]
    published: str
    deliveries: int = 0

    def resource(self) -> dict[str, Any]:
        return {
            "data": base64.b64encode(self.data).decode(),
            "attributes": self.attributes,
            "messageId": self.message_id,
            "publishTime": self.published,
        }


@dataclass
class Subscription:
    """What waits for one reader. With `endpoint` it is pushed there, else it is pulled."""

    name: str
    topic: str
    endpoint: str | None = None
    token: Callable[[], str] | None = None
    dead_letter_topic: str | None = None
    most_deliveries: int = 5
    waiting: list[Message] = field(default_factory=list)
    leased: dict[str, Message] = field(default_factory=dict)


@dataclass
class PubSub:
    """The topics and subscriptions of one project."""

    topics: set[str] = field(default_factory=set)
    subscriptions: dict[str, Subscription] = field(default_factory=dict)
    address: str = ""
    faults: Faults = field(init=False)
    published: int = 0
    longest_pull: float = 0.0
    """Seconds that a pull waits for a message before it is answered with none; the real service takes its time."""
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _arrived: threading.Condition = field(init=False)

    def __post_init__(self) -> None:
        app = Flask(__name__)
        app.post(f"/v1/projects/{PROJECT}/topics/<topic>:publish")(self._publish)
        app.post(f"/v1/projects/{PROJECT}/subscriptions/<name>:pull")(self._pull)
        app.post(f"/v1/projects/{PROJECT}/subscriptions/<name>:acknowledge")(self._acknowledge)
        app.post(f"/v1/projects/{PROJECT}/subscriptions/<name>:modifyAckDeadline")(self._modify)
        self.faults = Faults(app)
        self._arrived = threading.Condition(self._lock)

    def subscribe(self, subscription: Subscription) -> Subscription:
        """Makes the subscription, and its topic where there is none."""
        self.topics |= {subscription.topic} | (
            {subscription.dead_letter_topic} if subscription.dead_letter_topic else set()
        )
        self.subscriptions[subscription.name] = subscription
        return subscription

    def put(self, topic: str, data: bytes, attributes: dict[str, str] | None = None) -> str:
        """A message on the topic; every subscription gets a copy."""
        with self._arrived:
            self.published += 1
            message_id = str(self.published)
            for each in self.subscriptions.values():
                if each.topic == topic:
                    now = datetime.now(UTC).isoformat()
                    each.waiting.append(Message(message_id, data, dict(attributes or {}), now))
            self._arrived.notify_all()
            return message_id

    def push(self) -> list[int]:
        """Pushes every message that waits once; what is refused waits again. Returns the answers."""
        answers = []
        with self._lock:
            due = [(each, message) for each in self.subscriptions.values() if each.endpoint for message in each.waiting]
        for subscription, message in due:
            message.deliveries += 1
            status = _deliver(subscription, message)
            answers.append(status)
            with self._lock:
                if status in ACKNOWLEDGES:
                    subscription.waiting.remove(message)
                elif subscription.dead_letter_topic and message.deliveries >= subscription.most_deliveries:
                    subscription.waiting.remove(message)
                    self._bury(subscription, message)
        return answers

    @contextmanager
    def pushing(self) -> Iterator[None]:
        """Pushes by itself, as messages come, for the length of the block."""
        stop = threading.Event()

        def run() -> None:
            while not stop.is_set():
                with self._arrived:
                    self._arrived.wait_for(lambda: stop.is_set() or self._due())
                self.push()

        thread = threading.Thread(target=run)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            with self._arrived:
                self._arrived.notify_all()
            thread.join()

    def _due(self) -> bool:
        return any(each.waiting for each in self.subscriptions.values() if each.endpoint)

    def _bury(self, subscription: Subscription, message: Message) -> None:
        source = {
            "CloudPubSubDeadLetterSourceSubscription": subscription.name,
            "CloudPubSubDeadLetterSourceSubscriptionProject": PROJECT,
            "CloudPubSubDeadLetterSourceDeliveryCount": str(message.deliveries),
            "CloudPubSubDeadLetterSourceTopicPublishTime": message.published,
        }
        assert subscription.dead_letter_topic is not None
        self.put(subscription.dead_letter_topic, message.data, {**message.attributes, **source})

    def _publish(self, topic: str) -> Any:
        if topic not in self.topics:
            return _error(404, f"Resource not found (resource={topic}).")
        asked = request.get_json()
        messages = asked.get("messages", [])
        if unknown := _unknown(asked, {"messages"}, *((each, MESSAGE) for each in messages)):
            return unknown
        if not messages:
            return _error(400, "The value for message_count is too small.")
        if not all(each.get("data") or each.get("attributes") for each in messages):
            return _error(400, "One or more messages in the publish request is empty.")
        ids = [self.put(topic, base64.b64decode(each.get("data", "")), each.get("attributes")) for each in messages]
        return jsonify(messageIds=ids)

    def _pull(self, name: str) -> Any:
        if name not in self.subscriptions:
            return _error(404, f"Resource not found (resource={name}).")
        asked = request.get_json()
        if unknown := _unknown(asked, {"maxMessages", "returnImmediately"}):
            return unknown
        if int(asked.get("maxMessages", 0)) < 1:
            return _error(400, "A non-positive value was given for max_messages.")
        subscription = self.subscriptions[name]
        with self._arrived:
            # As the real one does, which holds the request until there is something to give.
            self._arrived.wait_for(lambda: bool(subscription.waiting), timeout=self.longest_pull)
            if _has_left(request.environ["werkzeug.socket"]):
                return jsonify({})
            taken = subscription.waiting[: int(asked["maxMessages"])]
            del subscription.waiting[: len(taken)]
            received = []
            for message in taken:
                message.deliveries += 1
                ack_id = f"{name}-{message.message_id}-{message.deliveries}"
                subscription.leased[ack_id] = message
                received.append({"ackId": ack_id, "message": message.resource()})
        return jsonify(receivedMessages=received)

    def _acknowledge(self, name: str) -> Any:
        if name not in self.subscriptions:
            return _error(404, f"Resource not found (resource={name}).")
        if unknown := _unknown(request.get_json(), {"ackIds"}):
            return unknown
        subscription = self.subscriptions[name]
        for ack_id in request.get_json()["ackIds"]:
            subscription.leased.pop(ack_id, None)
        return jsonify({})

    def _modify(self, name: str) -> Any:
        """A deadline of zero gives a message back; any other one changes nothing here, where leases never end."""
        if name not in self.subscriptions:
            return _error(404, f"Resource not found (resource={name}).")
        subscription = self.subscriptions[name]
        asked = request.get_json()
        if unknown := _unknown(asked, {"ackIds", "ackDeadlineSeconds"}):
            return unknown
        if not 0 <= asked.get("ackDeadlineSeconds", 0) <= 600:
            return _error(400, "Invalid ack deadline given: it must be between 0 and 600 seconds.")
        with self._arrived:
            for ack_id in asked["ackIds"]:
                if asked.get("ackDeadlineSeconds", 0) == 0 and ack_id in subscription.leased:
                    subscription.waiting.append(subscription.leased.pop(ack_id))
            self._arrived.notify_all()
        return jsonify({})


def _deliver(subscription: Subscription, message: Message) -> int:
    assert subscription.endpoint is not None
    headers = {
        "Content-Type": "application/json",
        "x-goog-pubsub-subscription-name": f"projects/{PROJECT}/subscriptions/{subscription.name}",
        "x-goog-pubsub-message-id": message.message_id,
        "x-goog-pubsub-publish-time": message.published,
    }
    if subscription.token is not None:
        headers["Authorization"] = f"Bearer {subscription.token()}"
    pushed = urllib.request.Request(subscription.endpoint, data=message.data, headers=headers)
    try:
        with urllib.request.urlopen(pushed, timeout=30) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code
    except OSError:
        return 0


def _has_left(reader: socket.socket) -> bool:
    """Whether whoever asked has closed the connection meanwhile, and would never see the answer."""
    try:
        return reader.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
    except BlockingIOError:
        return False


def _unknown(asked: dict[str, Any], known: set[str], *parts: tuple[dict[str, Any], set[str]]) -> Any:
    """The refusal of a field that the API does not know; None without one."""
    for part, names in ((asked, known), *parts):
        if strangers := part.keys() - names:
            return _error(400, f"Invalid JSON payload received. Unknown name: {sorted(strangers)}: Cannot find field.")
    return None


def _error(code: int, message: str) -> Any:
    return jsonify(
        error={"code": code, "message": message, "status": {404: "NOT_FOUND", 400: "INVALID_ARGUMENT"}[code]}
    ), code


@contextmanager
def pubsub_server() -> Iterator[PubSub]:
    pubsub = PubSub()
    with serving(pubsub.faults) as address:
        pubsub.address = address
        yield pubsub
