"""Who is who: the identifiers that make a repeated event the same job and a corrected file the same episode."""

from __future__ import annotations

import json
from uuid import UUID, uuid5

# Our own namespace, drawn once at random; changing it would orphan every record.
NAMESPACE = UUID("6f3c1d5e-8f0b-4c4f-9a55-2f6d0c1b7a90")


def job_id_of(bucket: str, object_name: str, generation: int) -> str:
    """The job that turns this very version of the file into an episode."""
    return str(uuid5(NAMESPACE, _name(bucket, object_name, str(generation))))


def episode_id_of(bucket: str, object_name: str) -> str:
    """The episode that this file is, whatever its version; it is also the item's guid in the feed."""
    return str(uuid5(NAMESPACE, _name(bucket, object_name)))


def _name(*parts: str) -> str:
    # JSON keeps ("a", "b/c") and ("a/b", "c") apart and survives lone surrogates in file names.
    return json.dumps(parts)
