"""upload-job: masters the audio and publishes the episode; the only writer of the public bucket."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.contract import UploadArguments, UploadResult

if TYPE_CHECKING:
    from jobs.job import JobContext


def run(arguments: UploadArguments, context: JobContext) -> UploadResult:
    """Publishes one episode. Running it again changes nothing; an older version never replaces a newer one.

    Raises:
        PermanentError: the metadata, the audio or a setting of the show is wrong; nothing was written then.
        TransientError: a store or another publisher did not answer in time; the feed is as it was.
    """
    # Pillow, lxml, PyAV and Jinja2 take most of a second: a command line that is wrong need not wait for them.
    from jobs.upload.publication import publish_episode  # noqa: PLC0415 - see above

    return publish_episode(arguments, context)
