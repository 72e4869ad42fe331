from __future__ import annotations

from support_desk import a_draft

from controller.dashboard.lines import lines_of, without_place, words_of
from shared.edited import edited
from shared.models import EpisodeEdits, LineEdit, ProcessingMetadata, Segment


def edits(*lines: LineEdit) -> EpisodeEdits:
    return EpisodeEdits(episode_id="e", generation=1, lines=lines)


def line(heard: ProcessingMetadata, first: int, text: str, last: int | None = None) -> LineEdit:
    segments = heard.segments[first : (first if last is None else last) + 1]
    was = " ".join(segment.text for segment in segments)
    return LineEdit(start=segments[0].start, end=segments[-1].end, was=was, text=text)


def test_without_edits_every_line_is_the_models() -> None:
    heard = a_draft(3)
    assert [(each.was, each.text) for each in lines_of(heard, edits())] == [(s.text, None) for s in heard.segments]


def test_a_corrected_line_has_both_texts() -> None:
    heard = a_draft(3)
    shown = lines_of(heard, edits(line(heard, 1, "Better.")))
    assert [each.text for each in shown] == [None, "Better.", None]
    assert shown[1].was == heard.segments[1].text


def test_a_line_that_was_taken_out_is_still_there_to_be_taken_back() -> None:
    heard = a_draft(3)
    shown = lines_of(heard, edits(line(heard, 1, "")))
    assert [each.text for each in shown] == [None, "", None]


def test_a_correction_of_what_the_model_now_cuts_finer_stays_one_line() -> None:
    heard = a_draft(4)
    coarse = LineEdit(start=5, end=15, was="what the model wrote at first", text="Better.")
    shown = lines_of(heard, edits(coarse))
    assert [(each.start, each.end, each.text) for each in shown] == [(0, 5, None), (5, 15, "Better."), (15, 20, None)]
    assert shown[1].was == f"{heard.segments[1].text} {heard.segments[2].text}"


def test_the_lines_say_what_will_be_published() -> None:
    heard = a_draft(8)
    made = edits(line(heard, 1, "Better."), line(heard, 3, ""), line(heard, 5, "Together.", last=6))
    published = edited(heard, made, generation=1)
    shown = [each.was if each.text is None else each.text for each in lines_of(heard, made) if each.text != ""]
    assert shown == [segment.text for segment in published.segments]


def test_two_people_who_speak_at_once_keep_a_line_each() -> None:
    both = [Segment(start=0, end=5, text="Yes.", speaker="A"), Segment(start=0, end=5, text="No.", speaker="B")]
    heard = a_draft(1, segments=both)
    shown = lines_of(heard, edits(LineEdit(start=0, end=5, was="No.", text="Never.")))
    assert [(each.was, each.text) for each in shown] == [("Yes.", None), ("No.", "Never.")]


def test_a_correction_of_words_that_are_not_heard_any_more_has_no_place() -> None:
    heard = a_draft(3)
    lost = LineEdit(start=500, end=505, was="gone", text="Gone.")
    assert without_place(heard, edits(line(heard, 1, "Better."), lost)) == [lost]


def test_japanese_lines_that_belong_together_are_joined_without_a_blank() -> None:
    segments = [Segment(start=0, end=1, text="こんにちは。"), Segment(start=1, end=2, text="よろしく。")]
    assert words_of(segments) == "こんにちは。よろしく。"
