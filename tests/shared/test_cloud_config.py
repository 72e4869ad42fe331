"""PODCAST_BACKEND=cloud: the environment that infra fills, and the parts that it builds."""

from __future__ import annotations

import json
from contextlib import closing

import pytest
from support_cloud import gcs_client
from support_servers.fixtures import make_gcs_bucket
from support_servers.secret_manager import secret_server

from shared.cloud_config import CloudSettings
from shared.config import load_local_settings, load_settings
from shared.contract import STEPS, StepEnvironment
from shared.deployment import SHOW_SETTINGS_KEY, ControllerEnvironment, JobEnvironment
from shared.errors import NotFound, PermanentError, TransientError
from shared.secrets import SecretStore
from shared.storage import FolderStore

LEAST = {
    "PODCAST_BACKEND": "cloud",
    "PODCAST_PROJECT_ID": "project",
    "PODCAST_INPUT_BUCKET": "input-bucket",
    "PODCAST_WORK_BUCKET": "work-bucket",
    "PODCAST_PUBLIC_URL": "https://podcast.example.com/",
}
KEYS = json.dumps({"access_key_id": "key", "secret_access_key": "hunter2"}).encode()


@pytest.fixture
def secrets():
    with secret_server() as running:
        running.add("project", "r2-keys", KEYS)
        yield running


@pytest.fixture
def settings(gcs_cloud, r2_cloud, secrets):
    environment = LEAST | {
        "PODCAST_WORK_BUCKET": gcs_cloud.bucket,
        "PODCAST_GCS_ENDPOINT": gcs_cloud.endpoint,
        "PODCAST_SECRETS_ENDPOINT": secrets.address,
        "R2_ENDPOINT_URL": r2_cloud.endpoint,
        "R2_BUCKET": r2_cloud.bucket,
        "R2_KEYS_SECRET_NAME": "r2-keys",
        "DISCORD_WEBHOOK_SECRET_NAME": "webhook",
    }
    loaded = load_settings(environment)
    yield loaded
    for part in vars(loaded).values():
        if hasattr(part, "close"):
            part.close()


def test_every_variable_that_infra_sets_is_one_that_is_read_or_anothers() -> None:
    jobs = [step.environment for step in STEPS]
    environments: list[type[StepEnvironment]] = [JobEnvironment, ControllerEnvironment, *jobs]
    theirs = {name for environment in environments for name, _, _ in environment.variables()}
    ours = {str(field.alias) for field in CloudSettings.model_fields.values()}
    required = {str(field.alias) for field in CloudSettings.model_fields.values() if field.is_required()}
    everywhere = {name for name, _, needed in JobEnvironment.variables() if needed}
    assert required <= everywhere
    endpoints = {f"PODCAST_{name}_ENDPOINT" for name in ("GCS", "PUBSUB", "SECRETS")}
    assert ours - theirs == {"PODCAST_AI", *endpoints}


@pytest.mark.parametrize("missing", [name for name in LEAST if name not in ("PODCAST_BACKEND", "PODCAST_PUBLIC_URL")])
@pytest.mark.parametrize("empty", [True, False])
def test_a_missing_variable_is_named(missing, empty) -> None:
    environment = {name: value for name, value in LEAST.items() if name != missing} | ({missing: ""} if empty else {})
    with pytest.raises(PermanentError, match=f"{missing} is not set, and PODCAST_BACKEND=cloud needs it"):
        load_settings(environment)


def test_a_wrong_variable_is_named_with_its_value() -> None:
    with pytest.raises(PermanentError, match=r"PODCAST_PUBLIC_URL is 'podcast\.example\.com'"):
        load_settings(LEAST | {"PODCAST_PUBLIC_URL": "podcast.example.com"})


def test_the_products_own_variables_stand_in_for_ours() -> None:
    environment = {
        "PODCAST_BACKEND": "cloud",
        "GCP_PROJECT_ID": "mine",
        "GCS_INPUT_BUCKET": "dropped",
        "PODCAST_WORK_BUCKET": "work",
    }
    settings = load_settings(environment)
    assert isinstance(settings, CloudSettings)
    assert (settings.project_id, settings.input_bucket) == ("mine", "dropped")
    settings = load_settings(environment | {"GCS_INPUT_BUCKET": "x", "PODCAST_INPUT_BUCKET": "y"})
    assert isinstance(settings, CloudSettings)
    assert settings.input_bucket == "y"


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, "https://podcast.example.com"),
        (
            {"PODCAST_PUBLIC_URL": "", "R2_CUSTOM_DOMAIN": "pod.example.org"},
            "https://pod.example.org",
        ),
        ({"PODCAST_PUBLIC_URL": ""}, "https://a.r2.cloudflarestorage.com/public"),
    ],
)
def test_listeners_find_it_where_infra_says_or_at_the_custom_domain(more, expected) -> None:
    r2 = {"R2_ENDPOINT_URL": "https://a.r2.cloudflarestorage.com", "R2_BUCKET": "public"}
    assert load_settings(LEAST | r2 | more).public_url == expected


