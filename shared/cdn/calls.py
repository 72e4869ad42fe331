"""Single calls to one R2 bucket: each is one exchange, and each error is translated here and nowhere else.

What of S3 works there: https://developers.cloudflare.com/r2/api/s3/api/
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, closing
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from shared.cdn.errors import s3_errors
from shared.cdn.headers import headers_of
from shared.errors import NotFound, TransientError
from shared.http_errors import http_date
from shared.storage import ABSENT, ObjectInfo

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef

OWNER: Final = "owner"
"""Metadata key of the token by which a writer knows its own write again when the reply to it was lost."""


class BucketCalls:
    """What can be asked of the bucket. Nothing is tried twice here."""

    def __init__(self, client: S3Client, bucket: str) -> None:
        self._client = client
        self.name = bucket

    def head(self, name: str) -> tuple[ObjectInfo, Mapping[str, str]]:
        """The newest version and its metadata. Raises NotFound."""
        try:
            with self._translated(f"read {name} in"):
                answer = self._client.head_object(Bucket=self.name, Key=name)
        except NotFound as error:
            raise NotFound(f"there is no {name} in the bucket {self.name}") from error
        info = ObjectInfo(
            name=name,
            version=self._etag(answer, f"read {name} in"),
            size=answer["ContentLength"],
            updated=answer["LastModified"],
            content_type=answer.get("ContentType"),
        )
        return info, answer["Metadata"]

    def get(self, name: str) -> tuple[bytes, ObjectInfo]:
        """The whole object. Raises NotFound."""
        try:
            with self._translated(f"read {name} in"):
                answer = self._client.get_object(Bucket=self.name, Key=name)
                with closing(answer["Body"]) as body:
                    version = self._etag(answer, f"read {name} in")
                    content = body.read()
        except NotFound as error:
            raise NotFound(f"there is no {name} in the bucket {self.name}") from error
        info = ObjectInfo(
            name=name,
            version=version,
            size=answer["ContentLength"],
            updated=answer["LastModified"],
            content_type=answer.get("ContentType"),
        )
        return content, info

    def get_range(self, name: str, version: str, start: int, length: int) -> bytes:
        """Bytes of that very version. Raises ConflictError where it is another by now."""
        with self._translated(f"read {name} in"):
            answer = self._client.get_object(
                Bucket=self.name, Key=name, IfMatch=version, Range=f"bytes={start}-{start + length - 1}"
            )
            with closing(answer["Body"]) as body:
                return body.read()

    def put(self, name: str, content: bytes, *, expect: str | None, content_type: str | None, token: str) -> ObjectInfo:
        """Writes the object in one exchange; R2 refuses it where the MD5, sent along, does not fit."""
        doing = f"write {name} to"
        digest = base64.b64encode(hashlib.md5(content, usedforsecurity=False).digest()).decode()
        with self._translated(doing):
            answer = self._client.put_object(
                Bucket=self.name,
                Key=name,
                Body=content,
                ContentMD5=digest,
                Metadata={OWNER: token},
                **_file_headers(name, content_type),
                **_condition(expect),
            )
        return self._written(name, answer, size=len(content), content_type=content_type, doing=doing)

    def begin_upload(self, name: str, *, content_type: str | None, token: str) -> str:
        """The id of a new multipart upload."""
        doing = f"begin to write {name} to"
        with self._translated(doing):
            answer = self._client.create_multipart_upload(
                Bucket=self.name, Key=name, Metadata={OWNER: token}, **_file_headers(name, content_type)
            )
        if not answer.get("UploadId"):
            raise self._no_answer(doing)
        return answer["UploadId"]

    def put_part(self, name: str, upload: str, number: int, content: bytes) -> CompletedPartTypeDef:
        """Sends one part; sent twice, it replaces itself."""
        doing = f"write part {number} of {name} to"
        digest = base64.b64encode(hashlib.md5(content, usedforsecurity=False).digest()).decode()
        with self._translated(doing):
            answer = self._client.upload_part(
                Bucket=self.name, Key=name, UploadId=upload, PartNumber=number, Body=content, ContentMD5=digest
            )
        return {"PartNumber": number, "ETag": self._etag(answer, doing)}

    def complete(
        self,
        name: str,
        upload: str,
        parts: Sequence[CompletedPartTypeDef],
        *,
        size: int,
        expect: str | None,
        content_type: str | None,
    ) -> ObjectInfo:
        """Makes the object of its parts. Raises NotFound for an upload that is over, well or not."""
        doing = f"finish {name} in"
        with self._translated(doing):
            answer = self._client.complete_multipart_upload(
                Bucket=self.name, Key=name, UploadId=upload, MultipartUpload={"Parts": parts}, **_condition(expect)
            )
        return self._written(name, answer, size=size, content_type=content_type, doing=doing)

    def abort(self, name: str, upload: str) -> None:
        """Throws the parts of an upload away. Raises NotFound for an upload that is over."""
        with self._translated(f"give up the upload of {name} to"):
            self._client.abort_multipart_upload(Bucket=self.name, Key=name, UploadId=upload)

    def unfinished(self, prefix: str) -> list[tuple[str, str, datetime]]:
        """Name, id and beginning of uploads that nobody finished, a thousand at most."""
        with self._translated("list unfinished uploads in"):
            answer = self._client.list_multipart_uploads(Bucket=self.name, Prefix=prefix)
        return [(each["Key"], each["UploadId"], each["Initiated"]) for each in answer.get("Uploads", [])]

    def delete(self, name: str) -> None:
        """Removes the object; that it is gone already is no error."""
        doing = f"delete {name} from"
        with self._translated(doing):
            answer = self._client.delete_object(Bucket=self.name, Key=name)
        if answer["ResponseMetadata"]["HTTPStatusCode"] != HTTPStatus.NO_CONTENT:
            raise self._no_answer(doing)

    def page(self, prefix: str, token: str | None) -> tuple[list[ObjectInfo], str | None]:
        """Some of the objects, in the order of their names, and the token of the next page if there is one."""
        more: Any = {} if token is None else {"ContinuationToken": token}
        with self._translated(f"list {prefix}* in"):
            answer = self._client.list_objects_v2(Bucket=self.name, Prefix=prefix, **more)
        if "IsTruncated" not in answer:
            raise self._no_answer(f"list {prefix}* in")
        infos = [
            ObjectInfo(
                name=each["Key"],
                version=each["ETag"],
                size=each["Size"],
                updated=each["LastModified"],
                content_type=headers_of(each["Key"]).content_type,
            )
            for each in answer.get("Contents", [])
        ]
        return infos, answer.get("NextContinuationToken")

    def _written(
        self, name: str, answer: Mapping[str, Any], *, size: int, content_type: str | None, doing: str
    ) -> ObjectInfo:
        date = answer["ResponseMetadata"]["HTTPHeaders"].get("date")
        return ObjectInfo(
            name=name,
            version=self._etag(answer, doing),
            size=size,
            updated=http_date(date) if date else datetime.now(UTC),
            content_type=headers_of(name, content_type).content_type,
        )

    def _etag(self, answer: Mapping[str, Any], doing: str) -> str:
        # boto3 makes an empty answer of a page that is none of S3's.
        etag = answer.get("ETag")
        if not etag:
            raise self._no_answer(doing)
        return str(etag)

    def _no_answer(self, doing: str) -> TransientError:
        return TransientError(
            f"could not {doing} the bucket {self.name}: the answer is not the API's",
            advice="If this stays, look for a proxy in between.",
        )

    def _translated(self, doing: str) -> AbstractContextManager[None]:
        return s3_errors(f"{doing} the bucket {self.name}")


def _file_headers(name: str, content_type: str | None) -> dict[str, Any]:
    headers = headers_of(name, content_type)
    return {
        "ContentType": headers.content_type,
        "CacheControl": headers.cache_control,
        "ContentDisposition": headers.content_disposition,
    }


def _condition(expect: str | None) -> dict[str, Any]:
    if expect is None:
        return {}
    return {"IfNoneMatch": "*"} if expect == ABSENT else {"IfMatch": expect}
