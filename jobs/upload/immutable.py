"""Objects whose key carries their content: written once, changed never, so that apps and caches may keep them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from shared.errors import NotFound
from shared.storage import ObjectStore

DIGITS = 12
"""Of the SHA-256 in hexadecimal: enough that two of a show's files never meet."""


@dataclass(frozen=True)
class Immutable:
    """An object to be written if it is not there yet."""

    key: str
    content: bytes
    content_type: str


def fingerprint(content: bytes) -> str:
    """What distinguishes this content in a key."""
    return hashlib.sha256(content).hexdigest()[:DIGITS]


def write_once(store: ObjectStore, item: Immutable) -> None:
    """Writes the object unless it is there, in which case it is the same."""
    try:
        store.stat(item.key)
    except NotFound:
        store.write(item.key, item.content, content_type=item.content_type)
