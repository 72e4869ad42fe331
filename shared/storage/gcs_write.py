"""One write to GCS, whatever happens on the way: it is done once, or a clear error says why not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO

import requests

from shared.errors import ConflictError, TransientError
from shared.retries import Patience
from shared.storage.gcs_calls import BucketCalls, info_of
from shared.storage.gcs_upload import CHUNK, ResumableUpload, SessionLost
from shared.storage.protocol import ObjectInfo
from shared.storage.streams import read_chunk

RESTARTS = 3
"""How often an upload may be forgotten half way before it is given up."""


@dataclass(frozen=True)
class Write:
    """What is to be written: the same through all tries.

    A reply that was lost is told from a race that was lost by the token, which the object carries in its metadata.
    """

    calls: BucketCalls
    session: requests.Session
    patience: Patience
    name: str
    owner: str
    match: int | None
    content_type: str | None

    def run(self, stream: BinaryIO) -> ObjectInfo:
        """Writes what is left of the stream; one that cannot seek is read once, and then begins no second upload."""
        begin = stream.tell() if stream.seekable() else None
        first = read_chunk(stream, CHUNK)
        if len(first) < CHUNK:
            return self._in_one_exchange(first)
        for _ in range(RESTARTS):
            try:
                return self._in_chunks(first, stream)
            except (SessionLost, ConflictError) as error:
                landed = self.patience.persistently(self._landed)
                if landed is not None:
                    return landed
                if isinstance(error, ConflictError) or begin is None:
                    raise
                stream.seek(begin)
                first = read_chunk(stream, CHUNK)
        raise TransientError(f"could not write {self._location}: the upload was forgotten {RESTARTS} times")

    def _in_one_exchange(self, content: bytes) -> ObjectInfo:
        unsure = False

        def attempt() -> ObjectInfo:
            nonlocal unsure
            if unsure:
                # The try before may have done it, and a second version would be a second event.
                landed = self._landed()
                if landed is not None:
                    return landed
            was_unsure, unsure = unsure, True
            try:
                return self.calls.upload(
                    self.name, content, match=self.match, content_type=self.content_type, owner=self.owner
                )
            except ConflictError:
                landed = self._landed() if was_unsure else None
                if landed is None:
                    raise
                return landed

        return self.patience.persistently(attempt)

    def _in_chunks(self, first: bytes, rest: BinaryIO) -> ObjectInfo:
        url = self.patience.persistently(
            lambda: self.calls.begin_upload(
                self.name, match=self.match, content_type=self.content_type, owner=self.owner
            )
        )
        upload = ResumableUpload(
            self.session, url, doing=f"write {self._location}", patience=self.patience, advice=self.calls.advice
        )
        chunk = first
        while True:
            following = read_chunk(rest, CHUNK) if len(chunk) == CHUNK else b""
            resource = upload.send(chunk, last=not following)
            if not following:
                break
            chunk = following
        if resource.get("crc32c") != upload.crc32c:
            raise TransientError(f"could not write {self._location}: it arrived damaged")
        return ObjectInfo(
            name=self.name,
            version=str(resource["generation"]),
            size=int(resource["size"]),
            updated=datetime.fromisoformat(resource["updated"]),
            content_type=resource.get("contentType"),
        )

    def _landed(self) -> ObjectInfo | None:
        blob = self.calls.landed(self.name, self.owner)
        return None if blob is None else info_of(blob)

    @property
    def _location(self) -> str:
        return f"gs://{self.calls.name}/{self.name}"
