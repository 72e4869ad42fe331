from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support_upload import a_metadata, an_entry

from jobs.notify.embed import Story, build_message
from jobs.notify.limits import fitted, plain, size, total
from shared.errors import Failure
from shared.models import Chapter, JobState, PodcastProcessingJob, Source
from shared.show import ShowSettings

NOW = datetime(2026, 11, 13, 13, 0, tzinfo=UTC)
SITE = "https://listen.example/site"
JOB = PodcastProcessingJob(
    job_id="job-1",
    episode_id="episode-1",
    source=Source(bucket="input", object_name="talks/bees_1.wav", generation=1),
    state=JobState.NOTIFYING,
    created_at=NOW - timedelta(minutes=3, seconds=20),
    updated_at=NOW,
    title="Episode 1",
    cost_usd=0.0425,
    audio_url=f"{SITE}/podcasts/job-1/audio.mp3",
    episode_url=f"{SITE}/podcasts/job-1/index.html",
)
FAILED = JOB.but(
    failed_step="process",
    error=Failure(type="UnusableAudio", message="it is silent", retryable=False, advice="Record it again."),
)


def a_story(**fields):
    values = {
        "job_id": "job-1",
        "status": "completed",
        "message": "Episode 1 is out.",
        "output_url": None,
        "error": None,
        "record": JOB,
        "entry": an_entry(),
        "show": ShowSettings(title="Bees"),
        "public_url": SITE,
        "cover_url": f"{SITE}/cover-1.png",
        "now": NOW,
    }
    return Story(**(values | fields))


def embed_of(**fields):
    (embed,) = build_message(a_story(**fields))["embeds"]
    return embed


def fields_of(embed):
    return {field["name"]: field["value"] for field in embed["fields"]}


def test_an_episode_that_came_out_is_told_with_all_that_is_known_of_it():
    embed = embed_of()
    assert embed["title"] == "Published: Episode 1"
    assert embed["description"] == "What it is about."
    assert embed["url"] == f"{SITE}/podcasts/job-1/index.html"
    assert embed["thumbnail"] == {"url": f"{SITE}/cover-1.png"}
    assert fields_of(embed) == {
        "Length": "30 min 0 s",
        "Published on": "13 Nov 2026, 12:00 UTC",
        "Took": "3 min 20 s",
        "Cost": "$0.043",
        "Chapters": "`00:00` Hello\n`01:01` Bees & honey",
        "Links": f"[Listen]({SITE}/podcasts/job-1/index.html) · [Audio]({SITE}/podcasts/job-1/audio.mp3)"
        f" · [Feed]({SITE}/feed.rss)",
    }


def test_words_and_dates_follow_the_show_s_language_and_time_zone():
    embed = embed_of(show=ShowSettings(title="蜂", language="ja", time_zone="Asia/Tokyo"))
    assert embed["title"] == "公開しました: Episode 1"
    fields = fields_of(embed)
    assert fields["公開日時"] == "2026年11月13日 21:00 JST"
    assert fields["処理時間"] == "3分20秒"


def test_what_cost_nothing_says_so_and_what_is_unknown_is_left_out():
    assert fields_of(embed_of(record=JOB.but(cost_usd=0.0)))["Cost"] == "nothing"
    assert "Cost" not in fields_of(embed_of(record=JOB.but(cost_usd=None)))


def test_a_failure_names_step_reason_what_to_do_and_the_command():
    embed = embed_of(status="failed", record=FAILED, entry=None, error="ignored: the record knows better")
    assert embed["title"] == "Not published: Episode 1"
    assert embed["description"] == "it is silent"
    assert fields_of(embed) == {
        "Failed while": "listening to the recording",
        "File": r"talks/bees\_1.wav",
        "Took": "3 min 20 s",
        "Cost": "$0.043",
        "What to do": "Record it again.",
        "Try again": "`podcast retry job-1`",
    }
    assert "thumbnail" in embed_of()
    assert embed["color"] != embed_of()["color"]


def test_in_the_cloud_the_command_names_the_stack():
    embed = embed_of(status="failed", record=FAILED, stack="prod")
    assert fields_of(embed)["Try again"] == "`podcast retry job-1 --stack prod`"


DRAFT = a_metadata(
    title="A draft",
    summary="What it may be about.",
    chapters=[Chapter(start=61, title="Bees")],
    duration_seconds=1800.0,
)
WAITING = JOB.but(outcome="awaiting_review", title="A draft", duration_seconds=1800.0, audio_url=None, episode_url=None)


