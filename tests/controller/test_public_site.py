from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from support_upload import (
    RecordingStore,
    SettingsWith,
    a_metadata,
    as_argument,
    context_for,
    local_settings,
    tone,
    write_wav,
)
from support_web import WholeAnswers

from controller.public_site import build_public_site
from jobs.upload.step import run
from shared.cdn.headers import headers_of
from shared.contract import UploadArguments
from shared.storage import FolderStore

FEED = b"<rss/>"
SOUND = bytes(range(256)) * 40


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    return FolderStore(tmp_path / "public")


@pytest.fixture
def client(store: FolderStore) -> FlaskClient:
    app = Flask("public-site-under-test", static_folder=None)
    app.test_client_class = WholeAnswers
    app.register_blueprint(build_public_site(store.root))
    return app.test_client()


@pytest.fixture
def published(store: FolderStore) -> FolderStore:
    store.write("feed.rss", FEED)
    store.write("index.html", b"<h1>show</h1>")
    store.write("podcasts/1/index.html", b"<h1>episode</h1>")
    store.write("podcasts/1/audio.mp3", SOUND)
    return store


def test_before_anything_is_published_a_page_says_so(client: FlaskClient) -> None:
    response = client.get("/site/")
    assert response.status_code == 404
    assert "Nothing is published yet" in response.text
    assert "まだ何も公開されていません" in client.get("/site/", headers={"Accept-Language": "ja"}).text
    assert client.get("/site/feed.rss").status_code == 404


@pytest.mark.parametrize(
    ("name", "content_type"),
    [
        ("feed.rss", "application/rss+xml; charset=utf-8"),
        ("index.html", "text/html; charset=utf-8"),
        ("podcasts/1/audio.mp3", "audio/mpeg"),
        ("podcasts/1/AUDIO.MP3", "audio/mpeg"),
        ("podcasts/1/transcript.vtt", "text/vtt; charset=utf-8"),
        ("podcasts/1/transcript.srt", "application/x-subrip; charset=utf-8"),
        ("podcasts/1/transcript.json", "application/json; charset=utf-8"),
        ("podcasts/1/chapters.json", "application/json+chapters"),
        ("podcasts/1/metadata.json", "application/json; charset=utf-8"),
        ("cover.jpg", "image/jpeg"),
        ("cover.png", "image/png"),
        ("style.css", "text/css; charset=utf-8"),
        ("player.js", "text/javascript; charset=utf-8"),
        ("thing", "application/octet-stream"),
    ],
)
def test_every_file_has_the_type_that_clients_expect(
    client: FlaskClient, store: FolderStore, name: str, content_type: str
) -> None:
    store.write(name, b"x")
    response = client.get(f"/site/{name}")
    assert (response.status_code, response.headers["Content-Type"]) == (200, content_type)


def test_a_laptop_serves_what_is_published_with_the_headers_that_the_cloud_keeps(tmp_path: Path) -> None:
    settings = local_settings(tmp_path / "data")
    public = RecordingStore(settings.public)
    recording = write_wav(tmp_path / "talk.wav", tone(2), 48_000)
    arguments = UploadArguments(job_id="job-1", audio_file=str(recording), metadata_json=as_argument(a_metadata()))
    run(arguments, context_for(SettingsWith(settings, public=public)))
    app = Flask("public-site-under-test", static_folder=None)
    app.register_blueprint(build_public_site(settings.public.root))
    assert len(public.written) > 8
    for name, content_type in public.written:
        kept = headers_of(name, content_type)
        with app.test_client().head(f"/site/{name}") as served:
            assert served.headers["Content-Type"] == kept.content_type, name
            assert served.headers["Content-Disposition"] == kept.content_disposition, name


def test_a_head_tells_length_type_and_ranges_without_the_body(client: FlaskClient, published: FolderStore) -> None:
    response = client.head("/site/podcasts/1/audio.mp3")
    assert (response.status_code, response.data) == (200, b"")
    assert response.headers["Content-Length"] == str(len(SOUND))
    assert response.headers["Content-Type"] == "audio/mpeg"
    assert response.headers["Accept-Ranges"] == "bytes"


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ("bytes=0-0", 0, 0),
        ("bytes=100-199", 100, 199),
        ("bytes=10000-", 10000, 10239),
        ("bytes=-40", 10200, 10239),
        ("bytes=10000-99999", 10000, 10239),
    ],
)
def test_a_range_is_answered_with_just_that_part(
    client: FlaskClient, published: FolderStore, asked: str, first: int, last: int
) -> None:
    response = client.get("/site/podcasts/1/audio.mp3", headers={"Range": asked})
    assert response.status_code == 206
    assert response.headers["Content-Range"] == f"bytes {first}-{last}/{len(SOUND)}"
    assert response.data == SOUND[first : last + 1]


def test_a_range_beyond_the_end_is_not_satisfiable(client: FlaskClient, published: FolderStore) -> None:
    response = client.get("/site/podcasts/1/audio.mp3", headers={"Range": "bytes=99999-"})
    assert response.status_code == 416
    assert response.headers["Content-Range"] == f"bytes */{len(SOUND)}"


