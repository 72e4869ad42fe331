"""What upload-job is asked to publish: the metadata, and which episode it belongs to."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from jobs.upload.text import legal, one_line
from shared import workspace
from shared.config import Settings
from shared.contract import UploadArguments
from shared.errors import PermanentError
from shared.identity import episode_id_of
from shared.models import PodcastProcessingJob, ProcessingMetadata
from shared.storage import ObjectStore

BY_HAND = "by-hand"
"""Stands for the bucket of an episode that somebody publishes by hand, without a record."""

_SAFE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
_ADVICE = "Pass what process-job printed, or its `metadata` object; @PATH reads it from a file."


@dataclass(frozen=True)
class Identity:
    """Which episode a job publishes, and which version of its source."""

    episode_id: str
    generation: int


def identify(arguments: UploadArguments, work: ObjectStore) -> Identity:
    """The episode that the job's record names; one of its own for a job that runs by hand.

    Raises:
        NotFound: the attempt has no record.
        PermanentError: the job id cannot stand in an address.
    """
    if not _SAFE_ID.fullmatch(arguments.job_id):
        raise PermanentError(
            f"the job id {arguments.job_id!r} cannot be part of an address",
            advice="Use letters, digits, '-', '_' and '.', at most 128 of them.",
        )
    if not arguments.attempt:
        return Identity(episode_id_of(BY_HAND, arguments.job_id), 0)
    content, _ = work.read(workspace.record_key(arguments.job_id))
    record = PodcastProcessingJob.model_validate_json(content)
    return Identity(record.episode_id, record.source.generation)


def load_metadata(argument: str, settings: Settings) -> ProcessingMetadata:
    """The metadata in `--metadata-json`: the JSON itself, or `@` and where to read it.

    Raises:
        NotFound: nothing lies there.
        PermanentError: it is not the JSON of an episode's metadata; says what is wrong with it.
    """
    if argument.startswith("@"):
        store, name = settings.find(argument[1:])
        argument = store.read(name)[0].decode("utf-8", errors="replace")
    return parse_metadata(argument)


def parse_metadata(text: str) -> ProcessingMetadata:
    """The metadata in this JSON, be it the object itself or the whole result of process-job.

    Characters that no feed can carry are left out here, once for everything that is made of the metadata.

    Raises:
        PermanentError: says what is wrong with it.
    """
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        raise PermanentError(f"--metadata-json is not JSON: {error}", advice=_ADVICE) from error
    if isinstance(document, dict) and "metadata" in document:
        document = document["metadata"]
    if not isinstance(document, dict):
        raise PermanentError("--metadata-json is not an object", advice=_ADVICE)
    cleaned = _cleaned(document)
    if isinstance(cleaned.get("title"), str):
        cleaned["title"] = one_line(cleaned["title"])
    try:
        return ProcessingMetadata.model_validate(cleaned)
    except ValidationError as error:
        reasons = "; ".join(f"{'.'.join(str(part) for part in each['loc'])}: {each['msg']}" for each in error.errors())
        raise PermanentError(f"--metadata-json is not an episode's metadata: {reasons}", advice=_ADVICE) from error


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return legal(value)
    if isinstance(value, list):
        return [_cleaned(each) for each in value]
    if isinstance(value, dict):
        return {key: _cleaned(each) for key, each in value.items()}
    return value
