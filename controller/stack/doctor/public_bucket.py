"""The public bucket: R2 as upload-job uses it, and its address as listeners' apps do.

One small object is written under a prefix of its own, read and removed again; nothing else of a stack is touched.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import NameResolutionError

from controller.stack.doctor.asking import Once, Unanswered, once
from controller.stack.doctor.probing import Finding, Probe, fault, untested
from controller.stack.doctor.secrets import Secrets
from shared.cdn import R2Client
from shared.cdn.errors import KEYS
from shared.deployment import DeployedStack
from shared.errors import NotFound, PermanentError, PodcastError
from shared.http_errors import reason_of

PREFIX: Final = "doctor/"
FEED: Final = "feed.rss"
CONTENT: Final = b"Left by the doctor; it may be deleted.\n"
TOKEN_RESOURCE: Final = "**:AccountToken::token"  # noqa: S105 - the name of a resource
"""The resource behind R2's keys (infra/public_bucket.py), as `pulumi up --replace` finds it."""
ELSEWHERE: Final = "https://player.example"
"""An origin that is none of ours."""


@dataclass(frozen=True)
class Answered:
    """What the public address said, or why it said nothing."""

    status: int | None = None
    headers: Mapping[str, str] | None = None
    failed: str | None = None
    """`dns`, `tls` or another reason why there was no answer."""


class PublicBucket:
    """Two ways to one bucket.

    Args:
        secrets: holds R2's keys.
        deployed: the stack.
        limit: seconds that one call may take.
        new_name: gives a text that no other doctor has.
    """

    def __init__(self, secrets: Secrets, deployed: DeployedStack, *, limit: float, new_name: Callable[[], str]) -> None:
        self._secrets = secrets
        self._deployed = deployed
        self._limit = limit
        self._new_name = new_name
        self._has_feed = Once(self._feed_is_there)
        self._answered = Once(self._ask)

    def probes(self) -> list[Probe]:
        """R2, the address, and CORS."""
        return [
            Probe("R2", self._look_at_r2),
            Probe("Public address", self._look_at_address),
            Probe("Players on other sites", self._look_at_cors),
        ]

    def _look_at_r2(self) -> Finding:
        client = self._client()
        try:
            with closing(client):
                _write_and_remove(client, PREFIX + self._new_name())
        except PermanentError as error:
            return r2_finding(self._deployed, error)
        return r2_finding(self._deployed, None)

    def _look_at_address(self) -> Finding:
        answered = self._answered()
        has_feed: bool | None = None
        if answered.status == HTTPStatus.NOT_FOUND:
            try:
                has_feed = self._has_feed()
            except PodcastError:
                has_feed = None  # R2's own line tells
        return address_finding(self._deployed, answered, has_feed=has_feed)

    def _look_at_cors(self) -> Finding:
        return cors_finding(self._deployed, self._answered())

    def _client(self) -> R2Client:
        try:
            keys = self._secrets.r2_keys()
        except PodcastError as error:
            raise Unanswered("its keys could not be read: see their own line") from error
        deployed = self._deployed
        return R2Client.connect(
            deployed.public_bucket, endpoint=deployed.r2_endpoint, keys=keys, patience=once(self._limit)
        )

    def _feed_is_there(self) -> bool:
        with closing(self._client()) as client:
            try:
                client.stat(FEED)
            except NotFound:
                return False
            return True

    def _ask(self) -> Answered:
        try:
            answer = requests.get(
                self._deployed.feed_url,
                headers={"Origin": ELSEWHERE, "Range": "bytes=0-0", "User-Agent": "podcast-automator doctor"},
                timeout=(min(self._limit, 5.0), self._limit),
                stream=True,
            )
        except requests.exceptions.SSLError as error:
            return Answered(failed=f"tls: {reason_of(error)}")
        except requests.RequestException as error:
            return Answered(failed="dns" if _is_unknown_name(error) else reason_of(error))
        with answer:
            return Answered(answer.status_code, {name.lower(): value for name, value in answer.headers.items()})


def _write_and_remove(client: R2Client, name: str) -> None:
    next(iter(client.list(PREFIX)), None)
    try:
        client.write(name, CONTENT, content_type="text/plain; charset=utf-8")
        content, _ = client.read(name)
    except PodcastError:
        # A write whose reply was lost may lie there; the first error is the one to tell.
        with suppress(PodcastError):
            client.delete(name)
        raise
    client.delete(name)
    if content != CONTENT:
        raise PermanentError(f"{name} came back from R2 as something else")


def r2_finding(deployed: DeployedStack, error: PermanentError | None) -> Finding:
    """Whether upload-job can list, write, read and delete in the bucket."""
    if error is None:
        return Finding(f"{deployed.public_bucket} can be listed, written, read and cleared")
    if error.advice == KEYS:
        # A token that was rolled or cut back in Cloudflare looks the same to Pulumi.
        return fault(error.message, f"pulumi up --stack {deployed.stack} --replace '{TOKEN_RESOURCE}'")
    return fault(
        error.message,
        f"pulumi up --refresh --stack {deployed.stack}   (makes the bucket or its token anew where they are gone)",
    )


def address_finding(deployed: DeployedStack, answered: Answered, *, has_feed: bool | None) -> Finding:  # noqa: PLR0911 - one way out a finding
    """Whether listeners can reach the bucket.

    Args:
        deployed: the stack.
        answered: what the feed's address said.
        has_feed: whether the bucket holds a feed; None where nobody knows.
    """
    host, url = urlsplit(deployed.feed_url).hostname or "", deployed.feed_url
    settings = f"Cloudflare's dashboard, R2, {deployed.public_bucket}, Settings, Custom Domains"
    up = f"pulumi up --refresh --stack {deployed.stack}"
    if answered.failed == "dns":
        return fault(
            f"the name {host} is unknown",
            f"Wait until {settings} calls it active; its zone must be served by Cloudflare's name servers. Then: {up}",
        )
    if answered.failed and answered.failed.startswith("tls: "):
        return fault(
            f"{host} has no valid certificate ({answered.failed.removeprefix('tls: ')})",
            f"Wait until {settings} calls it active; a CAA record of the zone must not keep Cloudflare out. Then: {up}",
        )
    if answered.failed:
        return untested(f"{host} did not answer: {answered.failed}")
    if answered.status in (HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT):
        return Finding(url)
    if answered.status == HTTPStatus.NOT_FOUND and not has_feed:
        return Finding(f"{url} answers; there is no feed before the first episode")
    if answered.status == HTTPStatus.NOT_FOUND:
        return fault(f"{url} answers 404, though the bucket holds a feed: it serves another bucket", up)
    return fault(f"{url} answers {answered.status}: the bucket is not open to the public", up)


def cors_finding(deployed: DeployedStack, answered: Answered) -> Finding:
    """Whether a player on another site may read audio and transcripts (https://fetch.spec.whatwg.org/#http-cors-protocol)."""
    if answered.status not in (HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT):
        return untested("only a file tells, and there is no feed yet at the public address")
    allowed = (answered.headers or {}).get("access-control-allow-origin")
    if allowed in ("*", ELSEWHERE):
        return Finding("may read what is public (CORS)")
    return fault("may not read audio and transcripts (CORS)", f"pulumi up --refresh --stack {deployed.stack}")


def _is_unknown_name(error: BaseException) -> bool:
    seen: list[object] = [error]
    for each in seen:
        if isinstance(each, NameResolutionError):
            return True
        if isinstance(each, BaseException):
            related = [*each.args, getattr(each, "reason", None), each.__cause__, each.__context__]
            seen += [one for one in related if isinstance(one, BaseException) and one not in seen]
    return False