def test_what_a_client_has_already_is_not_sent_again(client: FlaskClient, published: FolderStore) -> None:
    first = client.get("/site/feed.rss")
    again = client.get("/site/feed.rss", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    since = client.get("/site/feed.rss", headers={"If-Modified-Since": first.headers["Last-Modified"]})
    assert since.status_code == 304


def test_a_rewritten_feed_has_another_etag_even_at_the_same_length(client: FlaskClient, published: FolderStore) -> None:
    before = client.get("/site/feed.rss").headers["ETag"]
    published.write("feed.rss", FEED.upper())
    after = client.get("/site/feed.rss", headers={"If-None-Match": before})
    assert (after.status_code, after.data) == (200, FEED.upper())


def test_a_part_of_an_older_version_is_not_mixed_with_the_new_one(client: FlaskClient, published: FolderStore) -> None:
    before = client.get("/site/podcasts/1/audio.mp3").headers["ETag"]
    published.write("podcasts/1/audio.mp3", SOUND[::-1])
    response = client.get("/site/podcasts/1/audio.mp3", headers={"Range": "bytes=0-9", "If-Range": before})
    assert (response.status_code, response.data) == (200, SOUND[::-1])


@pytest.mark.parametrize("name", ["feed.rss", "podcasts/1/audio.mp3", "missing.vtt"])
def test_players_of_other_sites_may_read(client: FlaskClient, published: FolderStore, name: str) -> None:
    headers = client.get(f"/site/{name}", headers={"Origin": "https://player.example"}).headers
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert "Content-Range" in headers["Access-Control-Expose-Headers"]


def test_players_of_other_sites_may_ask_for_ranges(client: FlaskClient, published: FolderStore) -> None:
    asked = {"Origin": "https://player.example", "Access-Control-Request-Headers": "range"}
    response = client.options("/site/podcasts/1/audio.mp3", headers=asked)
    assert response.status_code == 200
    assert "Range" in response.headers["Access-Control-Allow-Headers"]


@pytest.mark.parametrize(("path", "page"), [("/site/", "show"), ("/site/podcasts/1/", "episode")])
def test_a_folder_is_its_index(client: FlaskClient, published: FolderStore, path: str, page: str) -> None:
    assert client.get(path).text == f"<h1>{page}</h1>"


@pytest.mark.parametrize("path", ["/site", "/site/podcasts/1"])
def test_a_folder_without_its_slash_leads_to_it(client: FlaskClient, published: FolderStore, path: str) -> None:
    response = client.get(path)
    assert response.status_code in (301, 308)
    assert response.location.removeprefix("http://localhost") == f"{path}/"


@pytest.mark.parametrize(
    "path",
    [
        "/site/../secret.txt",
        "/site/%2e%2e/secret.txt",
        "/site/podcasts/../../secret.txt",
        "/site/..%2fsecret.txt",
        "/site/podcasts/%2e%2e/%2e%2e/secret.txt",
        "/site/..\\secret.txt",
        "/site//etc/passwd",
        "/site/%2Fetc/passwd",
        "/site/feed.rss%00.html",
        "/site/podcasts",
        "/site/podcasts/",
        "/site/feed.rss/",
        "/site/" + "x" * 5000,
    ],
)
def test_nothing_outside_and_no_bare_folder_is_served(client: FlaskClient, published: FolderStore, path: str) -> None:
    (published.root.parent / "secret.txt").write_text("secret")
    response = client.get(path, follow_redirects=True)
    assert response.status_code == 404
    assert "secret" not in response.text


def test_a_link_that_leads_outside_is_not_followed(client: FlaskClient, published: FolderStore) -> None:
    (published.root.parent / "secret.txt").write_text("secret")
    (published.root / "link.txt").symlink_to(published.root.parent / "secret.txt")
    assert client.get("/site/link.txt").status_code == 404


@pytest.mark.parametrize("name", [".lock", ".write-abc", "podcasts/.hidden/audio.mp3", ".git/config"])
def test_hidden_files_are_not_public(client: FlaskClient, published: FolderStore, name: str) -> None:
    path = published.root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("hidden")
    assert client.get(f"/site/{name}").status_code == 404


def test_no_text_of_an_episode_can_become_a_script(client: FlaskClient, published: FolderStore) -> None:
    policy = client.get("/site/").headers["Content-Security-Policy"]
    assert "script-src 'self';" in policy
    assert client.get("/site/feed.rss").headers["X-Content-Type-Options"] == "nosniff"


def test_nothing_can_be_changed_here(client: FlaskClient, published: FolderStore) -> None:
    assert client.put("/site/feed.rss", data=b"").status_code == 405
    assert client.delete("/site/feed.rss").status_code == 405


@pytest.mark.parametrize(
    "asked", ["bytes=0-1,5-6", "bytes=-99999999", "lines=1-2", "bytes=9-2", "bytes=abc", "bytes=", "nonsense"]
)
def test_a_range_that_is_not_served_gets_the_whole_file(client, published, asked) -> None:
    response = client.get("/site/podcasts/1/audio.mp3", headers={"Range": asked})
    assert (response.status_code, response.data) == (200, SOUND)


def test_the_last_bytes_are_served_by_a_suffix(client, published) -> None:
    response = client.get("/site/podcasts/1/audio.mp3", headers={"Range": f"bytes=-{len(SOUND)}"})
    assert (response.status_code, response.data) == (206, SOUND)


@pytest.mark.parametrize(("language", "said"), [("en", "There is no such page"), ("ja", "ページが見つかりません")])
def test_an_address_that_leads_nowhere_leads_back_to_the_site(client, language, said) -> None:
    response = client.get("/site/podcasts/none/", headers={"Accept-Language": language})
    assert response.status_code == 404
    assert said in response.text
    assert 'href="/site/"' in response.text
