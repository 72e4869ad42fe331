from __future__ import annotations

import json

import pytest
from support_upload import NOON, a_metadata, as_argument, local_settings

from jobs.upload.request import identify, load_metadata, parse_metadata
from shared import workspace
from shared.contract import UploadArguments
from shared.errors import NotFound, PermanentError
from shared.models import PodcastProcessingJob, Source


def arguments(job_id="job-1", attempt=0):
    return UploadArguments(job_id=job_id, attempt=attempt, audio_file="a.wav", metadata_json="{}")


def test_the_metadata_object_and_the_whole_result_of_process_job_mean_the_same():
    alone = as_argument(a_metadata())
    whole = json.dumps({"status": "completed", "job_id": "x", "metadata": json.loads(alone)})
    assert parse_metadata(alone) == parse_metadata(whole) == a_metadata()


def test_the_five_fields_of_the_product_are_enough():
    five = {"title": "T", "summary": "S", "transcript": "Words.", "duration_seconds": 9, "keywords": []}
    assert parse_metadata(json.dumps(five)).title == "T"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "not JSON"),
        ("[1]", "not an object"),
        ('{"metadata": "x"}', "not an object"),
        (as_argument(a_metadata(), duration_seconds=0), "duration_seconds"),
        (as_argument(a_metadata(), title=" \x00 "), "title"),
        ('{"status": "failed", "error": {}}', "title"),
    ],
)
def test_metadata_that_is_wrong_is_refused_with_the_reason(text, reason):
    with pytest.raises(PermanentError, match=reason) as refusal:
        parse_metadata(text)
    assert refusal.value.advice


def test_characters_that_no_feed_can_carry_are_left_out_wherever_they_are():
    dirty = as_argument(a_metadata(), title="Bees\x00 at\nnoon", keywords=["b\x0bees", "\ud800x"])
    metadata = parse_metadata(dirty)
    assert metadata.title == "Bees at noon"
    assert metadata.keywords == ["bees", "x"]


def test_metadata_is_read_from_where_the_at_sign_points(tmp_path):
    (tmp_path / "m.json").write_text(as_argument(a_metadata()), "utf-8")
    settings = local_settings(tmp_path)
    assert load_metadata(f"@{tmp_path}/m.json", settings) == a_metadata()
    with pytest.raises(NotFound):
        load_metadata(f"@{tmp_path}/none.json", settings)


def test_an_attempt_publishes_the_episode_that_its_record_names(tmp_path):
    work = local_settings(tmp_path).work
    source = Source(bucket="input", object_name="talk.mp3", generation=77)
    record = PodcastProcessingJob(
        job_id="job-1", episode_id="the-episode", source=source, created_at=NOON, updated_at=NOON
    )
    work.write(workspace.record_key("job-1"), record.model_dump_json().encode())
    identity = identify(arguments(attempt=1), work)
    assert (identity.episode_id, identity.generation) == ("the-episode", 77)
    with pytest.raises(NotFound):
        identify(arguments("job-2", attempt=1), work)


def test_by_hand_every_job_id_is_an_episode_of_its_own(tmp_path):
    work = local_settings(tmp_path).work
    first, again, other = (identify(arguments(name), work) for name in ("a", "a", "b"))
    assert first == again
    assert first.generation == 0
    assert first.episode_id != other.episode_id


@pytest.mark.parametrize("job_id", ["../feed", "a/b", ".hidden", "a b", "ä", "x" * 129, "a?b"])
def test_a_job_id_that_cannot_stand_in_an_address_is_refused(job_id, tmp_path):
    with pytest.raises(PermanentError, match="address"):
        identify(arguments(job_id), local_settings(tmp_path).work)
