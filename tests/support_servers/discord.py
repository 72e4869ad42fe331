"""Discord's webhook, as strict as its documentation and a little stricter where that is silent.

Limits: https://discord.com/developers/docs/resources/message#embed-object-embed-limits. Lengths are counted in UTF-16
units, of the possible readings the one that refuses most.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flask import Flask, Response, jsonify, request
from support_servers.faults import Faults, serving

MOST = {"title": 256, "description": 4096, "name": 256, "value": 1024, "footer": 2048, "author": 256}
MOST_FIELDS, MOST_EMBEDS, MOST_TOGETHER, MOST_CONTENT = 25, 10, 6000, 2000
KNOWN = {
    "title",
    "description",
    "url",
    "timestamp",
    "color",
    "footer",
    "image",
    "thumbnail",
    "author",
    "fields",
    "type",
}
KNOWN |= {"video", "provider"}
MENTIONS = ("@everyone", "@here", "<@")


def size(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


@dataclass
class Discord:
    """One channel's webhook. `messages` is what people read there, in the order of arrival."""

    webhook_id: str = "1234567890123456789"
    token: str = "very-secret_Token-that-nobody-may-see"
    deleted: bool = False
    messages: list[dict[str, Any]] = field(default_factory=list)
    pinged: list[str] = field(default_factory=list)
    impatient: int = 0
    """Requests that came before the time that an earlier 429 had named."""
    closed_for: list[float] = field(default_factory=list)
    """Seconds; each makes one request meet a 429 that names them."""
    header_only: bool = False
    """Whether a 429 says its seconds in the header alone, as the proxy in front of Discord does."""
    base: str = ""
    faults: Faults = field(init=False)
    _open_at: float = 0.0

    def __post_init__(self) -> None:
        self.faults = Faults(self._app())

    @property
    def url(self) -> str:
        return f"{self.base}/api/webhooks/{self.webhook_id}/{self.token}"

    def _app(self) -> Any:
        app = Flask(__name__)

        @app.get("/api/webhooks/<webhook_id>/<token>")
        def look(webhook_id: str, token: str) -> Any:
            """https://discord.com/developers/docs/resources/webhook#get-webhook-with-token."""
            about = {"id": webhook_id, "type": 1, "name": "Episodes", "channel_id": "2", "token": token}
            return self._turned_away(webhook_id, token) or jsonify(about)

        @app.post("/api/webhooks/<webhook_id>/<token>")
        def execute(webhook_id: str, token: str) -> Any:
            return self._turned_away(webhook_id, token) or self._take(request.get_data())

        return app

    def _turned_away(self, webhook_id: str, token: str) -> Any:
        if self.deleted or webhook_id != self.webhook_id:
            return jsonify(message="Unknown Webhook", code=10015), 404
        if token != self.token:
            return jsonify(message="Invalid Webhook Token", code=50027), 401
        if time.monotonic() < self._open_at:
            self.impatient += 1
            return self._slow_down(self._open_at - time.monotonic())
        if self.closed_for:
            seconds = self.closed_for.pop(0)
            self._open_at = time.monotonic() + seconds
            return self._slow_down(seconds)
        return None

    def _take(self, content: bytes) -> Any:
        try:
            body = json.loads(content)
        except ValueError:
            return jsonify(message="The request body contains invalid JSON.", code=50109), 400
        if errors := complaints(body):
            return jsonify(message="Invalid Form Body", code=50035, errors=errors), 400
        message = {"id": str(10**18 + len(self.messages)), **body}
        self.messages.append(message)
        self.pinged += pings(body)
        return jsonify(message) if request.args.get("wait") == "true" else ("", 204)

    def _slow_down(self, seconds: float) -> Response:
        told = {"message": "You are being rate limited.", "retry_after": seconds, "global": False}
        if self.header_only:
            answer = Response("<html>slow down</html>", 429, content_type="text/html")
            answer.headers["Retry-After"] = str(seconds)
            return answer
        answer = jsonify(told)
        answer.status_code = 429
        # The header is in whole seconds and rounded by Discord itself; the body is exact.
        answer.headers["Retry-After"] = str(int(seconds))
        answer.headers["X-RateLimit-Scope"] = "user"
        return answer


