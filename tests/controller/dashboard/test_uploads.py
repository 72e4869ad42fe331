from __future__ import annotations

import errno
import http.client
import io
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote

import pytest
from flask import Flask
from flask.testing import FlaskClient
from support_desk import ScriptedDesk
from werkzeug.serving import BaseWSGIServer, ThreadedWSGIServer, make_server
from werkzeug.test import TestResponse

from controller.dashboard import build_dashboard
from controller.dashboard.uploads import CutOff, WholeBody
from shared.errors import TransientError
from shared.show import ShowSettings
from shared.storage import FolderStore

LARGEST = 50_000
AS_PAGE = {"Accept": "text/html,*/*;q=0.8"}


def send(client: FlaskClient, name: str, content: bytes = b"sound", **headers: str) -> TestResponse:
    return client.post("/upload", query_string={"name": name}, data=content, headers=headers)


def error_of(response: TestResponse) -> dict[str, str]:
    assert response.json is not None
    error: dict[str, str] = response.json["error"]
    return error


def test_a_dropped_file_is_stored_and_its_job_named(client: FlaskClient, desk: ScriptedDesk) -> None:
    response = send(client, "talk.mp3")
    assert response.status_code == 202
    assert response.json == {
        "files": [
            {"name": "talk.mp3", "job_id": desk.all[0].job_id, "replaces": False, "message": "Received"},
        ]
    }
    assert desk.files == {"talk.mp3": b"sound"}


def test_a_second_file_of_the_same_name_says_that_it_replaces_the_first(
    client: FlaskClient, desk: ScriptedDesk
) -> None:
    send(client, "talk.mp3", b"one")
    response = send(client, "talk.mp3", b"two")
    assert response.json is not None
    assert response.json["files"][0]["replaces"] is True
    assert "replaces" in response.json["files"][0]["message"]
    assert desk.files == {"talk.mp3": b"two"}


@pytest.mark.parametrize("name", ['it\'s "fine" 🎙️ & more.mp3', "第12回.wav", "a b+c%20d.mp3", "100%.flac"])
def test_a_name_with_quotes_spaces_percent_signs_or_emoji_arrives_as_it_was(
    client: FlaskClient, desk: ScriptedDesk, name: str
) -> None:
    assert send(client, name).status_code == 202
    assert list(desk.files) == [name]


def test_a_name_with_folders_in_it_stays_in_the_input_store(client: FlaskClient, desk: ScriptedDesk) -> None:
    assert send(client, "../../../etc/cron.d/talk.mp3").status_code == 202
    assert list(desk.files) == ["talk.mp3"]


@pytest.mark.parametrize(
    ("name", "kind"),
    [("", "no-name"), ("..", "no-name"), ("notes.txt", "not-audio"), ("x" * 996 + ".mp3", "name-too-long")],
)
def test_an_unusable_name_is_refused_with_its_reason_and_what_to_do(
    client: FlaskClient, desk: ScriptedDesk, name: str, kind: str
) -> None:
    response = send(client, name)
    assert response.status_code == 400
    error = error_of(response)
    assert error["type"] == kind
    assert error["message"]
    assert error["advice"]
    assert len(error["name"]) <= 80
    assert desk.files == {}


def test_an_empty_file_is_refused(client: FlaskClient, desk: ScriptedDesk) -> None:
    response = send(client, "talk.mp3", b"")
    assert (response.status_code, error_of(response)["type"]) == (400, "empty-file")
    assert desk.files == {}


def test_a_file_over_the_limit_is_refused_with_the_limit(client: FlaskClient, desk: ScriptedDesk) -> None:
    response = send(client, "talk.wav", b"x" * (LARGEST + 1))
    assert (response.status_code, error_of(response)["type"]) == (413, "too-large")
    assert "50 kB" in error_of(response)["message"]
    assert send(client, "talk.wav", b"x" * LARGEST).status_code == 202


def test_a_form_over_the_limit_is_refused_with_the_limit(client: FlaskClient, desk: ScriptedDesk) -> None:
    response = client.post("/upload", data={"file": (io.BytesIO(b"x" * LARGEST), "talk.wav")})
    assert (response.status_code, error_of(response)["type"]) == (413, "too-large")
    assert desk.files == {}


def test_a_body_of_unknown_length_is_refused(client: FlaskClient, desk: ScriptedDesk) -> None:
    response = client.post(
        "/upload?name=talk.mp3", input_stream=io.BytesIO(b"sound"), headers={"Transfer-Encoding": "chunked"}
    )
    assert (response.status_code, error_of(response)["type"]) == (411, "no-length")
    assert desk.files == {}


def test_a_form_takes_several_files_and_tells_of_each(client: FlaskClient, desk: ScriptedDesk) -> None:
    files = [(io.BytesIO(b"one"), "one.mp3"), (io.BytesIO(b"two"), "two.txt"), (io.BytesIO(b"three"), "three.wav")]
    response = client.post("/upload", data={"file": files})
    assert response.status_code == 400
    assert response.json is not None
    assert [each.get("type", "received") for each in response.json["files"]] == ["received", "not-audio", "received"]
    assert desk.files == {"one.mp3": b"one", "three.wav": b"three"}


def test_a_form_without_a_file_is_refused(client: FlaskClient) -> None:
    response = client.post("/upload", data={"file": (io.BytesIO(b""), "")})
    assert (response.status_code, error_of(response)["type"]) == (400, "no-file")


