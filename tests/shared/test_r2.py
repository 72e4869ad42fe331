"""R2: what its client makes of everything that can go wrong, and what listeners are served."""

from __future__ import annotations

import io
import random
import threading
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from pydantic import SecretStr
from support_calls import SITUATIONS, Situation, raises, waits_recorded
from support_cloud import IMPATIENT, KEYS, QUICK, SMALLEST_PART, gcs_client, r2_client
from support_servers.processes import free_port
from support_servers.proxy import Exchange, behaves, does_the_work_and_hangs, does_the_work_and_resets, says

from shared.cdn import R2Client, R2Keys
from shared.errors import ConflictError, NotFound, PermanentError, PodcastError, TransientError
from shared.storage import ABSENT

LARGE = random.Random(3).randbytes(2 * SMALLEST_PART + 11)
"""Three parts, the last one small."""


@pytest.fixture
def store(r2_cloud):
    with closing(r2_client(r2_cloud)) as client:
        yield client


@pytest.fixture
def past(r2_cloud):
    """A client that goes past the proxy: for preparing and for looking at what became of it."""
    with closing(r2_client(r2_cloud, endpoint=r2_cloud.direct)) as client:
        yield client


@pytest.fixture(scope="module")
def s3(s3_address):
    """boto3 itself, past the proxy."""
    client = boto3.session.Session().client(
        "s3",
        endpoint_url=s3_address,
        region_name="us-east-1",
        aws_access_key_id="key",
        aws_secret_access_key="secret",
        config=Config(s3={"addressing_style": "path"}),
    )
    with closing(client):
        yield client


def unfinished(s3, bucket: str) -> list[str]:
    return [each["Key"] for each in s3.list_multipart_uploads(Bucket=bucket).get("Uploads", [])]


def versions(s3, bucket: str, name: str) -> int:
    """How many versions the object ever had; the bucket keeps them all."""
    found = s3.list_object_versions(Bucket=bucket, Prefix=name)
    return len([each for each in found.get("Versions", []) if each["Key"] == name])


@dataclass(frozen=True)
class Operation:
    """One call to the bucket: which request the situation befalls, and what is true once it succeeded."""

    name: str
    act: Callable[[R2Client], Any]
    result: Any
    method: str
    path: str = ""
    versions: int = 1
    """Of the object `a` in the end, if all went well."""
    makes: str = "kept"
    """Another object that it makes."""
    otherwise: tuple[tuple[str, type[PodcastError] | None], ...] = ()
    """Situations with another outcome than the table's."""


def read_all(store: R2Client) -> bytes:
    with store.open("a") as reader:
        return reader.read()


def swap(content: bytes) -> Callable[[R2Client], int]:
    return lambda store: store.write("a", content, expect=store.stat("a").version).size


OPERATIONS = [
    Operation("stat", lambda store: store.stat("a").size, 3, "HEAD"),
    Operation("read", lambda store: store.read("a")[0], b"old", "GET"),
    Operation("open, a range", read_all, b"old", "GET"),
    Operation(
        "create",
        lambda store: store.write("new", b"new", expect=ABSENT).size,
        3,
        "PUT",
        makes="new",
        otherwise=(("404", ConflictError),),
    ),
    Operation("overwrite", lambda store: store.write("a", b"fresh").size, 5, "PUT", versions=2),
    Operation("swap", swap(b"fresh"), 5, "PUT", versions=2, otherwise=(("404", ConflictError),)),
    Operation("begin a large write", swap(LARGE), len(LARGE), "POST", "uploads", versions=2),
    Operation("a part", swap(LARGE), len(LARGE), "PUT", "partNumber=2", versions=2),
    Operation(
        "finish a large write",
        swap(LARGE),
        len(LARGE),
        "POST",
        "uploadId",
        versions=2,
        otherwise=(("404", ConflictError),),
    ),
    Operation(
        "finish a large overwrite",
        lambda store: store.write("a", io.BytesIO(LARGE)).size,
        len(LARGE),
        "POST",
        "uploadId",
        versions=2,
        otherwise=(("404", TransientError),),
    ),
    Operation("delete", lambda store: store.delete("a"), None, "DELETE"),
    Operation("list", lambda store: [info.name for info in store.list("a")], ["a"], "GET", "list-type"),
]


