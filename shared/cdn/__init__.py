"""The public bucket in Cloudflare R2, and how what lies in it is served."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.cdn.headers import FileHeaders, headers_of
from shared.cdn.keys import R2Keys
from shared.cdn.urls import public_base, public_url

if TYPE_CHECKING:
    from shared.cdn.r2 import R2Client

__all__ = ["FileHeaders", "R2Client", "R2Keys", "headers_of", "public_base", "public_url"]


def __getattr__(name: str) -> object:
    # boto3 takes its time to load, and only upload-job needs it.
    if name == "R2Client":
        from shared.cdn.r2 import R2Client  # noqa: PLC0415 - see above

        return R2Client
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
