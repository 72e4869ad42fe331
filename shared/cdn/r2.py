"""Cloudflare R2 as an object store, over its S3 API."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import cache, partial
from typing import TYPE_CHECKING, BinaryIO, Self, cast
from uuid import uuid4

import boto3
from botocore.config import Config

from shared.cdn.calls import BucketCalls
from shared.cdn.errors import s3_errors
from shared.cdn.keys import R2Keys
from shared.cdn.urls import public_base, public_url
from shared.cdn.write import Write
from shared.errors import NotFound
from shared.retries import Patience
from shared.storage.names import check_key
from shared.storage.protocol import ObjectInfo, ObjectStore
from shared.storage.ranged import RangedReader, check_length
from shared.storage.streams import copy_through

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PART_SIZE = 8 * 1024 * 1024
"""Bytes. R2 takes 5 MiB to 5 GiB a part and 10,000 parts: files up to 80 GB."""
WORKERS = 4
REGION = "auto"


class R2Client:
    """One bucket. The version of an object is its ETag: the same bytes written again keep it.

    Args:
        bucket: its name.
        client: of boto3; see `connect` for what R2 needs it to be.
        base_url: where the bucket is served.
        patience: how long to wait and how often to try.
        part_size: bytes of all parts of a large file but the last.
        workers: parts under way at once.
        new_token: gives a text that no other writer has.
    """

    def __init__(
        self,
        bucket: str,
        client: S3Client,
        *,
        base_url: str,
        patience: Patience | None = None,
        part_size: int = PART_SIZE,
        workers: int = WORKERS,
        new_token: Callable[[], str] = lambda: uuid4().hex,
    ) -> None:
        self._client = client
        self._calls = BucketCalls(client, bucket)
        self._base_url = base_url
        self._patience = patience or Patience()
        self._part_size = part_size
        self._workers = workers
        self._new_token = new_token

    @classmethod
    def connect(
        cls,
        bucket: str,
        *,
        endpoint: str,
        keys: R2Keys,
        base_url: str | None = None,
        patience: Patience | None = None,
        part_size: int = PART_SIZE,
        workers: int = WORKERS,
    ) -> Self:
        """A client for R2's S3 API at `endpoint`; without `base_url` it is served there too (shared/cdn/urls.py)."""
        patience = patience or Patience()
        with s3_errors(f"reach the bucket {bucket}"):
            client = _session().client(
                "s3",
                endpoint_url=endpoint,
                region_name=REGION,
                aws_access_key_id=keys.access_key_id,
                aws_secret_access_key=keys.secret_access_key.get_secret_value(),
                config=Config(
                    # R2 refuses the checksum trailers that boto3 sends by itself since 1.36.
                    request_checksum_calculation="when_required",
                    response_checksum_validation="when_required",
                    s3={"addressing_style": "path"},
                    # Its own retries would multiply with ours, and do not obey Retry-After.
                    retries={"total_max_attempts": 1, "mode": "standard"},
                    connect_timeout=patience.connect,
                    read_timeout=patience.read,
                    max_pool_connections=workers + 1,
                ),
            )
        base_url = base_url or public_base(bucket=bucket, endpoint=endpoint)
        return cls(bucket, client, base_url=base_url, patience=patience, part_size=part_size, workers=workers)

    def close(self) -> None:
        """Closes the connections."""
        self._client.close()

    @property
    def bucket(self) -> str:
        """The bucket's name."""
        return self._calls.name

    def location(self, name: str) -> str:
        """The object's `r2://` URI, for messages; listeners get `public_url`."""
        check_key(name)
        return f"r2://{self.bucket}/{name}"

    def public_url(self, name: str) -> str:
        """Where listeners find the object."""
        check_key(name)
        return public_url(self._base_url, name)

    def stat(self, name: str) -> ObjectInfo:
        """The newest version of the object."""
        check_key(name)
        return self._patience.persistently(lambda: self._calls.head(name)[0])

    def read(self, name: str) -> tuple[bytes, ObjectInfo]:
        """The whole object and the version that was read."""
        check_key(name)

        def attempt() -> tuple[bytes, ObjectInfo]:
            content, info = self._calls.get(name)
            check_length(len(content), info.size, self.location(name))
            return content, info

        return self._patience.persistently(attempt)

    def open(self, name: str) -> BinaryIO:
        """A seekable reader of what is the newest version now; ConflictError once it is replaced."""
        info = self.stat(name)

        def fetch(start: int, length: int) -> bytes:
            def attempt() -> bytes:
                content = self._calls.get_range(name, info.version, start, length)
                check_length(len(content), length, self.location(name))
                return content

            return self._patience.persistently(attempt)

        return cast(BinaryIO, RangedReader(info.size, fetch))

    def write(
        self,
        name: str,
        content: bytes | BinaryIO,
        *,
        expect: str | None = None,
        content_type: str | None = None,
    ) -> ObjectInfo:
        """Stores the object whole. `expect` names the version it must replace; `ABSENT` creates, None overwrites.

        What is larger than a part goes up in equal parts at once, `workers` + 1 of them in memory. Caching and
        disposition come from shared/cdn/headers.py.
        """
        check_key(name)
        write = Write(
            calls=self._calls,
            patience=self._patience,
            name=name,
            token=self._new_token(),
            expect=expect,
            content_type=content_type,
            part_size=self._part_size,
            workers=self._workers,
        )
        return write.run(io.BytesIO(content) if isinstance(content, bytes) else content)

    def copy_from(self, source: ObjectStore, source_name: str, *, version: str, name: str) -> ObjectInfo:
        """A copy of that very version of another store's object, streamed; nothing touches the disk."""
        return copy_through(source, source_name, version=version, into=self, name=name)

    def delete(self, name: str) -> None:
        """Removes the object; that it is gone already is no error."""
        check_key(name)
        self._patience.persistently(lambda: self._calls.delete(name))

    def list(self, prefix: str = "") -> Iterator[ObjectInfo]:
        """All objects whose name starts with `prefix`, in the order of their names."""
        token: str | None = None
        while True:
            infos, token = self._patience.persistently(partial(self._calls.page, prefix, token))
            yield from infos
            if token is None:
                return

    def abort_unfinished(self, prefix: str, *, before: datetime) -> int:
        """Throws away the parts of uploads begun before that time, which a program that was killed left behind.

        Returns:
            How many uploads there were.
        """
        unfinished = self._patience.persistently(lambda: self._calls.unfinished(prefix))
        old = [(name, upload) for name, upload, begun in unfinished if begun < before]
        for name, upload in old:
            try:
                self._patience.persistently(partial(self._calls.abort, name, upload))
            except NotFound:
                continue  # somebody else was faster
        return len(old)


@cache
def _session() -> boto3.session.Session:
    # It keeps S3's description, which takes longer to load than everything else; the default session is other people's.
    return boto3.session.Session()