@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda each: each.name)
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: each.name)
def test_every_call_gets_what_the_table_says(r2_cloud, past, s3, operation: Operation, situation: Situation) -> None:
    s3.put_bucket_versioning(Bucket=r2_cloud.bucket, VersioningConfiguration={"Status": "Enabled"})
    past.write("a", b"old")
    past.write("kept", b"for ever")
    outcome = dict(operation.otherwise).get(situation.name, situation.outcome)
    r2_cloud.proxy.misbehave(
        *situation.behaviours, method=operation.method, path=operation.path, for_ever=situation.for_ever
    )
    with closing(r2_client(r2_cloud, replace(IMPATIENT, read=1) if situation.hangs else QUICK)) as store:
        if outcome is None:
            assert operation.act(store) == operation.result
            assert versions(s3, r2_cloud.bucket, "a") == operation.versions
            assert versions(s3, r2_cloud.bucket, operation.makes) == 1
        else:
            with raises(situation, outcome) if outcome is situation.outcome else pytest.raises(outcome):
                operation.act(store)
            assert past.read("a")[0] == b"old"
    # The id of an upload whose reply was lost nobody knows: `abort_unfinished` and the bucket's lifecycle find it.
    if operation.name != "begin a large write":
        assert unfinished(s3, r2_cloud.bucket) == []
    seen = len(r2_cloud.proxy.seen(operation.method, operation.path))
    if situation.tries is not None and outcome is situation.outcome:
        assert seen == situation.tries
    if situation.for_ever and outcome is TransientError and not operation.otherwise:
        assert seen == QUICK.attempts


def test_nobody_listens() -> None:
    endpoint = f"http://127.0.0.1:{free_port()}"
    with closing(R2Client.connect("public", endpoint=endpoint, keys=KEYS, patience=QUICK)) as store:
        for call in [store.stat, store.read, store.open, store.delete, lambda name: store.write(name, b"")]:
            with pytest.raises(TransientError, match=r"public.*connection refused"):
                call("a")
        with pytest.raises(TransientError, match="connection refused"):
            list(store.list())


@pytest.mark.parametrize("lost", [does_the_work_and_resets, does_the_work_and_hangs])
@pytest.mark.parametrize("content", [b"mine", LARGE], ids=["small", "large"])
def test_a_lost_reply_to_the_winner_is_a_win(r2_cloud, past, lost, content) -> None:
    small = content is not LARGE
    r2_cloud.proxy.misbehave(lost, method="PUT" if small else "POST", path="" if small else "uploadId")
    with closing(r2_client(r2_cloud, replace(IMPATIENT, read=1))) as store:
        info = store.write("a", content, expect=ABSENT)
    assert past.stat("a").version == info.version


def test_a_try_that_comes_through_after_it_was_given_up_is_a_win_too(r2_cloud, store) -> None:
    given_up: list[Exchange] = []

    def breaks(exchange: Exchange) -> None:
        given_up.append(exchange)
        exchange.reset()

    def comes_second(exchange: Exchange) -> None:
        assert given_up[0].forward().status == 200
        exchange.answer(exchange.forward())

    r2_cloud.proxy.misbehave(breaks, comes_second, method="PUT")
    info = store.write("a", b"mine", expect=ABSENT)
    assert store.stat("a").version == info.version
    assert len(r2_cloud.proxy.seen("PUT")) == 2


