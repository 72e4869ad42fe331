"""What messages call the recording: the name that its people gave it, which the pinned copy no longer has."""

from __future__ import annotations

from pathlib import PurePosixPath

from shared import workspace
from shared.contract import ProcessArguments
from shared.documents import read_document
from shared.errors import NotFound
from shared.models import PodcastProcessingJob
from shared.storage import ObjectStore


def called(arguments: ProcessArguments, work: ObjectStore) -> str:
    """The name of the job's source; by hand, without a record, that of the file where the audio came from."""
    if arguments.attempt:
        try:
            record = read_document(work, workspace.record_key(arguments.job_id), PodcastProcessingJob)[0]
        except NotFound:  # started by hand, with an attempt but without a record
            pass
        else:
            return record.source.object_name
    return PurePosixPath(arguments.gcs_uri).name or arguments.gcs_uri