def test_a_draft_is_told_with_what_it_says_and_how_to_review_it_on_a_laptop():
    embed = embed_of(record=WAITING, entry=None, draft=DRAFT, dashboard_url="http://127.0.0.1:8080", cover_url=None)
    assert embed["title"] == "Waits for review: A draft"
    assert embed["description"] == "What it may be about."
    assert embed["url"] == "http://127.0.0.1:8080/jobs/job-1/edit"
    assert fields_of(embed) == {
        "Length": "30 min 0 s",
        "Took": "3 min 20 s",
        "Cost": "$0.043",
        "Chapters": "`01:01` Bees",
        "Review it": "http://127.0.0.1:8080/jobs/job-1/edit",
    }
    assert embed["color"] not in {embed_of()["color"], embed_of(status="failed", record=FAILED)["color"]}


def test_in_the_cloud_a_draft_is_opened_through_the_operators_own_door():
    fields = fields_of(embed_of(record=WAITING, entry=None, draft=DRAFT, stack="prod"))
    assert fields["Review it"] == "`podcast dashboard --stack prod`, then open /jobs/job-1/edit"
    japanese = embed_of(record=WAITING, entry=None, draft=DRAFT, stack="prod", show=ShowSettings(language="ja"))
    assert japanese["title"] == "確認待ち: A draft"
    assert "podcast dashboard --stack prod" in fields_of(japanese)["確認する"]


def test_a_draft_of_an_episode_that_is_public_shows_the_draft_and_not_what_is_public():
    embed = embed_of(record=WAITING, draft=DRAFT, stack="prod")
    assert embed["description"] == "What it may be about."
    assert "Links" not in fields_of(embed)


def test_how_long_people_took_to_review_is_nobody_s_business():
    assert "Took" not in fields_of(embed_of(record=JOB.but(approved=True)))


@pytest.mark.parametrize("status", ["completed", "failed"])
def test_by_hand_the_arguments_are_enough(status):
    story = {"status": status, "record": None, "entry": None, "cover_url": None, "message": "Bees are out"}
    embed = embed_of(**story, output_url="https://elsewhere.example/1", error="no disk left")
    assert "Bees are out" in embed["title"] + embed["description"]
    assert ("no disk left" in embed["description"]) is (status == "failed")
    assert ("url" in embed) is (status == "completed")


def test_a_failure_without_any_reason_says_where_to_look():
    assert "log" in embed_of(status="failed", record=None, entry=None)["description"]


def test_nobody_is_pinged_whatever_somebody_said():
    message = build_message(a_story(entry=an_entry(summary="@everyone <@123> come")))
    assert message["allowed_mentions"] == {"parse": []}
    assert r"\<@123" in message["embeds"][0]["description"]


def test_what_was_said_is_neither_formatting_nor_a_hidden_link():
    assert plain("**x** [y](http://evil.example/a_b) `z`\n  # head\n> quote 1-2") == (
        "\\*\\*x\\*\\* \\[y\\](http://evil.example/a_b) \\`z\\`\n  \\# head\n\\> quote 1-2"
    )


def test_chapters_that_do_not_fit_are_counted():
    chapters = [Chapter(start=at, title=f"Chapter number {at}") for at in range(100)]
    value = fields_of(embed_of(entry=an_entry(chapters=chapters)))["Chapters"]
    assert size(value) <= 1024
    shown = value.count("Chapter number")
    assert value.endswith(f"… and {100 - shown} more")


def test_a_message_that_is_too_long_in_all_is_cut_in_its_description():
    long = "words " * 1000
    failure = Failure(type="x", message=long, retryable=False, advice=long)
    source = Source(bucket="b", object_name=long, generation=1)
    embed = embed_of(status="failed", record=FAILED.but(title=long, error=failure, source=source))
    assert 5990 <= total(embed) <= 6000
    assert fields_of(embed)["Try again"] == "`podcast retry job-1`"


@given(st.text(max_size=900), st.integers(min_value=1, max_value=300))
def test_a_cut_text_fits_and_is_still_text(text, most):
    cut = fitted(text, most)
    assert size(cut) <= most
    assert cut == text or cut.endswith("…")


NASTY = st.text(alphabet="ab*_[\\ 蜂🐝\n@", max_size=400).map(lambda text: text * 20)


@given(
    title=NASTY, summary=NASTY, chapters=st.lists(NASTY, max_size=5), status=st.sampled_from(["completed", "failed"])
)
def test_any_story_keeps_discord_s_limits(title, summary, chapters, status):
    entry = an_entry(
        title=title, summary=summary, chapters=[Chapter(start=at, title=each) for at, each in enumerate(chapters)]
    )
    failure = Failure(type="x", message=summary, retryable=False, advice=title)
    record = FAILED.but(title=title, error=failure, source=Source(bucket="b", object_name=title, generation=1))
    embed = embed_of(status=status, entry=entry, record=record, message=title, show=ShowSettings(title="🐝" * 200))
    assert size(embed["title"]) <= 256
    assert size(embed["description"]) <= 4096
    assert len(embed["fields"]) <= 25
    for field in embed["fields"]:
        assert 1 <= size(field["name"]) <= 256
        assert field["value"].strip()
        assert size(field["value"]) <= 1024
    assert total(embed) <= 6000
