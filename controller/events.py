"""What arrived: a CloudEvent or the plain `{"bucket", "name"}`, turned into a source or a reason to leave it alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from cloudevents.core.bindings.http import HTTPMessage, from_http_event
from cloudevents.core.exceptions import BaseCloudEventException
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from shared.errors import PermanentError

FINALIZED = "google.cloud.storage.object.v1.finalized"
"""The one event type that means a new version of an object (Eventarc's name for it)."""

SIDECARS = frozenset(
    {
        *(".json", ".txt", ".md", ".toml", ".yaml", ".yml", ".xml", ".csv", ".html", ".log", ".pdf"),
        *(".vtt", ".srt"),
        *(".jpg", ".jpeg", ".png", ".webp", ".gif"),
    }
)
"""What people keep beside a recording."""

UNFINISHED = frozenset({".part", ".partial", ".crdownload", ".download", ".tmp", ".temp", ".filepart"})
"""What browsers and copying tools call a file that is not whole yet."""


class NotAnEvent(PermanentError):
    """The request carries no event that anybody could act on; the message says why."""


@dataclass(frozen=True)
class Ignored:
    """An event about something that is no episode."""

    reason: str


class Dropped(BaseModel):
    """The object that an event is about. GCS writes numbers as strings; both are taken."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    bucket: str = Field(min_length=1)
    name: str = Field(min_length=1)
    generation: int | None = Field(default=None, gt=0)
    size: int | None = Field(default=None, ge=0)


def parse_event(headers: Mapping[str, str], body: bytes, *, input_bucket: str) -> Dropped | Ignored:
    """What the request says was dropped.

    Args:
        headers: of the request, whatever their capitals.
        body: of the request.
        input_bucket: the only bucket whose objects are episodes.

    Raises:
        NotAnEvent: it is neither a CloudEvent (binary or structured) nor the plain form.
    """
    headers = {name.lower(): value for name, value in headers.items()}
    content_type = headers.get("content-type", "").lower()
    if "ce-specversion" in headers or content_type.startswith("application/cloudevents+json"):
        kind, data = _cloud_event(headers, body)
        if kind != FINALIZED:
            return Ignored(f"{kind} is not about a new object")
    else:
        data = body
    try:
        dropped = Dropped.model_validate_json(data) if isinstance(data, bytes | str) else Dropped.model_validate(data)
    except ValidationError as error:
        reasons = "; ".join(
            f"{'.'.join(str(part) for part in each['loc']) or 'body'}: {each['msg']}" for each in error.errors()
        )
        raise NotAnEvent(
            f"this is no event about an object: {reasons}",
            advice='Send a CloudEvent, or JSON such as {"bucket": "…", "name": "…"}.',
        ) from error
    if dropped.bucket != input_bucket:
        return Ignored(f"{dropped.bucket} is not the input bucket {input_bucket}")
    reason = why_no_episode(dropped.name)
    return Ignored(reason) if reason else dropped


def why_no_episode(name: str) -> str | None:
    """Why an object of this name is not meant to be an episode; None where it may be one."""
    if name.endswith("/"):
        return f"{name} is a folder"
    parts = PurePosixPath(name).parts
    if any(part.startswith(".") and part not in {".", ".."} for part in parts):
        return f"{name} is hidden"
    suffix = PurePosixPath(name).suffix.lower()
    if suffix in UNFINISHED or name.endswith("~"):
        return f"{name} is not whole yet"
    if suffix in SIDECARS:
        return f"{name} is a companion file, not a recording"
    return None


def _cloud_event(headers: Mapping[str, str], body: bytes) -> tuple[str, Any]:
    try:
        event = from_http_event(HTTPMessage(headers=dict(headers), body=body))
    except (BaseCloudEventException, ValueError, KeyError, TypeError, AttributeError) as error:
        # AttributeError is how the library meets JSON that is no object.
        raise NotAnEvent(
            f"this CloudEvent cannot be read: {error}", advice="See the CloudEvents 1.0 HTTP binding."
        ) from error
    return event.get_type(), event.get_data()
