"""GCS: what its client makes of everything that can go wrong between here and there."""

from __future__ import annotations

import io
import json
import random
import urllib.request
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
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

END = datetime(2026, 11, 24, tzinfo=UTC)
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
    Operation(
        "date",
        # What goes or changes meanwhile is no error: False asks for another call.
        lambda store: store.starts_to_expire("a", END) in (True, False),
        True,
        "PATCH",
        otherwise=(("404", None), ("409", None), ("412", None)),
    ),
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


def test_an_object_that_somebody_changed_while_it_was_dated_asks_for_another_call(gcs_cloud, store) -> None:
    store.write("chunks/a/000.json", b"{}")
    gcs_cloud.proxy.misbehave(says(412), method="PATCH")
    assert [store.starts_to_expire("chunks/a/", END) for _ in range(2)] == [False, True]


def test_nobody_listens() -> None:
    with closing(GCSClient.connect("bucket", endpoint=f"http://127.0.0.1:{free_port()}", patience=QUICK)) as store:
        calls: list[Callable[[str], object]] = [store.stat, store.read, store.open, store.delete]
        for call in [*calls, lambda name: store.write(name, b"")]:
            with pytest.raises(TransientError, match=r"bucket.*connection refused"):
                call("a")
        with pytest.raises(TransientError, match="connection refused"):
            list(store.list())


@pytest.mark.parametrize("lost", [does_the_work_and_resets, does_the_work_and_hangs])
@pytest.mark.parametrize("content", [b"mine", LARGE], ids=["small", "large"])
def test_a_lost_reply_to_the_winner_is_a_win(gcs_cloud, lost, content) -> None:
    gcs_cloud.proxy.misbehave(*[behaves] * (content is LARGE), lost, method="PUT" if content is LARGE else "POST")
    with closing(gcs_client(gcs_cloud, replace(IMPATIENT, read=1))) as store:
        info = store.write("a", content, expect=ABSENT)
    assert generations(gcs_cloud, "a") == [int(info.version)]


def test_a_try_that_comes_through_after_it_was_given_up_is_a_win_too(gcs_cloud, store) -> None:
    given_up: list[Exchange] = []

    def breaks(exchange: Exchange) -> None:
        given_up.append(exchange)
        exchange.reset()

    def comes_second(exchange: Exchange) -> None:
        assert given_up[0].forward().status == 200
        exchange.answer(exchange.forward())

    gcs_cloud.proxy.misbehave(breaks, comes_second, method="POST")
    info = store.write("a", b"mine", expect=ABSENT)
    assert generations(gcs_cloud, "a") == [int(info.version)]
    assert len(gcs_cloud.proxy.seen("POST")) == 2


def test_an_upload_that_ended_well_and_was_forgotten_before_we_heard_of_it_is_a_win(
    gcs_cloud, gcs_sessions, store
) -> None:
    def ends_and_is_forgotten(exchange: Exchange) -> None:
        exchange.forward()
        gcs_sessions.forget()
        exchange.reset()

    gcs_cloud.proxy.misbehave(behaves, ends_and_is_forgotten, method="PUT")
    info = store.write("a", LARGE, expect=ABSENT)
    assert generations(gcs_cloud, "a") == [int(info.version)]


def test_a_chunk_whose_reply_was_lost_is_not_sent_again(gcs_cloud, store) -> None:
    gcs_cloud.proxy.misbehave(does_the_work_and_resets, method="PUT")
    store.write("a", LARGE)
    assert sum(len(request.body) for request in gcs_cloud.proxy.seen("PUT")) == len(LARGE)


@pytest.mark.parametrize("content", [b"mine", LARGE], ids=["small", "large"])
def test_a_race_that_was_lost_after_a_broken_try_is_a_conflict(gcs_cloud, store, past, content) -> None:
    def somebody_is_faster(exchange: Exchange) -> None:
        past.write("a", b"theirs", expect=ABSENT)
        exchange.reset()

    gcs_cloud.proxy.misbehave(somebody_is_faster, method="POST")
    with pytest.raises(ConflictError):
        store.write("a", content, expect=ABSENT)
    assert past.read("a")[0] == b"theirs"


