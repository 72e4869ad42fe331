"""The front desk over a folder: drafts, edits kept apart from the model's words, and two editors at once."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from support_jobs import Clock, ScriptedRunner, source, success_of
from support_upload import a_metadata, an_entry

from controller.dashboard.desk import Draft
from controller.desk import FrontDesk
from controller.intake import Intake
from controller.orchestrator import Orchestrator
from shared import workspace
from shared.config import LocalSettings
from shared.contract import FETCH, NOTIFY, PROCESS, UPLOAD, ProcessResult, UploadResult
from shared.edited import edited
from shared.errors import ConflictError, Damaged, NotFound
from shared.identity import episode_id_of
from shared.models import Chapter, EpisodeEdits, JobState, LineEdit, PodcastProcessingJob

HIVE = LineEdit(start=2, end=4, was="Mind the hive.", text="Mind the wasps.")


class World:
    """A show that asks people, a job in it that waits for them, and the desk in front of it."""

    def __init__(self, root: Path) -> None:
        self.settings = LocalSettings(data=root)
        (root / "show.toml").write_text('publish = "review"\n')
        self.work = self.settings.work
        self.clock = Clock()
        self.runner = ScriptedRunner(self.work)
        self.orchestrator = Orchestrator(
            self.work,
            self.runner,
            slots=2,
            now=self.clock,
            jitter=lambda: 0.5,
            reviewed=lambda: self.settings.show().publish == "review",
        )
        self.desk = FrontDesk(
            self.settings, self.orchestrator, Intake(self.settings.input, self.orchestrator), self.clock
        )
        self.job_id = self.drop(1)

    def drop(self, generation: int, **heard: Any) -> str:
        """A recording that arrived and was listened to."""
        job_id = self.orchestrator.receive(source(generation=generation))
        self.runner.end(FETCH, job_id, 1, success_of(FETCH, job_id))
        self.orchestrator.advance(job_id)
        self.hear(job_id, **heard)
        self.runner.end(NOTIFY, job_id, 1, success_of(NOTIFY, job_id))
        self.orchestrator.advance(job_id)
        return job_id

    def hear(self, job_id: str, attempt: int = 1, **heard: Any) -> None:
        self.runner.end(PROCESS, job_id, attempt, ProcessResult(job_id=job_id, metadata=a_metadata(**heard)))
        self.orchestrator.advance(job_id)

    def release(self, attempt: int = 1, **fields: Any) -> None:
        """The upload is done, and whatever message follows."""
        job = self.job()
        done = UploadResult(job_id=self.job_id, audio_url="a", metadata_key="m", rss_key="r", **fields)
        state = "unpublished" if job.withdrawn else "published"
        entry = an_entry(job_id=self.job_id, episode_id=job.episode_id, generation=1, state=state)
        self.work.write(workspace.catalogue_key(job.episode_id), entry.model_dump_json().encode())
        self.runner.end(UPLOAD, self.job_id, attempt, done)
        self.orchestrator.advance(self.job_id)
        if self.job().state is JobState.NOTIFYING:
            told = self.job().step("notify").attempt
            self.runner.end(NOTIFY, self.job_id, told, success_of(NOTIFY, self.job_id))
            self.orchestrator.advance(self.job_id)

    def job(self, job_id: str | None = None) -> PodcastProcessingJob:
        job = self.desk.job(job_id or self.job_id)
        assert job is not None
        return job

    def draft(self, job_id: str | None = None) -> Draft:
        draft = self.desk.draft(job_id or self.job_id)
        assert draft is not None
        return draft

    def save(self, job_id: str | None = None, **changes: Any) -> Draft:
        draft = self.draft(job_id)
        edits = EpisodeEdits.model_validate(draft.edits.model_dump() | changes)
        return self.desk.save(job_id or self.job_id, edits, draft.version)


@pytest.fixture
def world(tmp_path) -> World:
    return World(tmp_path)


def test_a_draft_is_what_was_heard_with_nothing_changed_yet(world) -> None:
    draft = world.draft()
    assert world.job().state is JobState.AWAITING_REVIEW
    assert draft.heard == a_metadata()
    assert (draft.edits.revision, draft.edits.generation, draft.version) == (0, 1, "1-")


def test_where_nothing_was_heard_there_is_no_draft(world) -> None:
    assert world.desk.draft("nobody") is None
    assert world.desk.draft(world.orchestrator.receive(source("other.mp3"))) is None


@pytest.mark.parametrize("where", ["result", "edits"])
def test_what_is_damaged_is_named_and_lies_in_nobody_else_s_way(world, where) -> None:
    result, edits = workspace.result_key(world.job_id, "process", 1), workspace.edits_key(world.job().episode_id)
    name = result if where == "result" else edits
    world.work.write(name, b'{"status": "completed", "job_id": 7}')
    with pytest.raises(Damaged, match=name):
        world.desk.draft(world.job_id)
    world.orchestrator.sweep()
    assert world.job().state is JobState.AWAITING_REVIEW


def test_edits_are_kept_with_a_number_a_time_and_the_recording_they_belong_to(world) -> None:
    world.clock.forward(60)
    saved = world.save(title="Wasps", lines=(HIVE,), generation=77, episode_id="made up", revision=40)
    assert world.draft() == saved
    assert (saved.edits.revision, saved.edits.generation) == (1, 1)
    assert saved.edits.episode_id == episode_id_of("input", "one.mp3")
    assert saved.edits.edited_at == world.clock()
    assert world.save(title="Bees again").edits.revision == 2


def test_the_list_of_episodes_calls_it_what_people_call_it(world) -> None:
    world.save(title="Wasps")
    assert world.job().title == "Wasps"
    world.save(title=None)
    assert world.job().title == a_metadata().title


def test_what_is_public_keeps_its_public_title_until_the_edits_are_published(world) -> None:
    world.desk.publish(world.job_id)
    world.release(title="On Bees")
    world.save(title="Wasps")
    assert (world.job().title, world.job().drafted) == ("On Bees", 1)
    world.desk.publish(world.job_id)
    world.release(2, title="Wasps", revision=1)
    assert world.job().title == "Wasps"


def test_what_was_announced_and_waits_again_keeps_its_public_title(world) -> None:
    world.desk.publish(world.job_id)
    world.release()
    world.desk.reprocess(world.job_id)
    world.hear(world.job_id, 2)
    world.runner.end(NOTIFY, world.job_id, world.job().step("notify").attempt, success_of(NOTIFY, world.job_id))
    world.orchestrator.advance(world.job_id)
    assert world.job().state is JobState.AWAITING_REVIEW
    public = world.job().title
    world.save(title="Wasps")
    assert world.job().title == public


def test_what_was_taken_down_is_called_as_its_draft_is(world) -> None:
    world.desk.publish(world.job_id)
    world.release()
    world.desk.withdraw(world.job_id)
    world.release(2, withdrawn=True)
    assert world.job().withdrawn
    world.save(title="Wasps")
    assert world.job().title == "Wasps"


def test_the_record_knows_which_edits_were_saved_last(world) -> None:
    assert world.job().drafted == 0
    world.save(title="Wasps")
    world.save(summary="The same title, another summary.")
    assert (world.job().drafted, world.job().revision) == (2, 0)


def test_of_two_editors_the_second_is_told_and_loses_nothing_of_the_first(world) -> None:
    ours, theirs = world.draft(), world.draft()
    world.desk.save(world.job_id, theirs.edits.model_copy(update={"title": "Theirs"}), theirs.version)
    with pytest.raises(ConflictError, match="somebody else") as caught:
        world.desk.save(world.job_id, ours.edits.model_copy(update={"title": "Ours"}), ours.version)
    assert caught.value.advice
    assert world.draft().edits.title == "Theirs"
    assert world.job().title == "Theirs"


def test_of_many_editors_at_the_same_moment_one_is_heard(world) -> None:
    draft = world.draft()
    kept: list[str] = []
    start = threading.Barrier(6)

    def edit(name: str) -> None:
        start.wait()
        try:
            world.desk.save(world.job_id, draft.edits.model_copy(update={"title": name}), draft.version)
        except ConflictError:
            return
        kept.append(name)

    threads = [threading.Thread(target=edit, args=(f"Title {number}",)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (title,) = kept
    assert (world.draft().edits.title, world.draft().edits.revision) == (title, 1)


def test_nothing_is_edited_while_it_is_being_published(world) -> None:
    draft = world.draft()
    world.desk.publish(world.job_id)
    assert world.job().state is JobState.UPLOADING
    with pytest.raises(ConflictError, match="uploading"):
        world.desk.save(world.job_id, draft.edits, draft.version)


def test_saving_for_nobody_is_refused(world) -> None:
    with pytest.raises(NotFound):
        world.desk.save("nobody", world.draft().edits, "1-")


@pytest.mark.parametrize("state", [JobState.REJECTED, JobState.SCHEDULED, JobState.COMPLETED])
def test_words_can_be_changed_whenever_nothing_runs(world, state) -> None:
    if state is JobState.REJECTED:
        world.desk.reject(world.job_id)
    elif state is JobState.SCHEDULED:
        world.desk.publish(world.job_id, at=datetime(2027, 1, 1, tzinfo=UTC))
    else:
        world.desk.publish(world.job_id)
        world.release()
    assert world.job().state is state
    assert world.save(title="Wasps").edits.title == "Wasps"
    assert world.job().state is state


def test_an_edit_of_what_is_public_is_published_when_people_say_so(world) -> None:
    world.desk.publish(world.job_id)
    world.release()
    world.save(title="Wasps")
    assert (world.job().revision, world.job().state) == (0, JobState.COMPLETED)
    world.desk.publish(world.job_id)
    world.release(2, title="Wasps", revision=1)
    assert (world.job().revision, world.job().state) == (1, JobState.COMPLETED)
    assert [each[1] for each in world.runner.started].count("notify") == 2, "the draft, and that it is out"


def test_the_hour_of_a_scheduled_episode_comes_with_the_sweep(world) -> None:
    world.desk.publish(world.job_id, at=datetime(2026, 1, 1, 1, tzinfo=UTC))
    world.orchestrator.sweep()
    assert world.job().state is JobState.SCHEDULED
    world.clock.forward(3600)
    world.orchestrator.sweep()
    assert world.job().state is JobState.UPLOADING


def test_listening_anew_starts_without_checkpoints_and_keeps_what_people_said(world) -> None:
    world.save(title="Wasps", lines=(HIVE,))
    world.work.write(workspace.chunk_key(world.job_id, 0), b"{}")
    world.desk.reprocess(world.job_id)
    assert list(world.work.list(workspace.chunks_prefix(world.job_id))) == []
    assert world.desk.draft(world.job_id) is None, "the old words count no more, and the new ones are not there yet"
    world.hear(world.job_id, attempt=2, title="Otherwise")
    world.runner.end(NOTIFY, world.job_id, 2, success_of(NOTIFY, world.job_id))
    world.orchestrator.advance(world.job_id)
    job, draft = world.job(), world.draft()
    assert (job.state, job.title) == (JobState.AWAITING_REVIEW, "Wasps")
    result = edited(draft.heard, draft.edits, generation=1)
    assert (draft.heard.title, result.title, result.segments[1].text) == ("Otherwise", "Wasps", "Mind the wasps.")


def test_what_people_said_of_the_episode_comes_along_to_a_corrected_recording(world) -> None:
    world.save(title="Wasps", chapters=(Chapter(start=1, title="Ours"),), lines=(HIVE,))
    corrected = world.drop(2)
    draft = world.draft(corrected)
    assert world.job(corrected).title == "Wasps"
    assert (draft.edits.title, draft.edits.chapters, draft.edits.lines) == ("Wasps", None, (HIVE,))
    assert draft.edits.generation == 2


def test_what_a_newer_recording_replaced_is_edited_there(world) -> None:
    newer = an_entry(job_id="job-new", episode_id=world.job().episode_id, generation=9)
    world.work.write(workspace.catalogue_key(world.job().episode_id), newer.model_dump_json().encode())
    with pytest.raises(ConflictError, match="newer recording"):
        world.save(title="Wasps")
    with pytest.raises(ConflictError, match="newer recording"):
        world.desk.publish(world.job_id)


def test_a_draft_whose_corrected_recording_was_published_does_not_wait_any_longer(world) -> None:
    newer = an_entry(job_id="job-new", episode_id=world.job().episode_id, generation=9)
    world.work.write(workspace.catalogue_key(world.job().episode_id), newer.model_dump_json().encode())
    world.orchestrator.sweep()
    assert world.job().state is JobState.SUPERSEDED
    assert list(world.work.list(workspace.OPEN)) == []


def test_a_withdrawn_episode_comes_back_from_a_recording_that_had_expired(world) -> None:
    world.desk.publish(world.job_id)
    world.release()
    world.desk.withdraw(world.job_id)
    world.release(2, withdrawn=True)
    assert (world.job().state, world.job().withdrawn) == (JobState.COMPLETED, True)
    world.work.delete(workspace.source_key(world.job_id, "mp3"))
    world.desk.publish(world.job_id)
    assert world.job().state is JobState.FETCHING
    world.runner.end(FETCH, world.job_id, 2, success_of(FETCH, world.job_id))
    world.orchestrator.advance(world.job_id)
    assert world.runner.started[-1] == (world.job_id, "upload", 3)
    world.release(3)
    assert (world.job().state, world.job().withdrawn) == (JobState.COMPLETED, False)


def test_the_recording_can_be_heard_until_it_expires(world) -> None:
    reader, size, media_type = world.desk.source_audio(world.job_id)
    with reader:
        assert (reader.read(), size, media_type) == (b"the recording", 13, "audio/mpeg")
    world.work.delete(workspace.source_key(world.job_id, "mp3"))
    assert world.desk.source_audio(world.job_id) is None
    assert world.desk.source_audio("nobody") is None


def test_settings_that_are_wrong_when_the_draft_is_due_fail_the_episode(world) -> None:
    (world.settings.data / "show.toml").write_text("publish = review\n")
    job_id = world.drop(2)
    job = world.job(job_id)
    assert job.state is JobState.FAILED
    assert job.error is not None
    assert "show.toml" in job.error.message
    (world.settings.data / "show.toml").write_text('publish = "review"\n')
    world.desk.retry(job_id)
    told = world.job(job_id).step("notify").attempt
    world.runner.end(NOTIFY, job_id, told, success_of(NOTIFY, job_id))
    world.orchestrator.advance(job_id)
    assert world.job(job_id).state is JobState.AWAITING_REVIEW


def test_a_recording_that_is_fetched_again_does_not_slip_past_the_review(world) -> None:
    (world.settings.data / "show.toml").write_text("publish = review\n")
    job_id = world.drop(2)
    assert world.job(job_id).state is JobState.FAILED
    (world.settings.data / "show.toml").write_text('publish = "review"\n')
    world.work.delete(workspace.source_key(job_id, "mp3"))
    world.desk.retry(job_id)
    assert world.job(job_id).state is JobState.FETCHING
    world.runner.end(FETCH, job_id, 2, success_of(FETCH, job_id))
    world.orchestrator.advance(job_id)
    assert (world.job(job_id).state, world.job(job_id).outcome) == (JobState.NOTIFYING, "awaiting_review")


def test_who_closes_the_books_while_somebody_reopens_the_job_leaves_it_its_marker(world) -> None:
    world.desk.reject(world.job_id)
    marker = workspace.open_key(world.job_id)
    assert not list(world.work.list(marker))

    class Slow:
        """A controller that is about to take the marker away when somebody takes the job back."""

        def __getattr__(self, name: str) -> Any:
            return getattr(world.work, name)

        def delete(self, name: str) -> None:
            if name == marker:
                world.desk.review_again(world.job_id)
            world.work.delete(name)

    slow: Any = Slow()
    late = Orchestrator(slow, world.runner, slots=2, now=world.clock, jitter=lambda: 0.5, reviewed=lambda: True)
    late.advance(world.job_id)
    assert world.job().state is JobState.AWAITING_REVIEW
    assert [info.name for info in world.work.list(marker)] == [marker]


def test_nobody_publishes_or_saves_over_words_that_they_have_not_read(world) -> None:
    seen = world.draft()
    world.desk.reprocess(world.job_id)
    world.hear(world.job_id, attempt=2, title="Words that nobody has read")
    world.runner.end(NOTIFY, world.job_id, 2, success_of(NOTIFY, world.job_id))
    world.orchestrator.advance(world.job_id)
    assert world.job().state is JobState.AWAITING_REVIEW
    with pytest.raises(ConflictError, match="has changed since you opened it"):
        world.desk.publish(world.job_id, version=seen.version)
    with pytest.raises(ConflictError, match="was listened to again since you opened it"):
        world.desk.save(world.job_id, seen.edits, seen.version)
    assert world.job().state is JobState.AWAITING_REVIEW
    world.desk.publish(world.job_id, version=world.draft().version)
    assert world.job().state is JobState.UPLOADING


def test_nobody_publishes_what_somebody_else_saved_meanwhile(world) -> None:
    seen = world.draft()
    world.save(title="Theirs")
    with pytest.raises(ConflictError, match="has changed since you opened it"):
        world.desk.publish(world.job_id, version=seen.version)


def test_editing_a_corrected_recording_costs_the_first_one_none_of_its_chapters(world) -> None:
    chapters = (Chapter(start=0, title="Ours"), Chapter(start=2, title="And the rest"))
    world.save(chapters=chapters)
    newer = world.drop(2)
    world.save(newer, title="Said of the newer one", chapters=(Chapter(start=1, title="Elsewhere"),))
    first = world.draft()
    assert first.edits.chapters == chapters
    assert first.edits.title == "Said of the newer one"
    assert world.draft(newer).edits.chapters == (Chapter(start=1, title="Elsewhere"),)


def test_what_listeners_hear_keeps_its_title_while_it_is_listened_to_anew(world) -> None:
    world.desk.publish(world.job_id)
    world.release(title="As published")
    world.desk.reprocess(world.job_id)
    world.hear(world.job_id, attempt=2, title="As nobody has read it")
    assert world.job().title == "As published"


def test_edits_of_a_draft_that_a_newer_one_replaced_are_led_to_the_newer_one(world) -> None:
    seen = world.draft()
    newer = world.drop(2)
    world.orchestrator.sweep()
    with pytest.raises(ConflictError, match="took its place") as refused:
        world.desk.save(world.job_id, seen.edits, seen.version)
    assert newer in (refused.value.advice or "")
