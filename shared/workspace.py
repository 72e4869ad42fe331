"""Where things lie in the work bucket. The layout is part of the contract: every key is made here and nowhere else.

`records/`, `catalogue/` and `edits/` are the memory and never expire; only `audio/` and `chunks/` do, counted from the
episode's end.
"""

from __future__ import annotations

RECORDS = "records/"
CATALOGUE = "catalogue/"
OPEN = "open/"
SLOTS = "slots/"
EXPIRING = ("audio/", "chunks/")
"""The only two under which anything expires."""
PUBLISHER_LEASE = "leases/publisher"
CATALOGUE_SNAPSHOT = "show/catalogue.json"
"""All entries as they were last folded, so that a publisher reads only what changed since. Only a cache."""
SHOW_COVER = "show/cover"
"""The key of the show's cover in the public bucket, for steps that may not look there."""
SHOW_GUID = "show/guid"
"""The feed's podcast:guid, assigned once: a changed address keeps it."""


def record_key(job_id: str) -> str:
    """The job's record, changed only by compare-and-swap."""
    return f"{RECORDS}{job_id}.json"


def open_key(job_id: str) -> str:
    """The marker that lets the sweep find the job; it exists before the record does and until after its end."""
    return f"{OPEN}{job_id}"


def results_prefix(job_id: str) -> str:
    """All results of the job."""
    return f"results/{job_id}/"


def result_key(job_id: str, step: str, attempt: int) -> str:
    """What one attempt of one step printed."""
    return f"results/{job_id}/{step}.{attempt}.json"


def claim_key(job_id: str, step: str, attempt: int) -> str:
    """Created only if absent by the execution that will do the work; a second copy sees it and leaves."""
    return f"claims/{job_id}/{step}.{attempt}"


def message_key(job_id: str, outcome: int) -> str:
    """What is known of the sending of the message about one outcome, numbered by notify-job's first attempt at it."""
    return f"messages/{job_id}/{outcome}.json"


def progress_key(job_id: str) -> str:
    """How far the running step is; best effort, for people who wait."""
    return f"progress/{job_id}.json"


def catalogue_key(episode_id: str) -> str:
    """What is published of the episode."""
    return f"{CATALOGUE}{episode_id}.json"


def edits_key(episode_id: str) -> str:
    """What people changed about the episode, changed only by compare-and-swap; never expires."""
    return f"edits/{episode_id}.json"


def slot_key(number: int) -> str:
    """One of the places for episodes under way."""
    return f"{SLOTS}{number}"


def source_key(job_id: str, extension: str) -> str:
    """The source, pinned at its generation. `extension` without the dot."""
    return f"audio/{job_id}/source.{extension}"


def cover_key(job_id: str, extension: str) -> str:
    """The cover that was embedded in the source."""
    return f"audio/{job_id}/cover.{extension}"


def chunk_audio_key(job_id: str, number: int, extension: str) -> str:
    """The audio of one chunk, for a model that reads by URI."""
    return f"audio/{job_id}/chunks/{number:03}.{extension}"


def chunks_prefix(job_id: str) -> str:
    """All checkpoints of the job."""
    return f"chunks/{job_id}/"


def chunk_key(job_id: str, number: int) -> str:
    """The checkpoint of one chunk: what was recognised in it."""
    return f"chunks/{job_id}/{number:03}.json"


def expiring_prefixes(job_id: str) -> tuple[str, ...]:
    """Where all that expires of the job lies."""
    return tuple(f"{prefix}{job_id}/" for prefix in EXPIRING)
