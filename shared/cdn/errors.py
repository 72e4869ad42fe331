"""What boto3 raises, in our words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Final

from botocore.exceptions import (
    BotoCoreError,
    ChecksumError,
    ClientError,
    ConnectionError,  # noqa: A004 - the library's name
    HTTPClientError,
    IncompleteReadError,
)
from botocore.parsers import ResponseParserError

from shared.errors import PermanentError, TransientError
from shared.http_errors import error_for_status, reason_of

KEYS: Final = "Check the secret with R2's keys: an API token that may read and write the objects of this bucket."
ADVICE: Final = {401: KEYS, 403: KEYS}
MISSING_BUCKET: Final = "NoSuchBucket"


@contextmanager
def s3_errors(doing: str) -> Iterator[None]:
    """Translates what is raised inside. `doing` completes "could not …"."""
    try:
        yield
    except ClientError as error:
        metadata = error.response.get("ResponseMetadata", {})
        status = int(metadata.get("HTTPStatusCode", HTTPStatus.INTERNAL_SERVER_ERROR))
        details = error.response.get("Error", {})
        code = str(details.get("Code", ""))
        if code == MISSING_BUCKET:
            raise PermanentError(f"could not {doing}: there is no such bucket", advice="Check R2_BUCKET.") from error
        reason = "" if code == str(status) else f"{code}: {details.get('Message', '')}"
        raise error_for_status(
            status, doing, reason=reason, headers=metadata.get("HTTPHeaders"), advice=ADVICE
        ) from error
    except ResponseParserError as error:
        raise TransientError(
            f"could not {doing}: the answer is not the API's", advice="If this stays, look for a proxy in between."
        ) from error
    except (HTTPClientError, ConnectionError, IncompleteReadError, ChecksumError) as error:
        raise TransientError(f"could not {doing}: {reason_of(error)}") from error
    except BotoCoreError as error:
        raise PermanentError(f"could not {doing}: {error}", advice="Check R2_ENDPOINT_URL and R2_BUCKET.") from error
