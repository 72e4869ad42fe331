"""Single calls to one GCS bucket: each is one exchange, and each error is translated here and nowhere else."""

from __future__ import annotations

from base64 import b64encode
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, Final, cast

import google_crc32c
from google.cloud.storage import Blob, Bucket

from shared.errors import NotFound, TransientError
from shared.google_errors import google_errors
from shared.storage.names import check_key
from shared.storage.protocol import ObjectInfo

OWNER: Final = "owner"
"""Metadata key of the token by which a writer knows its own write again when the reply to it was lost."""
DEFAULT_TYPE: Final = "application/octet-stream"
PAGE: Final = 1000


class BucketCalls:
    """What can be asked of the bucket. Nothing is tried twice here.

    Args:
        bucket: of google-cloud-storage.
        timeouts: seconds to connect and to wait for bytes.
    """

    def __init__(self, bucket: Bucket, timeouts: tuple[float, float]) -> None:
        self._bucket = bucket
        self.name = str(bucket.name)
        # The library's own retries would multiply with ours, and do not obey Retry-After.
        self._options: dict[str, Any] = {"timeout": timeouts, "retry": None}
        self.advice = {
            403: f"Grant this program's service account access to gs://{self.name}; a fresh grant takes minutes.",
            404: f"Check that the bucket {self.name} exists.",
        }

    def metadata(self, name: str, version: str | None = None) -> Blob:
        """The object's resource at one generation, the newest if None. Raises NotFound."""
        check_key(name)
        blob = self._bucket.blob(name, generation=None if version is None else int(version))
        try:
            with self._translated(f"read {name} in"):
                blob.reload(**self._options)
        except NotFound as error:
            of_version = "" if version is None else f" at generation {version}"
            raise NotFound(f"there is no {name}{of_version} in gs://{self.name}") from error
        return blob

    def download(self, blob: Blob, *, start: int | None = None, end: int | None = None) -> bytes:
        """Bytes `start` to `end`, both included, of the generation that `blob` carries; all of them without."""
        # A blob that was read carries a link of the server's own; a fresh one goes to our endpoint.
        pinned = self._bucket.blob(blob.name, generation=blob.generation)
        with self._translated(f"read {blob.name} in"):
            # As they are stored, since the checksum fits nothing else; it is compared where all bytes are seen.
            content: bytes = pinned.download_as_bytes(
                start=start, end=end, raw_download=True, checksum=None, **self._options
            )
        return content

    def upload(
        self, name: str, content: bytes, *, match: int | None, content_type: str | None, owner: str
    ) -> ObjectInfo:
        """Writes the object in one exchange; GCS refuses it where the checksum, sent along, does not fit."""
        blob = self._owned(name, owner, content_type)
        with self._translated(f"write {name} to"):
            blob.upload_from_string(
                content,
                content_type=blob.content_type,
                if_generation_match=match,
                checksum="crc32c",
                **self._options,
            )
        return info_of(blob)

    def begin_upload(self, name: str, *, match: int | None, content_type: str | None, owner: str) -> str:
        """The address of a new resumable upload."""
        blob = self._owned(name, owner, content_type)
        with self._translated(f"write {name} to"):
            url: str = blob.create_resumable_upload_session(
                content_type=blob.content_type,
                if_generation_match=match,
                checksum=None,
                **self._options,
            )
        return url

    def rewrite(self, original: Blob, name: str, *, owner: str, token: str | None) -> tuple[Blob, str | None]:
        """Goes on copying `original` to `name` on the server; the copy is whole once no token comes back."""
        copy = self._owned(name, owner, original.content_type)
        with self._translated(f"copy gs://{original.bucket.name}/{original.name} to {name} in"):
            next_token, _, _ = copy.rewrite(original, token=token, **self._options)
        return copy, cast("str | None", next_token)

    def landed(self, name: str, owner: str) -> Blob | None:
        """The object, if it is what the writer with this token wrote."""
        try:
            blob = self.metadata(name)
        except NotFound:
            return None
        return blob if (blob.metadata or {}).get(OWNER) == owner else None

    def delete(self, name: str) -> None:
        """Removes the object. Raises NotFound."""
        with self._translated(f"delete {name} from"):
            self._bucket.blob(name).delete(**self._options)

    def page(self, prefix: str, token: str | None) -> tuple[list[Blob], str | None]:
        """Some of the objects, in the order of their names, and the token of the next page if there is one."""
        with self._translated(f"list {prefix}* in"):
            found = self._bucket.client.list_blobs(
                self._bucket, prefix=prefix or None, page_token=token, page_size=PAGE, **self._options
            )
            return list(next(found.pages, [])), cast("str | None", found.next_page_token)

    def date(self, blob: Blob, at: datetime) -> None:
        """Sets the object's custom time. Raises NotFound, and ConflictError where somebody else changed it since."""
        # A blob that was listed carries a link of the server's own; a fresh one goes to our endpoint.
        fresh = self._bucket.blob(blob.name, generation=blob.generation)
        fresh.custom_time = at
        with self._translated(f"date {blob.name} in"):
            fresh.patch(if_metageneration_match=blob.metageneration, **self._options)

    def _owned(self, name: str, owner: str, content_type: str | None) -> Blob:
        blob = self._bucket.blob(name)
        blob.content_type = content_type or DEFAULT_TYPE
        blob.metadata = {OWNER: owner}
        return blob

    def _translated(self, doing: str) -> AbstractContextManager[None]:
        return google_errors(f"{doing} gs://{self.name}", self.advice)


class RunningSum:
    """The CRC-32C of what was read from the start without a gap."""

    def __init__(self) -> None:
        self._checksum = google_crc32c.Checksum()
        self._position = 0

    def follow(self, start: int, content: bytes) -> bool:
        """Whether the block went on where the last one ended."""
        if start != self._position:
            return False
        self._checksum.update(content)
        self._position += len(content)
        return True

    def check(self, blob: Blob) -> None:
        """Once all was followed, compares with what GCS knows of the object.

        Raises:
            TransientError: a byte changed on the way.
        """
        if self._position == blob.size and self.text != blob.crc32c:
            raise TransientError(f"could not read gs://{blob.bucket.name}/{blob.name}: it arrived damaged")

    @property
    def text(self) -> str:
        """As GCS writes it: base64 of four bytes, the highest first."""
        return b64encode(self._checksum.digest()).decode()


def info_of(blob: Blob) -> ObjectInfo:
    """The object as every store tells of it."""
    return ObjectInfo(
        name=str(blob.name),
        version=str(blob.generation),
        size=int(blob.size),
        updated=blob.updated,
        content_type=blob.content_type,
    )
