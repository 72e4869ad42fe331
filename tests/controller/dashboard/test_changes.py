from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError
from support_desk import a_draft

from controller.dashboard.changes import Problem, SentEdits, edits_from
from controller.dashboard.desk import Draft
from controller.dashboard.words import ENGLISH
from shared.edited import edited
from shared.models import Chapter, EpisodeEdits, LineEdit, ProcessingMetadata, Segment

WORDS = ENGLISH.editor


def draft(heard: ProcessingMetadata | None = None, **fields: Any) -> Draft:
    return Draft(heard or a_draft(), EpisodeEdits(episode_id="e", generation=7, revision=3, **fields), "v3")


def changed(sent: dict[str, Any], of: Draft | None = None) -> EpisodeEdits:
    edits = edits_from(SentEdits.model_validate(sent), of or draft(), WORDS)
    assert isinstance(edits, EpisodeEdits), edits
    return edits


def problems(sent: dict[str, Any], of: Draft | None = None) -> list[Problem]:
    found = edits_from(SentEdits.model_validate(sent), of or draft(), WORDS)
    assert isinstance(found, list), found
    return found


def a_line(heard: ProcessingMetadata, number: int, text: str) -> dict[str, Any]:
    segment = heard.segments[number]
    return {"start": segment.start, "end": segment.end, "was": segment.text, "text": text}


def test_nothing_sent_is_everything_as_the_model_wrote_it() -> None:
    assert changed({}) == EpisodeEdits(episode_id="e", generation=7, revision=3)


def test_an_edit_that_is_not_sent_again_is_taken_back() -> None:
    earlier = draft(title="Mine", summary="Mine", chapters=(), speaker_names={"Speaker 1": "Ann"})
    assert changed({}, earlier) == EpisodeEdits(episode_id="e", generation=7, revision=3)


def test_only_what_differs_from_the_models_words_is_kept() -> None:
    heard = a_draft()
    sent = {
        "title": heard.title,
        "summary": heard.summary,
        "chapters": [chapter.model_dump() for chapter in heard.chapters],
        "speaker_names": {"Speaker 1": "Speaker 1"},
        "lines": [a_line(heard, 0, heard.segments[0].text)],
    }
    assert changed(sent) == EpisodeEdits(episode_id="e", generation=7, revision=3)


def test_what_people_wrote_is_kept_and_published() -> None:
    heard = a_draft()
    edits = changed(
        {
            "title": "  On \n Bees, again ",
            "summary": " Two friends.\r\n\r\nAnd bees. ",
            "chapters": [{"start": "0:00:02", "title": " Hello "}, {"start": 12.5, "title": "Bees"}],
            "speaker_names": {"Speaker 1": "Ann  Lee"},
            "lines": [a_line(heard, 1, " Better \n words. "), a_line(heard, 2, "  ")],
        },
        draft(heard),
    )
    assert (edits.title, edits.summary) == ("On Bees, again", "Two friends.\n\nAnd bees.")
    assert edits.chapters == (Chapter(start=2, title="Hello"), Chapter(start=12.5, title="Bees"))
    assert edits.speaker_names == {"Speaker 1": "Ann Lee"}
    assert [(line.start, line.end, line.was, line.text) for line in edits.lines] == [
        (5, 10, heard.segments[1].text, "Better words."),
        (10, 15, heard.segments[2].text, ""),
    ]
    public = edited(heard, edits, generation=7)
    assert [segment.text for segment in public.segments][:3] == [
        heard.segments[0].text,
        "Better words.",
        heard.segments[3].text,
    ]
    assert public.speakers == ["Ann Lee", "Speaker 2"]


def test_all_chapters_can_be_taken_out() -> None:
    assert changed({"chapters": []}).chapters == ()


def test_a_line_is_known_by_its_times_alone_too() -> None:
    edits = changed({"lines": [{"start": 5.0004, "end": 9.9996, "text": "Better."}]})
    assert [(line.start, line.end) for line in edits.lines] == [(5, 10)]


def test_neighbouring_lines_are_replaced_together() -> None:
    heard = a_draft()
    edits = changed({"lines": [{"start": 5, "end": 15, "text": "Both."}]}, draft(heard))
    assert edits.lines[0].was == f"{heard.segments[1].text} {heard.segments[2].text}"


