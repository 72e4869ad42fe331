"""The servers as fixtures: one process of each a session, a bucket of its own for each test."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

import pytest
from support_servers.gcs import gcs_server
from support_servers.gcs_sessions import ResumableSessions
from support_servers.proxy import Proxy, proxy
from support_servers.r2 import Strictness
from support_servers.s3 import s3_server

_numbers = count(1)


@dataclass(frozen=True)
class Cloud:
    """A bucket, and the proxy before its server. `direct` is the server itself, for a look past the proxy."""

    proxy: Proxy
    direct: str
    bucket: str

    @property
    def endpoint(self) -> str:
        return self.proxy.address


@pytest.fixture(scope="session")
def gcs_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with gcs_server(tmp_path_factory.mktemp("gcs")) as address:
        yield address


@pytest.fixture(scope="session")
def s3_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with s3_server(tmp_path_factory.mktemp("s3")) as address:
        yield address


@pytest.fixture(scope="session")
def gcs_sessions() -> ResumableSessions:
    return ResumableSessions()


@pytest.fixture(scope="session")
def _gcs_proxy(gcs_address: str, gcs_sessions: ResumableSessions) -> Iterator[Proxy]:
    with proxy(gcs_address, gcs_sessions) as running:
        yield running


@pytest.fixture(scope="session")
def _r2_proxy(s3_address: str) -> Iterator[Proxy]:
    with proxy(s3_address, Strictness()) as running:
        yield running


@pytest.fixture
def gcs_cloud(_gcs_proxy: Proxy, gcs_address: str) -> Iterator[Cloud]:
    """An empty bucket in GCS."""
    bucket = f"bucket-{next(_numbers)}"
    make_gcs_bucket(gcs_address, bucket)
    yield Cloud(_gcs_proxy, gcs_address, bucket)
    _gcs_proxy.behave()


@pytest.fixture
def r2_cloud(_r2_proxy: Proxy, s3_address: str) -> Iterator[Cloud]:
    """An empty bucket in R2."""
    bucket = f"bucket-{next(_numbers)}"
    make_s3_bucket(s3_address, bucket)
    yield Cloud(_r2_proxy, s3_address, bucket)
    _r2_proxy.behave()


def make_gcs_bucket(address: str, bucket: str) -> None:
    body = json.dumps({"name": bucket, "versioning": {"enabled": True}}).encode()
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"{address}/storage/v1/b?project=none", data=body, headers=headers)
    urllib.request.urlopen(request).close()


def make_s3_bucket(address: str, bucket: str) -> None:
    urllib.request.urlopen(urllib.request.Request(f"{address}/{bucket}", method="PUT")).close()
