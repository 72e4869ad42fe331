"""What is known of the sending of one message: it outlives the process, so that no crash makes people read it often."""

from __future__ import annotations

from typing import Protocol

from pydantic import BaseModel, ConfigDict, Field

from shared.errors import NotFound
from shared.storage import ABSENT, ObjectStore


class Sends(BaseModel):
    """The sends of one message so far."""

    model_config = ConfigDict(frozen=True)

    delivered: bool = False
    unanswered: int = Field(default=0, ge=0, description="sends of which nobody knows whether they arrived")


class SendLog(Protocol):
    """Keeps the sends of one message."""

    def load(self) -> Sends:
        """What is known; blank for a message that was never sent."""
        ...

    def save(self, sends: Sends) -> None:
        """Keeps it. Raises ConflictError where another process sends the same message."""
        ...


class MemorySendLog:
    """For a message that is sent by hand: it is forgotten with the process."""

    def __init__(self) -> None:
        self._sends = Sends()

    def load(self) -> Sends:
        """What is known."""
        return self._sends

    def save(self, sends: Sends) -> None:
        """Keeps it."""
        self._sends = sends


class StoredSendLog:
    """One object in the work bucket.

    Args:
        work: the work bucket.
        key: of the object; one message, one key.
    """

    def __init__(self, work: ObjectStore, key: str) -> None:
        self._work = work
        self._key = key
        self._version = ABSENT

    def load(self) -> Sends:
        """What is known."""
        try:
            content, info = self._work.read(self._key)
        except NotFound:
            self._version = ABSENT
            return Sends()
        self._version = info.version
        return Sends.model_validate_json(content)

    def save(self, sends: Sends) -> None:
        """Keeps it, if nobody else wrote since it was loaded or saved here."""
        info = self._work.write(
            self._key, sends.model_dump_json().encode(), expect=self._version, content_type="application/json"
        )
        self._version = info.version