@pytest.mark.parametrize("content", [b"mine", LARGE], ids=["small", "large"])
def test_a_race_that_was_lost_after_a_broken_try_is_a_conflict_and_leaves_no_parts(
    r2_cloud, store, past, s3, content
) -> None:
    def somebody_is_faster(exchange: Exchange) -> None:
        past.write("a", content[:3], expect=ABSENT)
        exchange.reset()

    small = content is not LARGE
    r2_cloud.proxy.misbehave(somebody_is_faster, method="PUT" if small else "POST", path="" if small else "uploadId")
    with pytest.raises(ConflictError):
        store.write("a", content, expect=ABSENT)
    assert past.read("a")[0] == content[:3]
    assert unfinished(s3, r2_cloud.bucket) == []


def test_of_two_who_create_the_same_content_one_wins(store, past) -> None:
    store.write("lease", b"mine", expect=ABSENT)
    with pytest.raises(ConflictError):
        past.write("lease", b"mine", expect=ABSENT)


def test_a_large_file_goes_up_in_equal_parts_at_once(r2_cloud, store) -> None:
    meeting = threading.Barrier(2, timeout=30)

    def waits_for_another_part(exchange: Exchange) -> None:
        meeting.wait()  # breaks unless two parts are under way together
        behaves(exchange)

    r2_cloud.proxy.misbehave(waits_for_another_part, waits_for_another_part, method="PUT")
    store.write("a", io.BytesIO(LARGE))
    sizes = {request.query["partNumber"]: len(request.body) for request in r2_cloud.proxy.seen("PUT")}
    assert sizes == {"1": SMALLEST_PART, "2": SMALLEST_PART, "3": 11}
    assert store.read("a")[0] == LARGE


@pytest.mark.parametrize(
    "path", ["partNumber=2", "uploadId"], ids=["a part that cannot be written", "an end that cannot be reached"]
)
def test_an_upload_that_fails_leaves_no_parts(r2_cloud, store, s3, path) -> None:
    r2_cloud.proxy.misbehave(says(403), method="PUT" if "part" in path else "POST", path=path, for_ever=True)
    with pytest.raises(PermanentError):
        store.write("a", LARGE)
    assert unfinished(s3, r2_cloud.bucket) == []


