"""The state bucket, over a real connection to Cloud Storage."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from google.auth.exceptions import DefaultCredentialsError
from support_servers.gcs import gcs_server
from support_servers.gcs_buckets import Buckets
from support_servers.proxy import Proxy, proxy, says

from controller.bootstrap.causes import advice_for
from controller.bootstrap.state_bucket import StateBuckets
from shared.errors import NotFound, PermanentError

PROJECT = "my-project-123456"
NAME = "my-project-123456-podcast-state"
SECURED = {
    "uniformBucketLevelAccess": {"enabled": True},
    "publicAccessPrevention": "enforced",
}


@dataclass
class Storage:
    proxy: Proxy
    buckets: Buckets

    def connect(self) -> StateBuckets:
        return StateBuckets.connect(PROJECT, endpoint=self.proxy.address)


@pytest.fixture
def storage(tmp_path: Path) -> Iterator[Storage]:
    with gcs_server(tmp_path) as server:
        buckets = Buckets(server)
        with proxy(server, buckets) as running:
            yield Storage(running, buckets)


def test_a_new_bucket_is_closed_to_the_public_keeps_versions_and_is_where_it_was_wished(storage: Storage) -> None:
    assert not storage.connect().exists(NAME)
    assert storage.connect().prepare(NAME, "asia-northeast1") == f"gs://{NAME} was made."
    made = storage.buckets.settings[NAME]
    assert made["iamConfiguration"] == SECURED
    assert made["versioning"] == {"enabled": True}
    assert made["location"] == "asia-northeast1"
    assert storage.connect().exists(NAME)


def test_only_states_that_are_old_and_many_ago_are_removed(storage: Storage) -> None:
    storage.connect().prepare(NAME, "asia-northeast1")
    (rule,) = storage.buckets.settings[NAME]["lifecycle"]["rule"]
    assert rule == {
        "action": {"type": "Delete"},
        "condition": {"daysSinceNoncurrentTime": 90, "numNewerVersions": 50},
    }


def test_a_bucket_that_is_as_it_should_be_is_left_alone(storage: Storage) -> None:
    storage.connect().prepare(NAME, "asia-northeast1")
    storage.proxy.behave()
    assert storage.connect().prepare(NAME, "asia-northeast1") == f"gs://{NAME} is there."
    assert [each.method for each in storage.proxy.requests] == ["GET"]


def test_a_bucket_that_somebody_opened_is_put_right(storage: Storage) -> None:
    storage.connect().prepare(NAME, "asia-northeast1")
    storage.buckets.settings[NAME]["iamConfiguration"] = {"publicAccessPrevention": "inherited"}
    storage.buckets.settings[NAME]["versioning"] = {"enabled": False}
    said = storage.connect().prepare(NAME, "asia-northeast1")
    assert "it lacked uniform access, public access prevention, versioning, and has it now" in said
    assert storage.buckets.settings[NAME]["iamConfiguration"] == SECURED
    assert storage.buckets.settings[NAME]["versioning"] == {"enabled": True}
    assert storage.connect().prepare(NAME, "asia-northeast1") == f"gs://{NAME} is there."


def test_a_name_that_begins_the_same_is_another_bucket(storage: Storage) -> None:
    storage.connect().prepare(f"{NAME}-old", "asia-northeast1")
    assert not storage.connect().exists(NAME)


def test_a_name_that_somebody_else_has_is_refused_and_another_asked_for(storage: Storage) -> None:
    storage.buckets.taken.add(NAME)
    with pytest.raises(PermanentError, match="belongs to somebody else") as refused:
        storage.connect().prepare(NAME, "asia-northeast1")
    assert "--state-bucket NAME" in str(refused.value.advice)


def test_without_billing_the_refusal_says_so_and_where_to_link_it(storage: Storage) -> None:
    storage.buckets.billing = False
    with pytest.raises(PermanentError, match="billing account") as refused:
        storage.connect().prepare(NAME, "asia-northeast1")
    assert "linkedaccount?project=my-project-123456" in str(advice_for(refused.value.message, PROJECT))


@pytest.mark.parametrize(
    ("status", "said", "kind", "advice"),
    [
        (
            403,
            "you@example.com does not have storage.buckets.list access",
            PermanentError,
            "the role Owner on my-project",
        ),
        (404, "The requested project was not found.", NotFound, "gcloud projects list"),
        (400, "Unknown project id: my-project-123456", PermanentError, "gcloud projects list"),
    ],
)
def test_what_cloud_storage_refuses_comes_with_what_to_do(
    storage: Storage, status: int, said: str, kind: type[PermanentError], advice: str
) -> None:
    body = f'{{"error": {{"code": {status}, "message": "{said}"}}}}'.encode()
    storage.proxy.misbehave(says(status, {"Content-Type": "application/json"}, body), for_ever=True)
    with pytest.raises(kind) as refused:
        storage.connect().exists(NAME)
    assert advice in str(advice_for(refused.value.message, PROJECT))


def test_without_credentials_one_is_told_to_log_in(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "nowhere.json"))
    with pytest.raises(PermanentError, match="there are no Google credentials here") as refused:
        StateBuckets.connect(PROJECT)
    assert isinstance(refused.value.__cause__, DefaultCredentialsError)
    assert "gcloud auth application-default login" in str(refused.value.advice)
