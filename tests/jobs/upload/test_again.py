"""People's edits on what is public: laid over the model's words, without encoding one frame again."""

from __future__ import annotations

import io
import json
import os
from contextlib import closing
from datetime import timedelta
from typing import Any, BinaryIO, cast

import feedparser
import pytest
from mutagen.id3 import ID3
from PIL import Image
from support_cloud import SMALLEST_PART, r2_client
from support_upload import (
    NOON,
    RecordingStore,
    SettingsWith,
    a_metadata,
    as_argument,
    context_for,
    files_under,
    local_settings,
    tone,
    write_wav,
)

from jobs.upload.mp3 import Retagged, audio_range
from jobs.upload.step import run
from jobs.upload.tags import ROOM, with_room
from shared import workspace
from shared.contract import UploadArguments, UploadResult
from shared.errors import NotFound, PermanentError
from shared.identity import episode_id_of
from shared.models import CatalogueEntry, Chapter, EpisodeEdits, LineEdit, PodcastProcessingJob, Segment, Source

LATER = NOON + timedelta(days=3)
EPISODE = episode_id_of("input", "talk.wav")
AUDIO = "podcasts/job-1/audio.mp3"


class World:
    """A show on a laptop and the record of a job in it."""

    def __init__(self, folder) -> None:
        self.settings = local_settings(folder / "data")
        self.recording = write_wav(folder / "talk.wav", tone(4), 48_000)
        self.written = RecordingStore(self.settings.public)
        self.record("job-1", 1)

    def record(self, job_id: str, generation: int, **fields: Any) -> None:
        job = PodcastProcessingJob(
            job_id=job_id,
            episode_id=EPISODE,
            source=Source(bucket="input", object_name="talk.wav", generation=generation),
            created_at=NOON,
            updated_at=NOON,
        )
        counts_from = fields.pop("counts_from", 1)
        job = job.but(**fields).with_step("upload", counts_from=counts_from)
        self.settings.work.write(workspace.record_key(job_id), job.model_dump_json().encode())

    def edit(self, **fields: Any) -> None:
        values = {"episode_id": EPISODE, "generation": 1, "revision": 1} | fields
        document = EpisodeEdits.model_validate(values).model_dump_json()
        self.settings.work.write(workspace.edits_key(EPISODE), document.encode())

    def upload(self, job_id="job-1", *, attempt=1, now=NOON, **metadata: Any) -> UploadResult:
        self.written.written.clear()
        arguments = UploadArguments(
            job_id=job_id,
            attempt=attempt,
            audio_file=str(self.recording),
            metadata_json=as_argument(a_metadata(**metadata)),
        )
        settings: Any = SettingsWith(self.settings, public=self.written)
        return run(arguments, context_for(settings, lambda: now))

    def names_written(self) -> set[str]:
        return {name for name, _ in self.written.written}

    def public(self, name: str) -> bytes:
        return self.settings.public.read(name)[0]

    def everything(self) -> dict[str, bytes]:
        return dict(files_under(self.settings.public.root))

    def items(self) -> list[Any]:
        return list(feedparser.parse(self.public("feed.rss")).entries)

    def entry(self) -> CatalogueEntry:
        return CatalogueEntry.model_validate_json(self.settings.work.read(workspace.catalogue_key(EPISODE))[0])


@pytest.fixture
def world(tmp_path) -> World:
    return World(tmp_path)


def frames(content: bytes) -> bytes:
    start, end = audio_range(io.BytesIO(content))
    return content[start:end]


EDITS: dict[str, Any] = {
    "title": "Wasps at noon",
    "summary": "A run from wasps.",
    "chapters": (Chapter(start=1, title="The wasps"),),
    "speaker_names": {"Speaker 1": "Ada"},
    "lines": (LineEdit(start=2, end=4, was="Mind the hive.", text="Mind the wasps."),),
}
SPOKEN = {
    "segments": [
        Segment(start=0, end=2, text="Here they come.", speaker="Speaker 1"),
        Segment(start=2, end=4, text="Mind the hive.", speaker="Speaker 1"),
    ],
    "speakers": ["Speaker 1"],
}