def test_a_source_that_breaks_leaves_no_parts(r2_cloud, store, s3) -> None:
    class Breaks(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            if self.tell() > SMALLEST_PART:
                raise TransientError("the source is gone")
            return super().read(size)

    with pytest.raises(TransientError, match="source is gone"):
        store.write("a", Breaks(LARGE))
    assert unfinished(s3, r2_cloud.bucket) == []


def test_parts_that_cannot_be_thrown_away_do_not_hide_why_the_upload_failed(r2_cloud, store, s3) -> None:
    r2_cloud.proxy.misbehave(says(503), method="DELETE", for_ever=True)
    r2_cloud.proxy.misbehave(says(403), method="PUT", for_ever=True)
    with pytest.raises(PermanentError, match="403"):
        store.write("a", LARGE)
    assert unfinished(s3, r2_cloud.bucket) == ["a"]


def test_old_uploads_that_nobody_finished_are_thrown_away_and_young_ones_left_alone(r2_cloud, store, s3) -> None:
    for name in ["podcasts/1/audio.mp3", "podcasts/2/audio.mp3", "other"]:
        s3.create_multipart_upload(Bucket=r2_cloud.bucket, Key=name)
    begun = s3.list_multipart_uploads(Bucket=r2_cloud.bucket)["Uploads"][0]["Initiated"]
    assert store.abort_unfinished("podcasts/", before=begun) == 0
    assert store.abort_unfinished("podcasts/", before=begun + timedelta(seconds=1)) == 2
    assert unfinished(s3, r2_cloud.bucket) == ["other"]


def test_from_gcs_to_r2_content_streams_as_it_was_at_its_version(gcs_cloud, store) -> None:
    with closing(gcs_client(gcs_cloud)) as work:
        info = work.write("audio/source.mp3", LARGE, content_type="audio/mpeg")
        copied = store.copy_from(work, "audio/source.mp3", version=info.version, name="podcasts/1/audio.mp3")
    assert store.read("podcasts/1/audio.mp3")[0] == LARGE
    assert (copied.size, copied.content_type) == (len(LARGE), "audio/mpeg")


def test_listeners_get_type_caching_and_disposition(r2_cloud, store, s3) -> None:
    store.write("feed.rss", b"<rss/>")
    store.write("podcasts/1/audio.mp3", LARGE)
    feed = s3.head_object(Bucket=r2_cloud.bucket, Key="feed.rss")
    audio = s3.head_object(Bucket=r2_cloud.bucket, Key="podcasts/1/audio.mp3")
    assert (feed["ContentType"], feed["CacheControl"]) == ("application/rss+xml; charset=utf-8", "public, max-age=60")
    assert (audio["ContentType"], audio["CacheControl"]) == ("audio/mpeg", "public, max-age=604800")
    assert audio["ContentDisposition"] == 'inline; filename="1.mp3"'


def test_what_the_public_address_serves_is_what_was_written(r2_cloud, s3) -> None:
    s3.put_bucket_acl(Bucket=r2_cloud.bucket, ACL="public-read-write")
    s3.put_bucket_policy(
        Bucket=r2_cloud.bucket,
        Policy='{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject",'
        f'"Resource":"arn:aws:s3:::{r2_cloud.bucket}/*"}}]}}',
    )
    with closing(r2_client(r2_cloud)) as store:
        store.write("a b/日本語 100%.html", b"<p>")
        with urllib.request.urlopen(store.public_url("a b/日本語 100%.html")) as page:
            assert page.read() == b"<p>"


def test_a_custom_domain_is_where_listeners_find_it(r2_cloud) -> None:
    with closing(r2_client(r2_cloud, base_url="https://podcast.example.com")) as store:
        assert store.public_url("podcasts/1/audio.mp3") == "https://podcast.example.com/podcasts/1/audio.mp3"


def test_a_wait_that_was_asked_for_is_obeyed(r2_cloud, store) -> None:
    r2_cloud.proxy.misbehave(says(429, {"Retry-After": "1"}), method="PUT")
    with waits_recorded() as waits:
        store.write("a", b"1")
    assert waits == [1]


def test_a_replaced_object_is_not_read_on(store) -> None:
    store.write("a", LARGE)
    with store.open("a") as reader:
        reader.read(1)
        store.write("a", bytes(len(LARGE)))
        with pytest.raises(ConflictError):
            reader.read()


def test_wrong_keys_are_told_with_what_to_check_and_without_the_keys(r2_cloud, store) -> None:
    body = b"<Error><Code>SignatureDoesNotMatch</Code><Message>Wrong.</Message></Error>"
    r2_cloud.proxy.misbehave(says(403, {"Content-Type": "application/xml"}, body))
    with pytest.raises(PermanentError, match=r"write a .*403 Forbidden \(SignatureDoesNotMatch: Wrong\.\)") as refused:
        store.write("a", b"1")
    assert "secret with R2's keys" in (refused.value.advice or "")
    assert KEYS.secret_access_key.get_secret_value() not in f"{refused.value}{refused.value.advice}{KEYS!r}"


def test_a_missing_bucket_is_named(r2_cloud) -> None:
    with closing(r2_client(replace(r2_cloud, bucket="no-such-bucket"))) as store:
        for call in [lambda: store.write("a", b""), lambda: store.read("a"), lambda: list(store.list())]:
            with pytest.raises(PermanentError, match="no-such-bucket: there is no such bucket"):
                call()


def test_a_secret_that_holds_no_keys_is_refused_without_telling_what_it_holds() -> None:
    for content in ["hunter2", "{}", '{"access_key_id": "hunter2"}', '{"access_key_id": "", "secret_access_key": "x"}']:
        with pytest.raises(PermanentError, match="r2-keys does not hold a key pair") as refused:
            R2Keys.from_secret(SecretStr(content), name="r2-keys")
        assert "hunter2" not in f"{refused.value}{refused.value.__cause__}{refused.value.advice}"


# ------------------------------------------------------------------ the double itself


def plain_boto3(cloud, **config: Any):
    options = {
        "request_checksum_calculation": "when_required",
        "response_checksum_validation": "when_required",
    } | config
    return closing(
        boto3.session.Session().client(
            "s3",
            endpoint_url=cloud.endpoint,
            region_name=options.pop("region_name", "auto"),
            aws_access_key_id="key",
            aws_secret_access_key="secret",
            config=Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 1}, **options),
        )
    )