def test_a_program_of_the_laptop_refuses_the_cloud() -> None:
    with pytest.raises(PermanentError, match="PODCAST_BACKEND is 'cloud'"):
        load_local_settings(LEAST)


def test_the_parts_are_buckets_and_the_secrets_are_read_once(settings, gcs_cloud, secrets) -> None:
    settings.work.write("records/1.json", b"{}")
    settings.public.write("feed.rss", b"<rss/>")
    assert settings.public.read("feed.rss")[0] == b"<rss/>"
    assert settings.public.public_url("feed.rss") == "https://podcast.example.com/feed.rss"
    assert settings.work is settings.work
    secrets.secrets.clear()
    assert settings.public.stat("feed.rss").size == 6
    with closing(gcs_client(gcs_cloud)) as past:
        assert past.read("records/1.json")[0] == b"{}"


def test_a_program_that_is_not_upload_job_knows_no_public_bucket() -> None:
    with pytest.raises(PermanentError, match="knows no public bucket") as refused:
        _ = load_settings(LEAST).public
    assert "R2_KEYS_SECRET_NAME" in (refused.value.advice or "")


def test_a_uri_is_a_bucket_and_a_name_and_a_path_stays_a_path(settings, gcs_cloud, tmp_path) -> None:
    store, name = settings.find(f"gs://{gcs_cloud.bucket}/audio/1/source.mp3")
    assert (store is settings.work, name) == (True, "audio/1/source.mp3")
    store, name = settings.find(str(tmp_path / "a.mp3"))
    assert isinstance(store, FolderStore)
    for wrong in ["gs://", "gs://bucket", "gs://bucket/", "gs:///name"]:
        with pytest.raises(PermanentError, match="names no object"):
            settings.find(wrong)


def test_another_bucket_may_be_named_by_hand(settings, gcs_cloud) -> None:
    make_gcs_bucket(gcs_cloud.direct, f"{gcs_cloud.bucket}-other")
    with closing(settings.bucket(f"{gcs_cloud.bucket}-other")) as other:
        other.write("a", b"1")
        assert other.location("a") == f"gs://{gcs_cloud.bucket}-other/a"


def test_the_show_is_an_object_in_the_work_bucket_and_read_anew(settings) -> None:
    settings.work.write(SHOW_SETTINGS_KEY, b'{"title": "Ours"}')
    settings.work.write("settings/cover.jpg", b"picture")
    assert settings.show().title == "Ours"
    assert settings.show_file("cover.jpg") == b"picture"
    with pytest.raises(NotFound):
        settings.show_file("other.jpg")


def test_show_settings_that_are_not_there_are_waited_for_and_never_taken_for_the_defaults(settings) -> None:
    with pytest.raises(TransientError, match=rf"not there: gs://.*{SHOW_SETTINGS_KEY}") as told:
        settings.show()
    assert "pulumi up" in (told.value.advice or "")


@pytest.mark.parametrize(("content", "reason"), [(b'{"title": 7}', "title: "), (b"<html>", "Expecting value")])
def test_wrong_show_settings_are_told_with_their_place(settings, content, reason) -> None:
    settings.work.write(SHOW_SETTINGS_KEY, content)
    with pytest.raises(PermanentError, match=rf"gs://.*{SHOW_SETTINGS_KEY} has a wrong setting: {reason}"):
        settings.show()


def test_a_stack_without_discord_has_no_webhook_and_one_with_it_keeps_it_secret(settings, secrets) -> None:
    assert settings.discord_webhook() is None
    secrets.add("project", "webhook", b"https://discord.com/api/webhooks/1/hunter2\n")
    assert settings.discord_webhook() == "https://discord.com/api/webhooks/1/hunter2"
    assert isinstance(settings.secrets, SecretStore)
    assert "hunter2" not in repr(settings)