def test_two_lines_at_the_same_time_are_told_apart_by_their_words() -> None:
    both = [Segment(start=0, end=5, text="Yes.", speaker="A"), Segment(start=0, end=5, text="No.", speaker="B")]
    heard = a_draft(1, segments=both)
    edits = changed({"lines": [a_line(heard, 1, "Never."), a_line(heard, 0, "Indeed.")]}, draft(heard))
    assert [segment.text for segment in edited(heard, edits, generation=7).segments] == ["Indeed.", "Never."]


def test_what_the_newest_model_does_not_hear_is_kept_for_the_next_one() -> None:
    lost = LineEdit(start=500, end=505, was="gone", text="Gone.")
    earlier = draft(lines=(lost,), speaker_names={"Speaker 9": "Zoe"})
    edits = changed({}, earlier)
    assert edits.lines == (lost,)
    assert edits.speaker_names == {"Speaker 9": "Zoe"}


@pytest.mark.parametrize(
    ("sent", "field", "message"),
    [
        ({"title": " "}, "title", "Write a title."),
        ({"title": "é" * 256}, "title", "256 characters; at most 255 are allowed."),
        ({"summary": "\n"}, "summary", "Write a summary."),
        ({"summary": "é" * 4001}, "summary", "4001 characters; at most 4000 are allowed."),
        ({"chapters": [{"start": "soon", "title": "A"}]}, "chapters.0.start", "Write the time as h:mm:ss."),
        ({"chapters": [{"start": 30, "title": "A"}]}, "chapters.0.start", "This is after the end of the recording."),
        ({"chapters": [{"start": 0, "title": " "}]}, "chapters.0.title", "Write what the chapter is about."),
        (
            {"chapters": [{"start": 0, "title": "é" * 256}]},
            "chapters.0.title",
            "256 characters; at most 255 are allowed.",
        ),
        ({"speaker_names": {"Speaker 1": " "}}, "speaker_names.Speaker 1", "Write a name, or set it back."),
        ({"speaker_names": {"Nobody": "Ann"}}, "speaker_names.Nobody", "The model heard nobody of this name."),
        ({"lines": [{"start": 1, "end": 5, "text": "x"}]}, "lines.0", "The model wrote no such line."),
        ({"lines": [{"start": 0, "end": 4, "text": "x"}]}, "lines.0", "The model wrote no such line."),
        ({"lines": [{"start": 0, "end": 5, "was": "other", "text": "x"}]}, "lines.0", "The model wrote no such line."),
        (
            {"lines": [{"start": 0, "end": 5, "text": "x" * 2001}]},
            "lines.0",
            "2001 characters; at most 2000 are allowed.",
        ),
    ],
)
def test_each_rule_is_told_at_its_own_field(sent: dict[str, Any], field: str, message: str) -> None:
    assert problems(sent) == [Problem(field, message)]


@pytest.mark.parametrize("second", [10, 9.5, "0:00:04"])
def test_chapters_come_one_after_the_other(second: float | str) -> None:
    sent = {"chapters": [{"start": 10, "title": "A"}, {"start": second, "title": "B"}, {"start": 20, "title": "C"}]}
    assert problems(sent) == [Problem("chapters.1.start", "This is not after the chapter before.")]


def test_one_line_is_not_changed_twice() -> None:
    sent = {"lines": [{"start": 0, "end": 5, "text": "x"}, {"start": 0, "end": 10, "text": "y"}]}
    assert problems(sent) == [Problem("lines.1", "The model wrote no such line.")]


def test_all_that_is_wrong_is_told_at_once() -> None:
    sent = {"title": "", "summary": "", "chapters": [{"start": "x", "title": ""}]}
    assert [each.field for each in problems(sent)] == ["title", "summary", "chapters.0.start", "chapters.0.title"]


@pytest.mark.parametrize(
    "sent",
    [
        {"titel": "x"},
        {"title": 5},
        {"chapters": [{"start": -1, "title": "A"}]},
        {"lines": [{"start": "0:00", "end": 5, "text": ""}]},
    ],
)
def test_what_has_another_shape_is_refused(sent: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        SentEdits.model_validate(sent)


def test_a_title_of_255_characters_and_a_summary_of_4000_are_kept() -> None:
    edits = changed({"title": "本" * 255, "summary": "本" * 4000})
    assert EpisodeEdits.model_validate_json(edits.model_dump_json()) == edits