def test_without_script_the_form_leads_back_to_the_list(client: FlaskClient) -> None:
    response = client.post("/upload", data={"file": (io.BytesIO(b"one"), "one.mp3")}, headers=AS_PAGE)
    assert (response.status_code, response.location) == (303, "/")


def test_without_script_a_refusal_is_told_on_the_page(client: FlaskClient) -> None:
    response = client.post("/upload", data={"file": (io.BytesIO(b"one"), "<b>.txt")}, headers=AS_PAGE)
    assert response.status_code == 400
    assert "&lt;b&gt;.txt" in response.text
    assert "not a kind of recording" in response.text


def test_a_japanese_show_refuses_in_japanese(client: FlaskClient, desk: ScriptedDesk) -> None:
    desk.settings = ShowSettings(language="ja")
    assert error_of(send(client, "talk.mp3", b""))["message"] == "ファイルが空です。"


class Failing(ScriptedDesk):
    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error

    def receive(self, name: str, content: BinaryIO) -> str:
        raise self.error


def client_of(desk: ScriptedDesk) -> FlaskClient:
    app = Flask("dashboard-under-test", static_folder=None)
    app.register_blueprint(build_dashboard(desk, largest_upload=LARGEST))
    return app.test_client()


def test_a_full_disk_is_told_as_such() -> None:
    response = send(client_of(Failing(OSError(errno.ENOSPC, "No space left on device"))), "talk.mp3")
    assert (response.status_code, error_of(response)["type"]) == (507, "no-room")


def test_a_store_that_may_recover_answers_503_and_says_why() -> None:
    response = send(client_of(Failing(TransientError("the store is away", advice="Wait a minute."))), "talk.mp3")
    assert response.status_code == 503
    assert (error_of(response)["message"], error_of(response)["advice"]) == ("the store is away", "Wait a minute.")


def test_a_body_that_ends_early_is_no_whole_body() -> None:
    with pytest.raises(CutOff):
        io.BufferedReader(WholeBody(io.BytesIO(b"123"), 4)).read()


def test_a_body_is_read_no_further_than_its_length() -> None:
    stream = io.BytesIO(b"123456")
    assert io.BufferedReader(WholeBody(stream, 4)).read() == b"1234"
    assert stream.read() == b"56"


class OnDisk(ScriptedDesk):
    """A desk that stores in a folder, as the controller does on a laptop."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.store = FolderStore(folder)

    def receive(self, name: str, content: BinaryIO) -> str:
        self.store.write(name, content)
        return "job"


@contextmanager
def serving(desk: ScriptedDesk, largest: int = LARGEST) -> Iterator[BaseWSGIServer]:
    app = Flask("dashboard-under-test", static_folder=None)
    app.register_blueprint(build_dashboard(desk, largest_upload=largest))
    server = make_server("127.0.0.1", 0, app, threaded=True)
    assert isinstance(server, ThreadedWSGIServer)
    server.daemon_threads = False  # so that closing it waits for the last request's end
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_transfer_that_breaks_off_leaves_nothing_behind(tmp_path: Path) -> None:
    desk = OnDisk(tmp_path / "input")
    with (
        serving(desk, largest=10**9) as server,
        closing(socket.create_connection(("127.0.0.1", server.port))) as connection,
    ):
        connection.sendall(
            b"POST /upload?name=talk.mp3 HTTP/1.1\r\nHost: x\r\nContent-Length: 900000\r\n\r\n" + b"x" * 500_000
        )
        connection.shutdown(socket.SHUT_WR)
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert b" 400 " in answer.splitlines()[0]
    assert b"cut off" in answer
    assert list(desk.store.list()) == []
    assert [path for path in (tmp_path / "input").rglob("*") if path.name.startswith(".write-")] == []


def test_a_form_that_breaks_off_leaves_nothing_behind(tmp_path: Path) -> None:
    desk = OnDisk(tmp_path / "input")
    part = b'--b\r\nContent-Disposition: form-data; name="file"; filename="talk.mp3"\r\n\r\n' + b"x" * 500_000
    kind = b"Content-Type: multipart/form-data; boundary=b\r\n\r\n"
    head = b"POST /upload HTTP/1.1\r\nHost: x\r\nContent-Length: 900000\r\n" + kind
    with (
        serving(desk, largest=10**9) as server,
        closing(socket.create_connection(("127.0.0.1", server.port))) as connection,
    ):
        connection.sendall(head + part)
        connection.shutdown(socket.SHUT_WR)
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert b" 400 " in answer.splitlines()[0]
    assert list(desk.store.list()) == []


def test_a_file_larger_than_memory_buffers_arrives_byte_for_byte(tmp_path: Path) -> None:
    desk = OnDisk(tmp_path / "input")
    content = bytes(range(256)) * 40_000
    with serving(desk, largest=10**9) as server, closing(http.client.HTTPConnection("127.0.0.1", server.port)) as http_:
        http_.request("POST", f"/upload?name={quote('long talk.wav')}", body=content)
        response = http_.getresponse()
        assert (response.status, len(response.read()) > 0) == (202, True)
    assert desk.store.read("long talk.wav")[0] == content


def test_a_refusal_is_heard_though_the_file_is_still_being_sent(tmp_path: Path) -> None:
    desk = OnDisk(tmp_path / "input")
    with serving(desk, largest=10**9) as server, closing(http.client.HTTPConnection("127.0.0.1", server.port)) as http_:
        http_.request("POST", "/upload?name=notes.txt", body=b"x" * 3_000_000)
        response = http_.getresponse()
        assert (response.status, b"not-audio" in response.read()) == (400, True)
