from __future__ import annotations

import random

import pytest
from flask.testing import FlaskClient
from support_desk import PUBLIC_URL, ScriptedDesk, a_job

from controller.dashboard.audio import MOST
from shared.models import JobState

SIZE = 2 * MOST + 1000
SOUND = random.Random(1).randbytes(SIZE)


@pytest.fixture
def url(desk: ScriptedDesk) -> str:
    return url_of(desk)


def url_of(desk: ScriptedDesk) -> str:
    job = a_job("talk.flac", JobState.AWAITING_REVIEW)
    desk.all = [job]
    desk.recordings[job.job_id] = (SOUND, "audio/flac")
    return f"/jobs/{job.job_id}/audio"


@pytest.mark.parametrize(
    ("asked", "start", "stop"),
    [
        ("bytes=0-", 0, MOST),
        ("bytes=0-1", 0, 2),
        ("bytes=1000-2999", 1000, 3000),
        (f"bytes={SIZE - 5}-", SIZE - 5, SIZE),
        ("bytes=-10", SIZE - 10, SIZE),
        (f"bytes={SIZE - 10}-{SIZE + 10}", SIZE - 10, SIZE),
        (f"bytes=5-{SIZE}", 5, 5 + MOST),
    ],
)
def test_a_range_is_sent_at_most_4_mib_of_it(
    client: FlaskClient, desk: ScriptedDesk, asked: str, start: int, stop: int
) -> None:
    response = client.get(url_of(desk), headers={"Range": asked})
    assert response.status_code == 206
    assert response.data == SOUND[start:stop]
    assert response.headers["Content-Range"] == f"bytes {start}-{stop - 1}/{SIZE}"
    assert response.content_length == stop - start <= MOST
    assert all(reader.closed for reader in desk.opened)


def test_a_short_recording_is_sent_by_ranges_too(client: FlaskClient, url: str, desk: ScriptedDesk) -> None:
    desk.recordings = {desk.all[0].job_id: (b"short", "audio/flac")}
    response = client.get(url, headers={"Range": "bytes=0-"})
    assert (response.status_code, response.data, response.headers["Content-Range"]) == (206, b"short", "bytes 0-4/5")


def test_the_ranges_put_together_are_the_recording(client: FlaskClient, url: str) -> None:
    whole = b""
    while len(whole) < SIZE:
        whole += client.get(url, headers={"Range": f"bytes={len(whole)}-"}).data
    assert whole == SOUND


def test_a_range_that_it_does_not_have_is_refused_with_its_size(client: FlaskClient, url: str) -> None:
    response = client.get(url, headers={"Range": f"bytes={SIZE}-"})
    assert (response.status_code, response.headers["Content-Range"]) == (416, f"bytes */{SIZE}")


@pytest.mark.parametrize("headers", [{}, {"Range": "bytes=0-1,5-6"}, {"Range": "lines=1-2"}, {"Range": "bytes=x"}])
def test_without_a_range_the_whole_is_streamed_and_claims_no_length(
    client: FlaskClient, url: str, desk: ScriptedDesk, headers: dict[str, str]
) -> None:
    response = client.get(url, headers=headers, buffered=False)
    assert response.status_code == 200
    assert "Content-Length" not in response.headers
    assert response.data == SOUND
    response.close()
    assert all(reader.closed for reader in desk.opened)


def test_head_says_size_type_and_that_there_are_ranges(client: FlaskClient, url: str, desk: ScriptedDesk) -> None:
    response = client.head(url)
    assert response.status_code == 200
    assert (response.content_length, response.data) == (SIZE, b"")
    assert (response.content_type, response.headers["Accept-Ranges"]) == ("audio/flac", "bytes")
    assert all(reader.closed for reader in desk.opened)


def test_a_range_of_another_recording_is_not_mixed_in(client: FlaskClient, url: str) -> None:
    etag = client.head(url).headers["ETag"]
    same = client.get(url, headers={"Range": "bytes=0-9", "If-Range": etag})
    other = client.get(url, headers={"Range": "bytes=0-9", "If-Range": '"other"'})
    assert (same.status_code, other.status_code) == (206, 200)


def test_a_recording_that_expired_is_heard_where_it_is_public(
    client: FlaskClient, url: str, desk: ScriptedDesk
) -> None:
    desk.recordings.clear()
    desk.all = [desk.all[0].but(state=JobState.COMPLETED, audio_url=f"{PUBLIC_URL}/a.mp3")]
    for response in (client.get(url), client.head(url)):
        assert (response.status_code, response.location) == (302, f"{PUBLIC_URL}/a.mp3")


@pytest.mark.parametrize(
    "fields", [{}, {"audio_url": "javascript:x"}, {"audio_url": f"{PUBLIC_URL}/a", "withdrawn": True}]
)
def test_a_recording_that_is_nowhere_any_more_says_so(
    client: FlaskClient, url: str, desk: ScriptedDesk, fields: dict[str, object]
) -> None:
    desk.recordings.clear()
    desk.all = [desk.all[0].but(**fields)]
    response = client.get(url)
    assert response.status_code == 404
    assert response.json is not None
    assert response.json["error"]["message"].startswith("The recording is not kept any more")


def test_the_recording_of_an_unknown_job_is_not_found(client: FlaskClient) -> None:
    assert client.get("/jobs/nobody/audio").status_code == 404
