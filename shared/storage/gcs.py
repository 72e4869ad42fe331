"""Google Cloud Storage as an object store: https://cloud.google.com/storage/docs/json_api."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from itertools import islice
from typing import BinaryIO, Self, cast
from uuid import uuid4

import google.auth
import requests
from google.auth.credentials import AnonymousCredentials
from google.auth.transport.requests import AuthorizedSession
from google.cloud.storage import Blob, Client

from shared.errors import ConflictError, NotFound, TransientError
from shared.google_errors import google_errors
from shared.retries import Patience
from shared.storage.gcs_calls import BucketCalls, RunningSum, info_of
from shared.storage.gcs_write import Write
from shared.storage.names import check_key
from shared.storage.protocol import ObjectInfo, ObjectStore
from shared.storage.ranged import RangedReader, check_length
from shared.storage.streams import copy_through

DATED_AT_ONCE = 8
"""Calls side by side: 500 objects in about three seconds, and no more connections than the library keeps open."""


class GCSClient:
    """One bucket. The version of an object is its generation.

    Args:
        bucket: its name.
        client: of google-cloud-storage; its own retries are not used.
        session: the authorised session that `client` uses, for resumable uploads.
        patience: how long to wait and how often to try.
        new_token: gives a text that no other writer has.
    """

    def __init__(
        self,
        bucket: str,
        client: Client,
        session: requests.Session,
        *,
        patience: Patience | None = None,
        new_token: Callable[[], str] = lambda: uuid4().hex,
    ) -> None:
        self._session = session
        self._patience = patience or Patience()
        self._calls = BucketCalls(client.bucket(bucket), self._patience.timeouts)
        self._new_token = new_token

    @classmethod
    def connect(
        cls,
        bucket: str,
        *,
        project: str | None = None,
        endpoint: str | None = None,
        patience: Patience | None = None,
        advice: Mapping[int, str] | None = None,
    ) -> Self:
        """A client with the credentials of the environment, or with none for an `endpoint` of one's own.

        `advice` says what to do, by HTTP status, where a person's own account asks and no service account.

        Raises:
            PermanentError: there are no credentials.
        """
        if endpoint is None:
            with google_errors(f"reach gs://{bucket}"):
                credentials, found = google.auth.default(scopes=Client.SCOPE)
            session: requests.Session = AuthorizedSession(credentials)
            project = project or found
        else:
            credentials, session = AnonymousCredentials(), requests.Session()
        client = Client(
            # A bucket is found without its project; the library only wants to be told one.
            project=project or "none",
            credentials=credentials,
            _http=session,
            client_options={} if endpoint is None else {"api_endpoint": endpoint},
        )
        # It would ask for the bucket's metadata in the background, for traces that we do not use.
        client._bucket_metadata_cache = None  # noqa: SLF001 - the public switch is a variable for the whole process
        made = cls(bucket, client, session, patience=patience)
        made._calls.advice |= advice or {}
        return made

    def close(self) -> None:
        """Closes the connections."""
        self._session.close()

    @property
    def bucket(self) -> str:
        """The bucket's name, as it stands in an event."""
        return self._calls.name

    def location(self, name: str) -> str:
        """The object's `gs://` URI."""
        check_key(name)
        return f"gs://{self.bucket}/{name}"

    def stat(self, name: str, *, version: str | None = None) -> ObjectInfo:
        """The object at `version`, its newest version if None."""
        return info_of(self._metadata(name, version))

    def crc32c(self, name: str, *, version: str | None = None) -> str:
        """The object's checksum as GCS keeps it: base64 of the CRC-32C, most significant byte first."""
        return str(self._metadata(name, version).crc32c)

    def read(self, name: str) -> tuple[bytes, ObjectInfo]:
        """The whole object and the version that was read; its checksum is verified."""

        def attempt() -> tuple[bytes, ObjectInfo]:
            blob = self._calls.metadata(name)
            try:
                content = self._calls.download(blob)
            except NotFound as error:
                raise TransientError(f"{name} in {self.bucket} was replaced while it was being read") from error
            check_length(len(content), int(blob.size), self.location(name))
            summed = RunningSum()
            summed.follow(0, content)
            summed.check(blob)
            return content, info_of(blob)

        return self._patience.persistently(attempt)

    def open(self, name: str) -> BinaryIO:
        """A seekable reader of what is the newest version now; read from end to end, its checksum is verified."""
        blob = self._metadata(name)
        summed = RunningSum()

        def fetch(start: int, length: int) -> bytes:
            def attempt() -> bytes:
                content = self._calls.download(blob, start=start, end=start + length - 1)
                check_length(len(content), length, self.location(name))
                return content

            content = self._patience.persistently(attempt)
            if summed.follow(start, content):
                summed.check(blob)
            return content

        return cast(BinaryIO, RangedReader(int(blob.size), fetch))

    def write(
        self,
        name: str,
        content: bytes | BinaryIO,
        *,
        expect: str | None = None,
        content_type: str | None = None,
    ) -> ObjectInfo:
        """Stores the object whole. `expect` names the version it must replace; `ABSENT` creates, None overwrites.

        Two chunks of 8 MiB at most are in memory. Content is checked against its CRC-32C at the other end.
        """
        check_key(name)
        write = Write(
            calls=self._calls,
            session=self._session,
            patience=self._patience,
            name=name,
            owner=self._new_token(),
            # GCS calls the generation of an object that does not exist 0.
            match=None if expect is None else int(expect or 0),
            content_type=content_type,
        )
        return write.run(io.BytesIO(content) if isinstance(content, bytes) else content)

    def copy_from(self, source: ObjectStore, source_name: str, *, version: str, name: str) -> ObjectInfo:
        """A copy of that very version; from another bucket of GCS nothing passes through this program.

        Raises:
            NotFound: the version is gone.
        """
        check_key(name)
        if not isinstance(source, GCSClient):
            return copy_through(source, source_name, version=version, into=self, name=name)
        original = source._metadata(source_name, version)  # noqa: SLF001 - it is one of us
        owner = self._new_token()
        token: str | None = None
        unsure = False

        def attempt() -> tuple[Blob, str | None]:
            nonlocal unsure
            if unsure and (landed := self._calls.landed(name, owner)) is not None:
                return landed, None
            unsure = True
            return self._calls.rewrite(original, name, owner=owner, token=token)

        while True:
            # A call copies what it can in its time and gives a token to go on with.
            copy, token = self._patience.persistently(attempt)
            if token is None:
                break
        if copy.crc32c != original.crc32c:
            raise TransientError(f"{self.location(name)} is no true copy of {source.location(source_name)}")
        return info_of(copy)

    def delete(self, name: str) -> None:
        """Removes the object; that it is gone already is no error."""
        check_key(name)
        try:
            self._patience.persistently(lambda: self._calls.delete(name))
        except NotFound:
            return

    def list(self, prefix: str = "") -> Iterator[ObjectInfo]:
        """All objects whose name starts with `prefix`, in the order of their names."""
        return (info_of(blob) for blob in self._blobs(prefix))

    def starts_to_expire(self, prefix: str, at: datetime, *, most: int = 500) -> bool:
        """Sets the custom time, from which the lifecycle rules of the bucket count; it can only be moved on.

        An object that goes or changes meanwhile is no error: it is looked at again in the next call.
        """
        undated = (blob for blob in self._blobs(prefix) if blob.custom_time is None or blob.custom_time < at)
        now, later = list(islice(undated, most)), next(undated, None)
        with ThreadPoolExecutor(DATED_AT_ONCE, thread_name_prefix="date") as pool:
            dated = list(pool.map(partial(self._date, at=at), now))
        return all(dated) and later is None

    def _blobs(self, prefix: str) -> Iterator[Blob]:
        token: str | None = None
        while True:
            blobs, token = self._patience.persistently(partial(self._calls.page, prefix, token))
            yield from blobs
            if token is None:
                return

    def _date(self, blob: Blob, at: datetime) -> bool:
        try:
            self._patience.persistently(lambda: self._calls.date(blob, at))
        except NotFound:
            return True
        except ConflictError:
            return False
        return True

    def _metadata(self, name: str, version: str | None = None) -> Blob:
        return self._patience.persistently(lambda: self._calls.metadata(name, version))
