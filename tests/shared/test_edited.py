"""People's edits over the model's words."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.edited import edited, rebased
from shared.models import Chapter, EpisodeEdits, LineEdit, ProcessingMetadata, Segment

WORDS = ["Here they come.", "Mind the hive.", "Yes.", "Yes.", "Good-bye."]


def heard(texts: list[str] | None = None, *, step: float = 10.0, **fields: Any) -> ProcessingMetadata:
    """A recording whose lines follow each other, `step` seconds each, by two speakers in turn."""
    texts = WORDS if texts is None else texts
    segments = [
        Segment(start=at * step, end=(at + 1) * step, text=text, speaker=f"Speaker {at % 2 + 1}")
        for at, text in enumerate(texts)
    ]
    values: dict[str, Any] = {
        "title": "Bees",
        "summary": "A walk.",
        "transcript": "\n".join(texts),
        "duration_seconds": max(1.0, len(texts) * step),
        "segments": segments,
        "chapters": [Chapter(start=0, title="Arrival")],
        "speakers": ["Speaker 1", "Speaker 2"],
    }
    return ProcessingMetadata.model_validate(values | fields)


def edits(**fields: Any) -> EpisodeEdits:
    return EpisodeEdits.model_validate({"episode_id": "e", "generation": 1, "revision": 1} | fields)


def line(at: int, text: str, *, step: float = 10.0, was: str | None = None) -> LineEdit:
    return LineEdit(start=at * step, end=(at + 1) * step, was=WORDS[at] if was is None else was, text=text)


def texts_of(metadata: ProcessingMetadata) -> list[str]:
    return [segment.text for segment in metadata.segments]


def test_without_edits_nothing_changes() -> None:
    assert edited(heard(), None, generation=1) == heard()
    assert edited(heard(), edits(), generation=1) == heard()


def test_title_summary_and_names_belong_to_the_episode_whatever_its_recording() -> None:
    changed = edits(title="Wasps", summary="A run.", speaker_names={"Speaker 1": "Ada"})
    for generation in (1, 2):
        result = edited(heard(), changed, generation=generation)
        assert (result.title, result.summary) == ("Wasps", "A run.")
        assert result.speakers == ["Ada", "Speaker 2"]
        assert [segment.speaker for segment in result.segments][:2] == ["Ada", "Speaker 2"]


def test_two_labels_of_one_person_become_one_name() -> None:
    names = {"Speaker 1": "Ada", "Speaker 2": "Ada"}
    assert edited(heard(), edits(speaker_names=names), generation=1).speakers == ["Ada"]


def test_chapters_belong_to_the_recording_that_they_were_made_for() -> None:
    changed = edits(chapters=(Chapter(start=3, title="Ours"),))
    assert edited(heard(), changed, generation=1).chapters == [Chapter(start=3, title="Ours")]
    assert edited(heard(), changed, generation=2).chapters == heard().chapters
    assert edited(heard(), edits(chapters=()), generation=1).chapters == []


def test_a_corrected_line_is_in_the_transcript_too() -> None:
    result = edited(heard(), edits(lines=(line(1, "Mind the wasps."),)), generation=1)
    assert texts_of(result)[1] == "Mind the wasps."
    assert result.transcript.splitlines()[1] == "Mind the wasps."


def test_an_emptied_line_is_taken_out() -> None:
    result = edited(heard(), edits(lines=(line(1, " "),)), generation=1)
    assert texts_of(result) == ["Here they come.", "Yes.", "Yes.", "Good-bye."]
    assert "hive" not in result.transcript


def test_of_the_same_words_said_twice_the_nearer_ones_are_meant() -> None:
    result = edited(heard(), edits(lines=(line(3, "No."),)), generation=1)
    assert texts_of(result)[2:4] == ["Yes.", "No."]


def test_two_corrections_of_the_same_words_correct_both() -> None:
    result = edited(heard(), edits(lines=(line(2, "No."), line(3, "Perhaps."))), generation=1)
    assert texts_of(result)[2:4] == ["No.", "Perhaps."]


def test_of_two_corrections_that_find_the_same_words_the_first_counts() -> None:
    corrections = (line(2, "No."), line(3, "Perhaps."))
    assert texts_of(edited(heard(["Yes."]), edits(lines=corrections), generation=2)) == ["No."]


def test_a_correction_leaves_alone_what_another_one_replaced() -> None:
    whole = LineEdit(start=0, end=20, was="What was heard first.", text="All of it.")
    assert texts_of(edited(heard(), edits(lines=(whole, line(1, "Half.", was="Else."))), generation=1))[:2] == [
        "All of it.",
        "Yes.",
    ]


def test_what_a_correction_wrote_is_never_corrected_by_another_one() -> None:
    corrections = (line(0, "Mind the hive."), line(1, "Gone."))
    assert texts_of(edited(heard(), edits(lines=corrections), generation=1))[:2] == ["Mind the hive.", "Gone."]


def test_a_line_that_is_heard_otherwise_at_the_same_time_is_still_corrected_in_the_same_recording() -> None:
    again = heard(["Here they come.", "Mind the high.", "Yes.", "Yes.", "Good-bye."])
    changed = edits(lines=(line(1, "Mind the wasps."),))
    assert texts_of(edited(again, changed, generation=1))[1] == "Mind the wasps."
    assert texts_of(edited(again, changed, generation=2))[1] == "Mind the high."


def test_the_same_words_far_away_in_the_same_recording_are_others() -> None:
    again = heard(["Here they come.", "Mind the high.", *["Go on."] * 8, "Mind the hive."])
    result = edited(again, edits(lines=(line(1, "Mind the wasps."),)), generation=1)
    assert (texts_of(result)[1], texts_of(result)[-1]) == ("Mind the wasps.", "Mind the hive.")


def test_a_line_that_is_cut_otherwise_keeps_its_correction_where_its_edges_are() -> None:
    parts = [
        Segment(start=0, end=9.6, text="Here they come."),
        Segment(start=9.6, end=14, text="Mind"),
        Segment(start=14, end=20.3, text="the hive!"),
        Segment(start=20.3, end=30, text="Yes."),
    ]
    result = edited(heard(segments=parts), edits(lines=(line(1, "Mind the wasps."),)), generation=1)
    assert texts_of(result) == ["Here they come.", "Mind the wasps.", "Yes."]
    assert (result.segments[1].start, result.segments[1].end) == (9.6, 20.3)


def test_a_correction_never_swallows_words_outside_of_its_line() -> None:
    one = [Segment(start=0, end=50, text="Here they come. Mind the high. Yes. Yes. Good-bye.")]
    result = edited(heard(segments=one), edits(lines=(line(1, "Mind the wasps."),)), generation=1)
    assert texts_of(result) == [one[0].text]


def test_in_a_corrected_recording_the_same_words_are_corrected_wherever_they_are_now() -> None:
    later = heard(["A new beginning.", *WORDS])
    result = edited(later, edits(lines=(line(1, "Mind the wasps."),)), generation=2)
    assert texts_of(result) == ["A new beginning.", "Here they come.", "Mind the wasps.", "Yes.", "Yes.", "Good-bye."]


texts = st.lists(st.sampled_from([*WORDS, "Another line.", ""]), max_size=8)
some_lines = st.lists(
    st.builds(line, st.integers(0, 4), st.sampled_from(["", "No.", *WORDS])),
    max_size=5,
    unique_by=lambda each: each.start,
)
some_edits = st.builds(
    edits,
    generation=st.integers(1, 2),
    title=st.none() | st.just("Wasps"),
    chapters=st.none() | st.just((Chapter(start=1, title="Ours"),)),
    speaker_names=st.dictionaries(st.sampled_from(["Speaker 1", "Speaker 2"]), st.just("Ada")),
    lines=some_lines.map(tuple),
)


@given(texts, some_edits, st.integers(1, 2))
def test_whatever_is_edited_times_stay_in_order_and_inside(words, changed, generation) -> None:
    before = heard(words)
    result = edited(before, changed, generation=generation)
    edges = [edge for segment in result.segments for edge in (segment.start, segment.end)]
    assert edges == sorted(edges)
    assert len(result.segments) <= len(before.segments)
    written = {each.text for each in changed.lines}
    assert all(segment.text in words or segment.text in written for segment in result.segments)


@given(texts, some_edits, st.integers(1, 2))
def test_binding_edits_to_another_recording_changes_nothing_of_what_they_do(words, changed, generation) -> None:
    before = heard(words)
    bound = rebased(changed, before, generation=generation)
    assert bound.generation == generation
    assert edited(before, bound, generation=generation) == edited(before, changed, generation=generation)


@pytest.mark.parametrize("generation", [1, 2])
def test_edits_survive_their_way_through_json(generation) -> None:
    changed = edits(title="T", chapters=(Chapter(start=1, title="C"),), lines=(line(1, "Mind."),))
    read = EpisodeEdits.model_validate_json(changed.model_dump_json())
    assert edited(heard(), read, generation=generation) == edited(heard(), changed, generation=generation)


def test_coming_back_to_a_recording_brings_back_what_was_said_about_it() -> None:
    chapters, fix = (Chapter(start=1, title="Ours"),), line(1, "Mind the gap.")
    first = edits(title="T", chapters=chapters, lines=(fix,))
    second = rebased(first, heard(), generation=2)
    assert (second.generation, second.chapters) == (2, None)
    again = rebased(second.model_copy(update={"title": "Later"}), heard(), generation=1)
    assert (again.title, again.chapters, again.lines) == ("Later", chapters, (fix,))
    assert edited(heard(), second, generation=1) == edited(heard(), first, generation=1)