@contextmanager
def discord_server() -> Iterator[Discord]:
    discord = Discord()
    with serving(discord.faults) as address:
        discord.base = address
        yield discord


def pings(body: dict[str, Any]) -> list[str]:
    """Whom the message would ping. Stricter than Discord: text in an embed counts too."""
    allowed = body.get("allowed_mentions", {"parse": ["everyone", "users", "roles"]})
    text = json.dumps(body)
    return [each for each in MENTIONS if allowed.get("parse") and each in text]


def complaints(body: Any) -> dict[str, Any]:
    """What Discord would say of this message, as its `errors`; empty where it takes it."""
    if not isinstance(body, dict):
        return {"_errors": [{"code": "DICT_TYPE_CONVERT", "message": "Only dictionaries may be used"}]}
    found: dict[str, Any] = {}
    embeds = body.get("embeds", [])
    if not body.get("content") and not embeds:
        found["content"] = _required()
    if size(body.get("content") or "") > MOST_CONTENT:
        found["content"] = _longer_than(MOST_CONTENT)
    if len(embeds) > MOST_EMBEDS:
        found["embeds"] = _longer_than(MOST_EMBEDS)
    by_number: dict[str, Any] = {str(number): wrong for number, each in enumerate(embeds) if (wrong := _embed(each))}
    if sum(_counted(each) for each in embeds) > MOST_TOGETHER:
        by_number["_errors"] = [
            {"code": "MAX_EMBED_SIZE_EXCEEDED", "message": "Embed size exceeds maximum size of 6000"}
        ]
    return found | ({"embeds": by_number} if by_number else {})


def _embed(embed: dict[str, Any]) -> dict[str, Any]:
    wrong: dict[str, Any] = {}
    for name in embed.keys() - KNOWN:
        wrong[name] = _refused("UNKNOWN", "Discord would drop this without a word")
    for name in ("title", "description"):
        if size(embed.get(name) or "") > MOST[name]:
            wrong[name] = _longer_than(MOST[name])
    footer, author = embed.get("footer", {}).get("text", ""), embed.get("author", {}).get("name", "")
    for name, text in (("footer", footer), ("author", author)):
        if size(text) > MOST[name]:
            wrong[name] = _longer_than(MOST[name])
    if not isinstance(embed.get("color", 0), int) or not 0 <= embed.get("color", 0) <= 0xFFFFFF:
        wrong["color"] = _refused("NUMBER_TYPE_MAX", "int value should be less than or equal to 16777215.")
    addresses = {"url": embed.get("url")} | {
        name: embed[name].get("url") for name in ("image", "thumbnail") if name in embed
    }
    for name, address in addresses.items():
        if address is not None and not address.startswith(("http://", "https://")):
            wrong[name] = _refused("URL_TYPE_INVALID_URL", "Not a well formed URL.")
    if "timestamp" in embed and not _is_timestamp(embed["timestamp"]):
        wrong["timestamp"] = _refused("DATE_TIME_TYPE_PARSE", "Could not parse. Should be ISO8601.")
    fields = embed.get("fields", [])
    if len(fields) > MOST_FIELDS:
        wrong["fields"] = _longer_than(MOST_FIELDS)
    for number, each in enumerate(fields):
        for name in ("name", "value"):
            text = each.get(name, "")
            if not text.strip():
                wrong.setdefault("fields", {})[str(number)] = {name: _required()}
            elif size(text) > MOST[name]:
                wrong.setdefault("fields", {})[str(number)] = {name: _longer_than(MOST[name])}
    return wrong


def _counted(embed: dict[str, Any]) -> int:
    texts = [embed.get("title"), embed.get("description"), embed.get("footer", {}).get("text")]
    texts += [embed.get("author", {}).get("name")]
    texts += [text for each in embed.get("fields", []) for text in (each.get("name"), each.get("value"))]
    return sum(size(text or "") for text in texts)


def _is_timestamp(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _refused(code: str, message: str) -> dict[str, Any]:
    return {"_errors": [{"code": code, "message": message}]}


def _required() -> dict[str, Any]:
    return _refused("BASE_TYPE_REQUIRED", "This field is required")


def _longer_than(most: int) -> dict[str, Any]:
    return _refused("BASE_TYPE_MAX_LENGTH", f"Must be {most} or fewer in length.")