def says_what_people_say(world: World) -> None:
    (item,) = world.items()
    assert (item.title, item.id) == ("Wasps at noon", EPISODE)
    page = world.public("podcasts/job-1/index.html").decode()
    for name in ("transcript.vtt", "transcript.srt", "transcript.json", "metadata.json"):
        text = world.public(f"podcasts/job-1/{name}").decode()
        assert "Mind the wasps." in text
        assert "hive" not in text
        assert "Ada" in text
    assert "A run from wasps." in page
    assert "Mind the wasps." in page
    tags = ID3(io.BytesIO(world.public(AUDIO)))
    assert str(tags["TIT2"]) == "Wasps at noon"
    assert [str(tags[name].sub_frames["TIT2"]) for name in tags if name.startswith("CHAP")] == ["The wasps"]
    chapters = json.loads(world.public("podcasts/job-1/chapters.json"))["chapters"]
    assert chapters == [{"startTime": 1, "title": "The wasps"}]
    for name, content in world.everything().items():
        assert b"Bees at noon" not in content, name
        assert b"The hive" not in content, name


def test_a_first_publication_says_what_people_made_of_the_draft(world) -> None:
    world.edit(**EDITS)
    result = world.upload(**SPOKEN)
    says_what_people_say(world)
    assert (result.title, result.revision) == ("Wasps at noon", 1)


def test_an_edit_of_what_is_public_changes_every_document_and_not_one_frame(world) -> None:
    world.upload(**SPOKEN)
    before = world.public(AUDIO)
    world.edit(**EDITS, revision=3)
    world.recording.unlink()
    result = world.upload(attempt=2, now=LATER, **SPOKEN)
    says_what_people_say(world)
    assert frames(world.public(AUDIO)) == frames(before)
    assert result.revision == 3
    (item,) = world.items()
    assert item.published == "Thu, 12 Nov 2026 12:00:00 +0000"
    assert item.enclosures[0].length == str(len(before)), "apps that keep the old length stop at the right byte"
    assert len(world.public(AUDIO)) == len(before)


