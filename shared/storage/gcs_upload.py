"""A resumable upload to GCS, chunk by chunk, taken up again where the server's memory of it ends.

Spoken directly because google-cloud-storage repeats a chunk blindly and cannot go on after a chunk that was kept in
part. Protocol: https://cloud.google.com/storage/docs/performing-resumable-uploads
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

import requests

from shared.errors import PodcastError, TransientError
from shared.google_errors import google_errors
from shared.http_errors import error_for_status
from shared.retries import Patience
from shared.storage.gcs_calls import RunningSum

CHUNK: Final = 8 * 1024 * 1024
"""Bytes held in memory and sent at once: a multiple of 256 KiB, as the protocol demands of all chunks but the last."""


class SessionLost(TransientError):
    """The server knows the session no longer: it ended, perhaps well, or it was forgotten."""


class ResumableUpload:
    """The chunks of one object, in order, through the session at `url`; the address is a secret while it lasts."""

    def __init__(
        self,
        session: requests.Session,
        url: str,
        *,
        doing: str,
        patience: Patience,
        advice: Mapping[int, str] | None = None,
    ) -> None:
        self._session = session
        self._url = url
        self._doing = doing
        self._patience = patience
        self._advice = advice
        self._begins = 0
        self._kept = 0
        self._summed = RunningSum()

    def send(self, chunk: bytes, *, last: bool) -> dict[str, Any]:
        """Sends the next chunk; with `last` the object is made and its resource returned, else an empty one.

        Raises:
            SessionLost: look whether the object is there, or begin anew.
            PodcastError: as shared/http_errors.py says for the answer's status.
        """
        self._summed.follow(self._begins, chunk)
        end = self._begins + len(chunk)
        known = self._begins
        unsure = False

        def attempt() -> dict[str, Any]:
            nonlocal known, unsure
            if unsure:
                resource = self._put(b"", begins=None, end=end, last=last)
                if resource is not None:
                    return resource
                known = self._kept
            unsure = True
            while True:
                resource = self._put(chunk[known - self._begins :], begins=known, end=end, last=last)
                if resource is not None:
                    return resource
                before, known = known, self._kept
                if known == end and not last:
                    return {}
                if known <= before:
                    raise TransientError(f"could not {self._doing}: the server keeps nothing of what it is sent")

        made = self._patience.persistently(attempt)
        self._begins = end
        return made

    def _put(self, body: bytes, *, begins: int | None, end: int, last: bool) -> dict[str, Any] | None:
        # `begins` None only asks how much was kept. The answer is the object's resource, or None: more is expected.
        size = str(end) if last else "*"
        headers = {"Content-Range": f"bytes */{size}"}
        if body:
            headers["Content-Range"] = f"bytes {begins}-{end - 1}/{size}"
            if last:
                headers["X-Goog-Hash"] = f"crc32c={self.crc32c}"
        with google_errors(self._doing, self._advice):
            response = self._session.put(self._url, data=body, headers=headers, timeout=self._patience.timeouts)
            if response.status_code in (HTTPStatus.OK, HTTPStatus.CREATED):
                resource: dict[str, Any] = response.json()
                return resource
        if response.status_code != HTTPStatus.PERMANENT_REDIRECT:
            raise self._error(response)
        kept = re.fullmatch(r"bytes=0-(\d+)", response.headers.get("Range", ""))
        self._kept = int(kept[1]) + 1 if kept else 0
        if not self._begins <= self._kept <= end:
            raise SessionLost(f"could not {self._doing}: the server kept {self._kept} bytes of it, which fits no chunk")
        return None

    @property
    def crc32c(self) -> str:
        """Of all that was sent so far."""
        return self._summed.text

    def _error(self, response: requests.Response) -> PodcastError:
        if response.status_code in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE):
            return SessionLost(f"could not {self._doing}: the server has forgotten the upload")
        return error_for_status(response.status_code, self._doing, headers=response.headers, advice=self._advice)