def test_an_unconditional_write_whose_reply_was_lost_makes_one_version_and_so_one_event(gcs_cloud, store) -> None:
    gcs_cloud.proxy.misbehave(does_the_work_and_resets, method="POST")
    store.write("a", b"dropped")
    assert len(generations(gcs_cloud, "a")) == 1


def test_a_chunk_of_which_a_part_arrived_goes_on_from_there(gcs_cloud, store) -> None:
    def keeps_a_part(exchange: Exchange) -> None:
        request = exchange.request
        whole = request.headers["Content-Range"]
        begins = int(whole.removeprefix("bytes ").partition("-")[0])
        half = 4 * 1024 * 1024
        del request.headers["Content-Range"]
        request.headers["Content-Range"] = f"bytes {begins}-{begins + half - 1}/*"
        request.body = request.body[:half]
        exchange.answer(exchange.forward())

    gcs_cloud.proxy.misbehave(keeps_a_part, method="PUT")
    store.write("a", LARGE)
    assert store.read("a")[0] == LARGE
    begun = [request.headers["Content-Range"].partition("-")[0] for request in gcs_cloud.proxy.seen("PUT")]
    assert begun == ["bytes 0", "bytes 4194304", "bytes 8388608"]


def test_an_upload_that_gcs_forgot_begins_anew(gcs_cloud, gcs_sessions, store) -> None:
    def forgets(exchange: Exchange) -> None:
        gcs_sessions.forget()
        exchange.reset()

    gcs_cloud.proxy.misbehave(behaves, forgets, method="PUT")
    store.write("a", io.BytesIO(LARGE), expect=ABSENT)
    assert store.read("a")[0] == LARGE
    assert len(generations(gcs_cloud, "a")) == 1


def test_an_upload_that_was_forgotten_of_a_stream_that_cannot_be_read_again_may_be_tried_by_the_next_attempt(
    gcs_cloud, gcs_sessions, store
) -> None:
    class Once(io.BytesIO):
        def seekable(self) -> bool:
            return False

    def forgets(exchange: Exchange) -> None:
        gcs_sessions.forget()
        exchange.reset()

    gcs_cloud.proxy.misbehave(behaves, forgets, method="PUT")
    with pytest.raises(TransientError, match="forgotten"):
        store.write("a", Once(LARGE))
    with pytest.raises(NotFound):
        store.stat("a")


def flips_a_byte(exchange: Exchange) -> None:
    response = exchange.forward()
    response.body = bytes([response.body[0] ^ 1]) + response.body[1:]
    exchange.answer(response)


def test_a_byte_that_changed_on_the_way_here_is_noticed_and_fetched_again(gcs_cloud, store) -> None:
    store.write("a", b"words")
    gcs_cloud.proxy.misbehave(flips_a_byte, path="alt=media")
    assert store.read("a")[0] == b"words"
    gcs_cloud.proxy.misbehave(flips_a_byte, path="alt=media")
    with store.open("a") as reader, pytest.raises(TransientError, match="damaged"):
        reader.read()


@pytest.mark.parametrize("content", [b"words" * 100, LARGE], ids=["small", "large"])
def test_a_byte_that_changed_on_the_way_there_makes_no_success(gcs_cloud, store, content) -> None:
    def flips(exchange: Exchange) -> None:
        middle = len(exchange.request.body) // 2
        body = bytearray(exchange.request.body)
        body[middle] ^= 1
        exchange.request.body = bytes(body)
        exchange.answer(exchange.forward())

    gcs_cloud.proxy.misbehave(flips, method="PUT" if content is LARGE else "POST")
    with pytest.raises(PodcastError, match="could not write"):
        store.write("a", content)


def test_what_the_server_asks_to_wait_is_waited(gcs_cloud, store) -> None:
    store.write("a", b"1")
    gcs_cloud.proxy.misbehave(says(429, {"Retry-After": "1"}), says(503), method="GET")
    with waits_recorded() as waits:
        store.stat("a")
    assert waits[0] == 1
    assert waits[1] < 0.1


