"""The dashboard of a stack on an operator's machine: what passes, what does not, and who is let in."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from support_gateway import PERSON, Reached, no_bucket, reached
from support_servers.faults import Answer, Fault, ResetBefore, Truncate, html_page
from support_servers.fixtures import Cloud

from controller.cli.dashboard import listen
from controller.dashboard.words import words_for
from shared.errors import NotFound, PermanentError
from shared.identity import job_id_of
from shared.storage import GCSClient

FORM = {"Accept": "text/html"}
SCRIPT = {"Accept": "application/json"}


@dataclass
class Browser:
    """Asks the proxy as a browser does."""

    port: int
    reached: Reached

    def ask(
        self, method: str, target: str, headers: dict[str, str] | None = None, body: Any = None
    ) -> tuple[int, dict[str, str], bytes]:
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)) as connection:
            connection.request(method, target, body, headers or {})
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read()

    @property
    def seen(self) -> list[tuple[str, str, dict[str, str], bytes]]:
        return self.reached.upstream.seen


@contextmanager
def proxied(there: Reached) -> Iterator[Browser]:
    server = listen(there.desk, 0)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield Browser(server.port, there)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def browser() -> Iterator[Browser]:
    with reached() as there, proxied(there) as asking:
        yield asking


# ------------------------------------------------------------- what passes


def test_a_request_comes_with_the_operators_identity_and_the_services_own_name(browser: Browser) -> None:
    status, _, body = browser.ask("GET", "/jobs/1?before=a%2Fb&x=%E7%95%AA", {"X-Mine": "yes"})
    assert (status, json.loads(body)) == (200, {"path": "jobs/1"})
    ((method, target, headers, _),) = browser.seen
    assert (method, target) == ("GET", "/jobs/1?before=a%2Fb&x=%E7%95%AA")
    assert headers["Host"] == browser.reached.desk.gateway.host
    assert headers["X-Mine"] == "yes"
    assert headers["Authorization"].endswith("SIGNATURE_REMOVED_BY_GOOGLE")


@pytest.mark.parametrize("target", ["/a%2F..%2Fb", "/a/../b", "/twice//over", "/%zz", "/dashboard/a.css?%"])
def test_an_address_is_passed_on_as_the_browser_wrote_it(target: str, browser: Browser) -> None:
    browser.ask("GET", target)
    ((_, passed, _, _),) = browser.seen
    assert passed.replace("%25", "%") == target


def test_a_body_passes_with_its_length(browser: Browser) -> None:
    sent = bytes(100_000)
    assert browser.ask("PUT", "/api/jobs/1/edits", {"Content-Type": "application/json"}, sent)[0] == 200
    ((method, _, headers, body),) = browser.seen
    assert (method, body, headers["Content-Length"]) == ("PUT", sent, "100000")


def test_a_body_whose_length_nobody_knows_passes_too(browser: Browser) -> None:
    assert browser.ask("PUT", "/x", {}, iter([b"one", b"two"]))[0] == 200
    assert browser.seen[0][3] == b"onetwo"


def test_a_part_of_a_recording_comes_as_a_part(browser: Browser) -> None:
    status, headers, body = browser.ask("GET", "/audio", {"Range": "bytes=1000-1999"})
    assert (status, headers["Content-Range"]) == (206, f"bytes 1000-1999/{len(browser.reached.upstream.content)}")
    assert body == browser.reached.upstream.content[1000:2000]


def test_a_head_has_the_length_and_no_body(browser: Browser) -> None:
    status, headers, body = browser.ask("HEAD", "/audio")
    assert (status, body) == (200, b"")
    assert int(headers["Content-Length"]) == len(browser.reached.upstream.content)


def test_what_is_unchanged_is_told_so(browser: Browser) -> None:
    status, _, body = browser.ask("GET", "/audio", {"If-None-Match": '"v1"'})
    assert (status, body) == (304, b"")


def test_an_answer_without_a_length_comes_whole(browser: Browser) -> None:
    status, _, body = browser.ask("GET", "/chunked")
    assert (status, len(body)) == (200, 100_000)


def test_what_is_packed_stays_packed(browser: Browser) -> None:
    _, headers, body = browser.ask("GET", "/packed")
    assert (headers["Content-Encoding"], body) == ("gzip", b"\x1f\x8b not really")


def test_what_is_between_two_neighbours_passes_in_neither_direction(browser: Browser) -> None:
    sent = {
        "Connection": "keep-alive, X-Hop",
        "X-Hop": "1",
        "TE": "trailers",
        "Upgrade": "h2c",
        "Proxy-Authorization": "Basic x",
        "Authorization": "Bearer of-somebody-else",
        "X-Serverless-Authorization": "Bearer of-somebody-else",
        "Cookie": "session=of another program on this machine",
    }
    _, headers, _ = browser.ask("GET", "/cookies", sent)
    passed = browser.seen[0][2]
    for name in ("X-Hop", "Te", "Upgrade", "Proxy-Authorization", "X-Serverless-Authorization", "Cookie"):
        assert name not in passed
    assert "somebody-else" not in passed["Authorization"]
    assert headers["X-Kept"] == "yes"
    assert not {"Set-Cookie", "Alt-Svc", "Keep-Alive"} & headers.keys()


def test_a_redirection_stays_on_this_machine(browser: Browser) -> None:
    status, headers, _ = browser.ask("POST", "/moved", {"Content-Length": "0"})
    assert (status, headers["Location"]) == (303, "/jobs/1")


def test_a_connection_that_was_closed_meanwhile_is_no_trouble_for_what_only_reads(browser: Browser) -> None:
    browser.reached.faults.once.append(ResetBefore())
    assert browser.ask("GET", "/jobs/1")[0] == 200


# ------------------------------------------------------- who is not let in

OTHERS = {
    "a foreign name": ("GET", {"Host": "evil.example"}),
    "a foreign name at our port": ("GET", {"Host": "evil.example:{port}"}),
    "our name at another port": ("GET", {"Host": "127.0.0.1:1"}),
    "a foreign page's form": ("POST", {"Origin": "https://evil.example"}),
    "a page of another local server": ("POST", {"Origin": "http://127.0.0.1:1"}),
    "a page without an origin": ("POST", {"Origin": "null"}),
    "another site's request": ("PUT", {"Sec-Fetch-Site": "cross-site"}),
}


@pytest.mark.parametrize("target", ["/", "/upload", "/site", "/site/x", "/api/records"])
@pytest.mark.parametrize("case", OTHERS)
def test_nobody_elses_page_drives_it(case: str, target: str, browser: Browser) -> None:
    method, headers = OTHERS[case]
    filled = {name: value.format(port=browser.port) for name, value in headers.items()}
    status, _, body = browser.ask(method, target, filled, b"x" if method != "GET" else None)
    assert status == 403
    assert b"127.0.0.1" in body
    assert browser.seen == []


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
def test_our_own_page_does(name: str, browser: Browser) -> None:
    host = f"{name}:{browser.port}"
    headers = {"Host": host, "Origin": f"http://{host}", "Sec-Fetch-Site": "same-origin", "Content-Length": "0"}
    assert browser.ask("POST", "/jobs/1/retry", headers)[0] == 200


def test_it_is_no_proxy_to_anywhere_else(browser: Browser) -> None:
    status, _, _ = browser.ask("GET", "http://other.example/", {"Host": f"127.0.0.1:{browser.port}"})
    assert status in (400, 403)
    assert browser.seen == []


# ------------------------------------------------- what the cloud says for it


def test_whom_iam_refuses_is_told_who_they_are_and_what_lets_them_in(browser: Browser) -> None:
    browser.reached.iam.invokers.clear()
    for accept, kind in ((FORM, "text/html"), (SCRIPT, "application/json")):
        status, headers, body = browser.ask("GET", "/", accept)
        assert (status, headers["Content-Type"].split(";")[0]) == (403, kind)
        assert f"{PERSON} may not use the controller of dev".encode() in body
        assert b"pulumi config set --path" in body


NOT_OURS: dict[str, tuple[Fault, int, str]] = {
    "IAM does not believe": (html_page(401), 401, "does not believe that you are"),
    "no such service": (html_page(404), 404, "there is no controller of dev"),
    "too many requests": (html_page(429), 429, "out of order"),
    "the controller crashes": (html_page(500), 500, "out of order"),
    "the controller does not start": (html_page(503), 503, "podcast doctor --stack dev"),
}


@pytest.mark.parametrize("case", NOT_OURS)
def test_what_googles_front_end_says_is_explained(case: str, browser: Browser) -> None:
    fault, expected, word = NOT_OURS[case]
    browser.reached.faults.forever = fault
    status, _, body = browser.ask("GET", "/", SCRIPT)
    assert status == expected
    error = json.loads(body)["error"]
    assert word in f"{error['message']} {error['advice']}"


def test_what_the_controller_itself_says_is_left_as_it_is(browser: Browser) -> None:
    own = Answer(503, b'{"error":{"message":"the store sleeps"}}')
    browser.reached.faults.forever = own
    assert browser.ask("GET", "/", SCRIPT)[2] == own.body
    page = Answer(404, b"<h1>No such job</h1>", {"Content-Type": "text/html", "Content-Security-Policy": "x"})
    browser.reached.faults.forever = page
    assert browser.ask("GET", "/", FORM)[2] == page.body


def test_a_controller_that_does_not_answer_is_explained_as_such(browser: Browser) -> None:
    browser.reached.faults.forever = ResetBefore()
    status, _, body = browser.ask("GET", "/", FORM)
    assert status == 502
    assert b"the controller of dev does not answer" in body


def test_what_changes_something_is_never_sent_twice(browser: Browser) -> None:
    browser.reached.faults.forever = ResetBefore()
    assert browser.ask("POST", "/jobs/1/retry", {"Content-Length": "0"})[0] == 502
    assert len(browser.reached.faults.requests) == 1


def test_an_answer_that_breaks_off_is_seen_to_break_off(browser: Browser) -> None:
    browser.reached.faults.forever = Truncate()
    with pytest.raises((http.client.IncompleteRead, http.client.RemoteDisconnected)):
        browser.ask("GET", "/audio")


@pytest.mark.parametrize("after", [0, 1000])
def test_an_answer_without_a_length_that_breaks_off_does_not_look_whole(after: int, browser: Browser) -> None:
    with pytest.raises((http.client.IncompleteRead, http.client.RemoteDisconnected)):
        browser.ask("GET", f"/breaks/{after}")


# ------------------------------------------------------------ the drop zone


@pytest.fixture
def dropping(gcs_cloud: Cloud) -> Iterator[tuple[Browser, GCSClient]]:
    def bucket() -> GCSClient:
        return GCSClient.connect(gcs_cloud.bucket, endpoint=gcs_cloud.endpoint)

    with reached(bucket, bucket=gcs_cloud.bucket) as there, proxied(there) as browser, closing(bucket()) as store:
        yield browser, store


class Generated:
    """A recording of so many bytes that never is in memory whole."""

    def __init__(self, size: int) -> None:
        self.left = size

    def read(self, wanted: int = -1) -> bytes:
        given = self.left if wanted < 0 else min(wanted, self.left)
        self.left -= given
        return b"\x55" * given


def test_a_recording_above_cloud_runs_limit_goes_into_the_bucket_and_not_through_the_controller(
    dropping: tuple[Browser, GCSClient],
) -> None:
    browser, store = dropping
    size = 40 * 1024 * 1024 + 1
    headers = {**SCRIPT, "Content-Length": str(size), "Content-Type": "application/octet-stream"}
    status, _, body = browser.ask("POST", "/upload?name=%E7%AC%AC1%E5%9B%9E.wav", headers, Generated(size))
    assert status == 202, body
    info = store.stat("第1回.wav")
    assert info.size == size
    (told,) = json.loads(body)["files"]
    assert told["job_id"] == job_id_of(store.bucket, "第1回.wav", int(info.version))
    assert told["replaces"] is False
    assert {target for _, target, _, _ in browser.seen} == {"/api/show"}


def test_a_form_is_taken_too_and_leads_back_to_the_list(dropping: tuple[Browser, GCSClient]) -> None:
    browser, store = dropping
    form = (
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.mp3"\r\n'
        b"Content-Type: audio/mpeg\r\n\r\nsound\r\n--x--\r\n"
    )
    headers = {**FORM, "Content-Type": "multipart/form-data; boundary=x"}
    status, answered, _ = browser.ask("POST", "/upload", headers, form)
    assert (status, answered["Location"]) == (303, "/")
    assert store.read("a.mp3")[0] == b"sound"


def test_half_a_recording_is_none(dropping: tuple[Browser, GCSClient]) -> None:
    browser, store = dropping
    with closing(http.client.HTTPConnection("127.0.0.1", browser.port, timeout=60)) as connection:
        connection.putrequest("POST", "/upload?name=half.mp3")
        connection.putheader("Content-Length", str(20 * 1024 * 1024))
        connection.endheaders()
        connection.send(bytes(9 * 1024 * 1024))
        assert connection.sock is not None
        connection.sock.shutdown(1)
        answer = connection.getresponse()
        assert (answer.status, answer.read()[:1]) == (400, b"{")
    with pytest.raises(NotFound):
        store.stat("half.mp3")


def test_what_is_no_recording_is_refused_in_the_shows_own_language(dropping: tuple[Browser, GCSClient]) -> None:
    browser, _ = dropping
    browser.reached.upstream.language = "ja"
    status, _, body = browser.ask("POST", "/upload?name=notes.txt", SCRIPT, b"x")
    assert status == 400
    assert json.loads(body)["error"]["message"] in {told[0] for told in words_for("ja").refusals.values()}
    status, _, page = browser.ask("POST", "/upload?name=notes.txt", FORM, b"x")
    assert status == 400
    assert "notes.txt" in page.decode()


def test_a_recording_is_taken_although_the_controller_is_out_of_order(dropping: tuple[Browser, GCSClient]) -> None:
    browser, store = dropping
    browser.reached.faults.forever = html_page(503)
    assert browser.ask("POST", "/upload?name=a.mp3", SCRIPT, b"sound")[0] == 202
    assert store.read("a.mp3")[0] == b"sound"


def test_who_may_not_write_to_the_bucket_is_told_who_can_change_that() -> None:
    def forbidden() -> GCSClient:
        raise PermanentError("could not write", advice="Have yourself named among the operators.")

    with reached(forbidden) as there, proxied(there) as browser:
        status, _, body = browser.ask("POST", "/upload?name=a.mp3", SCRIPT, b"sound")
    assert status == 400
    assert json.loads(body)["error"]["advice"] == "Have yourself named among the operators."


def test_a_port_that_is_taken_is_told() -> None:
    with reached(no_bucket) as there, proxied(there) as browser:
        with pytest.raises(PermanentError, match=f"127.0.0.1:{browser.port}") as caught:
            listen(there.desk, browser.port)
        assert "--port" in (caught.value.advice or "")