def test_the_double_refuses_unequal_parts_as_r2_does(r2_cloud) -> None:
    def upload(client, *sizes: int) -> None:
        key = {"Bucket": r2_cloud.bucket, "Key": "a"}
        upload_id = client.create_multipart_upload(**key)["UploadId"]
        parts = []
        for number, size in enumerate(sizes, start=1):
            part = client.upload_part(**key, UploadId=upload_id, PartNumber=number, Body=bytes(size))
            parts.append({"PartNumber": number, "ETag": part["ETag"]})
        client.complete_multipart_upload(**key, UploadId=upload_id, MultipartUpload={"Parts": parts})

    with plain_boto3(r2_cloud) as client:
        upload(client, SMALLEST_PART, SMALLEST_PART, 1)
        upload(client, SMALLEST_PART)
        for sizes in [(SMALLEST_PART, SMALLEST_PART + 1, 1), (SMALLEST_PART, SMALLEST_PART + 1)]:
            with pytest.raises(ClientError, match="All non-trailing parts must have the same length"):
                upload(client, *sizes)


def test_the_double_refuses_checksum_trailers_acls_and_foreign_regions_as_r2_does(r2_cloud) -> None:
    # boto3 sends trailers over TLS only; this is what they look like.
    headers = {"Content-Encoding": "aws-chunked", "x-amz-trailer": "x-amz-checksum-crc32"}
    trailed = urllib.request.Request(f"{r2_cloud.endpoint}/{r2_cloud.bucket}/a", b"0", headers, method="PUT")
    with pytest.raises(urllib.error.HTTPError, match="501") as refused:
        urllib.request.urlopen(trailed)
    refused.value.close()
    with (
        plain_boto3(r2_cloud, request_checksum_calculation="when_supported") as client,
        pytest.raises(ClientError, match="checksum-algorithm"),
    ):
        client.put_object(Bucket=r2_cloud.bucket, Key="a", Body=b"summed")
    with plain_boto3(r2_cloud) as client, pytest.raises(ClientError, match="x-amz-acl"):
        client.put_object(Bucket=r2_cloud.bucket, Key="a", Body=b"", ACL="public-read")
    with (
        plain_boto3(r2_cloud, region_name="eu-west-1") as client,
        pytest.raises(ClientError, match="InvalidRegionName"),
    ):
        client.put_object(Bucket=r2_cloud.bucket, Key="a", Body=b"")


def test_the_double_keeps_the_promise_of_a_conditional_end_of_an_upload(r2_cloud, past) -> None:
    past.write("a", b"theirs")
    with plain_boto3(r2_cloud) as client:
        key = {"Bucket": r2_cloud.bucket, "Key": "a"}
        upload = client.create_multipart_upload(**key)["UploadId"]
        part = client.upload_part(**key, UploadId=upload, PartNumber=1, Body=b"x")
        parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
        with pytest.raises(ClientError, match="PreconditionFailed"):
            client.complete_multipart_upload(**key, UploadId=upload, MultipartUpload=parts, IfMatch='"other"')
        client.complete_multipart_upload(**key, UploadId=upload, MultipartUpload=parts, IfMatch=past.stat("a").version)
    with pytest.raises(NotFound):
        past.stat("b")
