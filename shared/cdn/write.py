"""One write to R2, whatever happens on the way: it is done once and leaves nothing half done."""

from __future__ import annotations

from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from shared.cdn.calls import OWNER, BucketCalls
from shared.errors import ConflictError, NotFound, PodcastError, TransientError
from shared.logger import get_logger
from shared.retries import Patience
from shared.storage import ObjectInfo
from shared.storage.streams import read_chunk

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef


@dataclass(frozen=True)
class Write:
    """What is to be written: the same through all tries.

    A reply that was lost is told from a race that was lost by the token, which the object carries in its metadata.
    `part_size` in bytes; at most `workers` + 1 parts are in memory.
    """

    calls: BucketCalls
    patience: Patience
    name: str
    token: str
    expect: str | None
    content_type: str | None
    part_size: int
    workers: int

    def run(self, stream: BinaryIO) -> ObjectInfo:
        """Writes what is left of the stream, which is read once and need not seek."""
        first = read_chunk(stream, self.part_size)
        if len(first) < self.part_size:
            return self._in_one_exchange(first)
        upload = self.patience.persistently(
            lambda: self.calls.begin_upload(self.name, content_type=self.content_type, token=self.token)
        )
        try:
            parts, size = self._send_parts(upload, first, stream)
            return self._complete(upload, parts, size)
        except BaseException:
            # Parts cost money until they are thrown away, even where the program is being stopped.
            self._abort(upload)
            raise

    def _in_one_exchange(self, content: bytes) -> ObjectInfo:
        unsure = False

        def attempt() -> ObjectInfo:
            nonlocal unsure
            if unsure and (landed := self._landed()) is not None:
                return landed
            was_unsure, unsure = unsure, True
            try:
                return self.calls.put(
                    self.name, content, expect=self.expect, content_type=self.content_type, token=self.token
                )
            except (ConflictError, NotFound) as error:
                if was_unsure and (landed := self._landed()) is not None:
                    return landed
                raise self._lost(error) from error

        return self.patience.persistently(attempt)

    def _send_parts(self, upload: str, first: bytes, rest: BinaryIO) -> tuple[list[CompletedPartTypeDef], int]:
        # R2 wants all parts but the last of one size: https://developers.cloudflare.com/r2/objects/multipart-objects/
        parts: list[CompletedPartTypeDef] = []
        pending: set[Future[CompletedPartTypeDef]] = set()
        number, size, chunk = 0, 0, first
        with ThreadPoolExecutor(self.workers, thread_name_prefix="r2-part") as pool:
            try:
                while chunk:
                    # Here the next part has been read already: reading goes on while parts are under way.
                    if len(pending) == self.workers:
                        done, pending = wait(pending, return_when=FIRST_COMPLETED)
                        parts += [each.result() for each in done]
                    number, size = number + 1, size + len(chunk)
                    pending.add(pool.submit(self._send_part, upload, number, chunk))
                    chunk = read_chunk(rest, self.part_size) if len(chunk) == self.part_size else b""
                parts += [each.result() for each in pending]
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise
        return sorted(parts, key=lambda part: part["PartNumber"]), size

    def _send_part(self, upload: str, number: int, content: bytes) -> CompletedPartTypeDef:
        return self.patience.persistently(lambda: self.calls.put_part(self.name, upload, number, content))

    def _complete(self, upload: str, parts: list[CompletedPartTypeDef], size: int) -> ObjectInfo:
        try:
            return self.patience.persistently(
                lambda: self.calls.complete(
                    self.name, upload, parts, size=size, expect=self.expect, content_type=self.content_type
                )
            )
        except (NotFound, ConflictError) as error:
            # An upload that was finished is unknown afterwards: was it by us, with the reply lost?
            landed = self.patience.persistently(self._landed)
            if landed is not None:
                return landed
            if isinstance(error, NotFound) and self.expect is None:
                raise TransientError(f"could not write {self.name}: R2 has forgotten the upload") from error
            raise self._lost(error) from error

    def _lost(self, error: ConflictError | NotFound) -> PodcastError:
        if self.expect is None:
            return error
        return ConflictError(f"{self.name} in the bucket {self.calls.name} was changed by somebody else")

    def _landed(self) -> ObjectInfo | None:
        try:
            info, metadata = self.calls.head(self.name)
        except NotFound:
            return None
        return info if metadata.get(OWNER) == self.token else None

    def _abort(self, upload: str) -> None:
        try:
            self.patience.persistently(lambda: self.calls.abort(self.name, upload))
        except NotFound:
            return  # it is over already
        except PodcastError as error:
            get_logger().warning("parts of an upload are left in R2; its lifecycle removes them", reason=error.message)
