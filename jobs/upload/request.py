"""What upload-job is asked to publish: the metadata, which episode it belongs to, and what people changed about it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from jobs.upload.text import legal, one_line
from shared import workspace
from shared.config import Settings
from shared.contract import UPLOAD, UploadArguments
from shared.documents import read_document
from shared.drafts import read_edits
from shared.errors import PermanentError
from shared.identity import episode_id_of
from shared.models import EpisodeEdits, PodcastProcessingJob, ProcessingMetadata
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
    by_hand: bool = False
    withdrawn: bool = False
    """Whether people want it out of the public."""
    approved: bool = False
    """Whether a person has looked it over and let it pass."""


def identify(arguments: UploadArguments, work: ObjectStore) -> Identity:
    """The episode that the job's record names; one of its own for a job that runs by hand.

    Raises:
        NotFound: the attempt has no record.
        PermanentError: the job id cannot stand in an address, or people want something else by now.
    """
    if not _SAFE_ID.fullmatch(arguments.job_id):
        raise PermanentError(
            f"the job id {arguments.job_id!r} cannot be part of an address",
            advice="Use letters, digits, '-', '_' and '.', at most 128 of them.",
        )
    if not arguments.attempt:
        return Identity(episode_id_of(BY_HAND, arguments.job_id), 0, by_hand=True)
    record = check_wanted(arguments, work)
    return Identity(record.episode_id, record.source.generation, withdrawn=record.withdrawn, approved=record.approved)


def check_wanted(arguments: UploadArguments, work: ObjectStore) -> PodcastProcessingJob:
    """The job's record, if it still counts on this attempt.

    An attempt that was given up may come back to life after people rejected, withdrew or reprocessed the episode.

    Raises:
        NotFound: the attempt has no record.
        PermanentError: the attempt was overtaken by what people decided.
    """
    record, _ = read_document(work, workspace.record_key(arguments.job_id), PodcastProcessingJob)
    if arguments.attempt < record.step(UPLOAD.name).counts_from:
        raise PermanentError(
            f"attempt {arguments.attempt} at publishing job {arguments.job_id} was overtaken by a later decision",
            advice="Nothing is to be done: what was decided last is what counts.",
        )
    return record


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


def load_edits(episode_id: str, work: ObjectStore) -> EpisodeEdits | None:
    """What people changed about the episode, cleaned like the metadata; what they left blank is not changed."""
    edits, _ = read_edits(work, episode_id)
    if edits is None:
        return None
    cleaned = _cleaned(edits.model_dump(mode="json"))
    for name in ("title", "summary"):
        cleaned[name] = (cleaned[name] or "").strip() or None
    cleaned["title"] = cleaned["title"] and one_line(cleaned["title"])
    return EpisodeEdits.model_validate(cleaned)


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return legal(value)
    if isinstance(value, list):
        return [_cleaned(each) for each in value]
    if isinstance(value, dict):
        return {key: _cleaned(each) for key, each in value.items()}
    return value