def test_a_wait_longer_than_our_patience_is_left_to_the_orchestrator(gcs_cloud, store) -> None:
    gcs_cloud.proxy.misbehave(says(429, {"Retry-After": "3600"}), method="GET")
    with pytest.raises(TransientError) as refused:
        store.stat("a")
    assert refused.value.to_failure().retry_after == 3600
    assert len(gcs_cloud.proxy.requests) == 1


def test_copying_moves_nothing_through_this_program(gcs_cloud, store, past) -> None:
    info = past.write("a", LARGE)
    past.write("a", b"newer")
    store.copy_from(store, "a", version=info.version, name="b")
    assert past.read("b")[0] == LARGE
    assert not gcs_cloud.proxy.seen("GET", "alt=media")
    assert sum(len(request.body) for request in gcs_cloud.proxy.requests) < 1000


def test_a_copy_that_takes_several_calls_is_whole_in_the_end(gcs_cloud, store, past) -> None:
    def is_not_done_yet(exchange: Exchange) -> None:
        body = {"kind": "storage#rewriteResponse", "totalBytesRewritten": "1", "objectSize": "3", "done": False}
        says(200, {"Content-Type": "application/json"}, json.dumps(body | {"rewriteToken": "go-on"}).encode())(exchange)

    info = past.write("a", b"old")
    gcs_cloud.proxy.misbehave(is_not_done_yet, method="POST")
    store.copy_from(store, "a", version=info.version, name="b")
    assert past.read("b")[0] == b"old"
    assert [request.query.get("rewriteToken") for request in gcs_cloud.proxy.seen("POST")] == [None, "go-on"]


def test_headers_and_the_end_of_a_large_file_cost_little_traffic(gcs_cloud, store, past) -> None:
    past.write("a", LARGE)
    with store.open("a") as reader:
        reader.read(4096)
        reader.seek(-128, io.SEEK_END)
        reader.read(128)
    ranges = [
        request.headers["Range"].removeprefix("bytes=").split("-") for request in gcs_cloud.proxy.seen("GET", "media")
    ]
    assert sum(int(last) - int(first) + 1 for first, last in ranges) < 512 * 1024


def test_a_replaced_object_is_read_whole_at_the_version_it_was_opened_at(store) -> None:
    store.write("a", LARGE)
    with store.open("a") as reader:
        store.write("a", bytes(10))
        assert reader.read() == LARGE


def test_a_listing_of_several_pages_gives_every_name_once(gcs_cloud, past, store) -> None:
    names = [f"n{number:02}" for number in range(7)]
    for name in names:
        past.write(name, b"")

    def three_a_page(exchange: Exchange) -> None:
        exchange.request.target = exchange.request.target.replace("maxResults=1000", "maxResults=3")
        exchange.answer(exchange.forward())

    gcs_cloud.proxy.misbehave(three_a_page, resets_half_way, three_a_page, says(500), three_a_page, method="GET")
    assert [info.name for info in store.list()] == names
    assert len(gcs_cloud.proxy.seen("GET")) == 5


def test_an_error_tells_the_object_the_bucket_and_what_to_do_and_no_key_of_an_upload(gcs_cloud, store) -> None:
    gcs_cloud.proxy.misbehave(says(403), method="PUT", for_ever=True)
    with pytest.raises(
        PermanentError, match=f"could not write a to gs://{gcs_cloud.bucket}/a|{gcs_cloud.bucket}"
    ) as refused:
        store.write("a", LARGE)
    assert f"gs://{gcs_cloud.bucket}" in (refused.value.advice or "")
    assert "upload_id" not in str(refused.value)


def test_a_missing_bucket_is_named(gcs_cloud) -> None:
    gone = replace(gcs_cloud, bucket="no-such-bucket")
    with closing(gcs_client(gone)) as store, pytest.raises(NotFound, match="no-such-bucket") as refused:
        store.write("a", b"1")
    assert "no-such-bucket exists" in (refused.value.advice or "")


def test_without_credentials_the_advice_is_how_to_log_in(monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path))
    monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS", raising=False)
    with pytest.raises(PermanentError, match="no Google credentials") as refused:
        GCSClient.connect("bucket")
    assert "gcloud auth application-default login" in (refused.value.advice or "")