def test_a_tag_that_outgrows_its_room_gets_a_new_length_which_the_feed_tells(world) -> None:
    world.upload()
    before = len(world.public(AUDIO))
    world.edit(summary="A very long walk among bees. " * (ROOM // 50))
    world.upload(attempt=2)
    assert len(world.public(AUDIO)) > before
    assert world.items()[0].enclosures[0].length == str(len(world.public(AUDIO)))


def test_audio_whose_tag_stays_is_not_even_sent_again(world) -> None:
    world.upload()
    assert AUDIO in world.names_written()
    world.edit(lines=EDITS["lines"])
    world.upload(attempt=2)
    assert AUDIO not in world.names_written()
    assert "podcasts/job-1/transcript.vtt" in world.names_written()


def test_published_again_without_a_change_not_one_byte_changes(world) -> None:
    world.upload()
    before = world.everything()
    world.upload(attempt=2, now=LATER)
    assert world.everything() == before


def test_a_transcript_that_people_emptied_is_gone(world) -> None:
    world.upload()
    texts = [("Here they come.", 0), ("Mind the hive.", 2)]
    world.edit(lines=tuple(LineEdit(start=at, end=at + 2, was=text, text="") for text, at in texts))
    world.upload(attempt=2)
    assert not [name for name in world.everything() if "transcript" in name]
    assert "transcript" not in world.public("feed.rss").decode()


def test_the_episode_s_own_cover_stays_although_the_one_beside_the_source_expired(world) -> None:
    writer = io.BytesIO()
    Image.new("RGB", (1400, 1400), "#226688").save(writer, "JPEG")
    beside = workspace.cover_key("job-1", "jpg")
    world.settings.work.write(beside, writer.getvalue())
    world.upload()
    world.settings.work.delete(beside)
    world.edit(title="Wasps at noon")
    world.upload(attempt=2)
    assert world.public("podcasts/job-1/cover.jpg") == writer.getvalue()
    assert "image" in world.items()[0]


def test_audio_that_is_not_as_the_catalogue_says_is_mastered_anew(world) -> None:
    world.upload()
    whole = world.public(AUDIO)
    world.settings.public.write(AUDIO, whole[: len(whole) // 2])
    world.upload(attempt=2)
    assert frames(world.public(AUDIO)) == frames(whole)


def test_without_source_and_without_public_audio_people_hear_what_is_missing(world) -> None:
    world.upload()
    world.settings.public.delete(AUDIO)
    world.recording.unlink()
    with pytest.raises(NotFound, match=r"talk\.wav"):
        world.upload(attempt=2)


def test_by_hand_another_recording_under_the_same_job_is_heard(world, tmp_path) -> None:
    first = world.upload("by-hand", attempt=0)
    name = f"podcasts/{first.job_id}/audio.mp3"
    before = world.public(name)
    write_wav(world.recording, tone(3), 48_000)
    world.upload("by-hand", attempt=0)
    assert frames(world.public(name)) != frames(before)


def test_characters_that_no_feed_can_carry_are_left_out_of_edits_too(world) -> None:
    world.edit(title="Wasps\x00 at\nnoon", summary=" \x01 ")
    result = world.upload()
    assert result.title == "Wasps at noon"
    assert world.entry().summary == a_metadata().summary, "a summary of nothing is no summary"


def test_a_corrected_recording_keeps_what_people_said_of_the_episode(world) -> None:
    world.upload(**SPOKEN)
    world.edit(**EDITS)
    world.record("job-2", 2)
    world.upload("job-2", now=LATER, **SPOKEN)
    (item,) = world.items()
    assert (item.title, item.id) == ("Wasps at noon", EPISODE)
    assert "Mind the wasps." in world.public("podcasts/job-2/transcript.vtt").decode()
    chapters = json.loads(world.public("podcasts/job-2/chapters.json"))["chapters"]
    assert [each["title"] for each in chapters] == ["Arrival", "The hive"], "times belong to a recording"


def test_audio_gets_its_new_tag_where_it_lies_in_r2_while_it_is_read_from_there(r2_cloud) -> None:
    sound = b"\xff\xfb\x90\x64" + os.urandom(3 * SMALLEST_PART)
    old, new = (with_room(b"ID3\x04\x00\x00\x00\x00\x00\x0a" + letter * 10, None) for letter in (b"o", b"n"))
    with closing(r2_client(r2_cloud)) as public:
        public.write("audio.mp3", old + sound)
        with closing(public.open("audio.mp3")) as reader:
            retagged = Retagged(new, reader)
            assert not retagged.unchanged
            retagged.seek(0)
            public.write("audio.mp3", cast(BinaryIO, retagged))
        assert public.read("audio.mp3")[0] == new + sound


# ------------------------------------------------------------------ withdrawal


def published_twice(world: World) -> None:
    """A recording and its correction, both of whose files are public."""
    world.upload()
    world.record("job-2", 2)
    world.upload("job-2", now=LATER)
    assert world.entry().earlier_jobs == ["job-1"]
    folders = {name.split("/")[1] for name in world.everything() if name.startswith("podcasts/")}
    assert folders == {"job-1", "job-2"}, "apps that still have the old feed find the old audio"


def test_what_people_withdraw_is_gone_from_feed_and_site_with_all_of_its_versions(world) -> None:
    published_twice(world)
    world.record("job-2", 2, withdrawn=True)
    result = world.upload("job-2", attempt=2, now=LATER)
    assert result.withdrawn
    assert world.items() == []
    assert "Bees at noon" not in world.public("index.html").decode()
    assert not [name for name in world.everything() if name.startswith("podcasts/")]
    assert world.entry().state == "unpublished"


def test_withdrawing_again_changes_nothing(world) -> None:
    published_twice(world)
    world.record("job-2", 2, withdrawn=True)
    world.upload("job-2", attempt=2, now=LATER)
    before, entry = world.everything(), world.entry()
    world.upload("job-2", attempt=3, now=LATER + timedelta(days=1))
    assert (world.everything(), world.entry()) == (before, entry)


def test_a_withdrawal_that_died_after_the_feed_is_finished_by_the_next_attempt(world) -> None:
    published_twice(world)
    world.record("job-2", 2, withdrawn=True)

    class DeletesNothing(RecordingStore):
        def delete(self, name: str) -> None:
            raise PermanentError("killed")

    intact, world.written = world.written, DeletesNothing(world.settings.public)
    with pytest.raises(PermanentError):
        world.upload("job-2", attempt=2)
    assert world.items() == [], "nothing leads to the files any more"
    world.written = intact
    world.upload("job-2", attempt=3)
    assert not [name for name in world.everything() if name.startswith("podcasts/")]


def test_what_was_withdrawn_comes_back_as_the_episode_that_it_was(world) -> None:
    world.upload()
    before = world.everything()
    world.record("job-1", 1, withdrawn=True)
    world.upload(attempt=2, now=LATER)
    world.record("job-1", 1, withdrawn=False)
    world.upload(attempt=3, now=LATER)
    (item,) = world.items()
    assert (item.id, item.published) == (EPISODE, "Thu, 12 Nov 2026 12:00:00 +0000")
    assert world.everything().keys() == before.keys()
    assert world.public(AUDIO) == before[AUDIO]


def test_a_newer_recording_of_what_was_withdrawn_is_published(world) -> None:
    world.upload()
    world.record("job-1", 1, withdrawn=True)
    world.upload(attempt=2)
    world.record("job-2", 2)
    world.upload("job-2", now=LATER)
    assert [item.id for item in world.items()] == [EPISODE]


def test_a_withdrawal_that_comes_after_a_newer_recording_leaves_that_alone(world) -> None:
    published_twice(world)
    before = world.everything()
    world.record("job-1", 1, withdrawn=True)
    assert world.upload("job-1", attempt=2).superseded
    assert world.everything() == before


def test_where_nothing_was_public_there_is_nothing_to_withdraw(world) -> None:
    world.record("job-1", 1, withdrawn=True)
    with pytest.raises(NotFound, match="ever public"):
        world.upload()


def test_an_attempt_that_people_overtook_changes_nothing_any_more(world) -> None:
    world.upload()
    world.record("job-1", 1, withdrawn=True, counts_from=2)
    world.upload(attempt=2)
    before = world.everything()
    with pytest.raises(PermanentError, match="overtaken"):
        world.upload(attempt=1)
    assert world.everything() == before


def test_an_attempt_that_is_overtaken_while_it_masters_writes_nothing(world) -> None:
    asked: list[str] = []

    class Overtaken(RecordingStore):
        """People decide otherwise once the audio is being read."""

        def open(self, name: str) -> Any:
            asked.append(name)
            world.record("job-1", 1, counts_from=2)
            return self._store.open(name)

    class Elsewhere(SettingsWith):
        def find(self, location: str) -> Any:
            store, name = self._settings.find(location)
            return Overtaken(store), name

    arguments = UploadArguments(
        job_id="job-1", attempt=1, audio_file=str(world.recording), metadata_json=as_argument(a_metadata())
    )
    elsewhere: Any = Elsewhere(world.settings, public=world.written)
    with pytest.raises(PermanentError, match="overtaken"):
        run(arguments, context_for(elsewhere))
    assert asked == ["talk.wav"]
    assert world.names_written() == set()


def test_listeners_are_told_whether_a_person_has_looked_the_words_over(world) -> None:
    world.upload()
    assert world.entry().made_by == "Words by a machine.; no person has checked it"
    assert b"no person has checked it" in world.public("podcasts/job-1/index.html")
    world.record("job-1", 1, approved=True)
    world.upload(attempt=2)
    assert world.entry().made_by == "Words by a machine.; a person has looked it over"
    assert b"no person has checked it" not in world.public("podcasts/job-1/index.html") + world.public("feed.rss")
