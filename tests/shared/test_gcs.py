"""GCS: what its client makes of everything that can go wrong between here and there."""

from __future__ import annotations

import io
import json
import random
import urllib.request
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any

import pytest
from support_calls import SITUATIONS, Situation, raises, waits_recorded
from support_cloud import IMPATIENT, QUICK, gcs_client
from support_servers.processes import free_port
from support_servers.proxy import (
    Exchange,
    behaves,
    does_the_work_and_hangs,
    does_the_work_and_resets,
    resets_half_way,
    says,
)

from shared.errors import ConflictError, NotFound, PermanentError, PodcastError, TransientError
from shared.storage import ABSENT, GCSClient

LARGE = random.Random(2).randbytes(9 * 1024 * 1024)


@pytest.fixture
def store(gcs_cloud):
    with closing(gcs_client(gcs_cloud)) as client:
        yield client


@pytest.fixture
def past(gcs_cloud):
    """A client that goes past the proxy: for preparing and for looking at what became of it."""
    with closing(gcs_client(gcs_cloud, endpoint=gcs_cloud.direct)) as client:
        yield client


def generations(cloud, name: str) -> list[int]:
    """All versions that the object ever had."""
    query = f"{cloud.direct}/storage/v1/b/{cloud.bucket}/o?versions=true"
    with urllib.request.urlopen(query) as answer:
        items = json.load(answer).get("items", [])
    return sorted(int(item["generation"]) for item in items if item["name"] == name)


@dataclass(frozen=True)
class Operation:
    """One call to the bucket: which request the situation befalls, and what is true once it succeeded."""

    name: str
    act: Callable[[GCSClient], Any]
    result: Any
    method: str
    path: str = ""
    after: int = 0
    """So many matching requests are left in peace first."""
    versions: int = 1
    """Of the object `a` in the end, if all went well."""
    calls: int = 1
    """Matching requests if all goes well, and what each further try adds to them."""
    further: int = 1
    makes: str = "kept"
    """Another object that it makes."""
    otherwise: tuple[tuple[str, type[PodcastError] | None], ...] = ()
    """Situations with another outcome than the table's."""


def read_all(store: GCSClient) -> bytes:
    with store.open("a") as reader:
        return reader.read()


OPERATIONS = [
    Operation("stat", lambda store: store.stat("a").size, 3, "GET"),
    Operation("read, its metadata", lambda store: store.read("a")[0], b"old", "GET", "projection"),
    Operation(
        "read, its content",
        lambda store: store.read("a")[0],
        b"old",
        "GET",
        "alt=media",
        # The version that was looked up is gone: then there is a newer one, or the next look says that there is none.
        otherwise=(("404", TransientError),),
    ),
    Operation("open, a range", read_all, b"old", "GET", "alt=media"),
    Operation(
        "create", lambda store: store.write("new", b"new", expect=ABSENT).size, 3, "POST", "multipart", makes="new"
    ),
    Operation("overwrite", lambda store: store.write("a", b"fresh").size, 5, "POST", "multipart", versions=2),
    Operation(
        "swap",
        lambda store: store.write("a", b"fresh", expect=store.stat("a").version).size,
        5,
        "POST",
        "multipart",
        versions=2,
    ),
    Operation(
        "begin a large write", lambda store: store.write("a", LARGE).size, len(LARGE), "POST", "resumable", versions=2
    ),
    Operation(
        "the first chunk",
        lambda store: store.write("a", LARGE).size,
        len(LARGE),
        "PUT",
        versions=2,
        calls=2,
        further=2,  # it asks first how much was kept
        otherwise=(("404", TransientError),),
    ),
    Operation(
        "the last chunk",
        lambda store: store.write("a", LARGE, expect=store.stat("a").version).size,
        len(LARGE),
        "PUT",
        after=1,
        versions=2,
        further=2,
        otherwise=(("404", TransientError),),
    ),
    Operation(
        "copy",
        lambda store: store.copy_from(store, "a", version=store.stat("a").version, name="b").size,
        3,
        "POST",
        "rewriteTo",
        makes="b",
    ),
    Operation("delete", lambda store: store.delete("a"), None, "DELETE", otherwise=(("404", None),)),
    Operation("list", lambda store: [info.name for info in store.list("a")], ["a"], "GET"),
]


@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda each: each.name)
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: each.name)
def test_every_call_gets_what_the_table_says(gcs_cloud, past, operation: Operation, situation: Situation) -> None:
    past.write("a", b"old")
    past.write("kept", b"for ever")
    outcome = dict(operation.otherwise).get(situation.name, situation.outcome)
    gcs_cloud.proxy.misbehave(*[behaves] * operation.after, method=operation.method, path=operation.path)
    gcs_cloud.proxy.misbehave(
        *situation.behaviours, method=operation.method, path=operation.path, for_ever=situation.for_ever
    )
    with closing(gcs_client(gcs_cloud, IMPATIENT if situation.hangs else QUICK)) as store:
        if outcome is None:
            assert operation.act(store) == operation.result
            assert len(generations(gcs_cloud, "a")) == operation.versions
            assert len(generations(gcs_cloud, operation.makes)) == 1
        else:
            with raises(situation, outcome) if outcome is situation.outcome else pytest.raises(outcome):
                operation.act(store)
            assert past.read("a")[0] == b"old"
    seen = len(gcs_cloud.proxy.seen(operation.method, operation.path)) - operation.after
    if situation.tries in ([1, 2, 3] if operation.further == 1 else [1, 2]) and outcome is situation.outcome:
        calls = operation.calls if outcome is None else 1
        assert seen == calls + (situation.tries - 1) * operation.further
    if situation.for_ever and outcome is TransientError:
        assert seen >= QUICK.attempts
