"""The words of the editor, one table a language. Those in braces are filled by `str.format` or the page's script."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from controller.dashboard.actions import Action


@dataclass(frozen=True)
class EditorWords:
    """What the page of one draft says."""

    heading: str
    no_script: str
    loading: str

    # player
    player: str
    speed: str
    follow: str
    keys: str
    keys_heading: str

    # fields
    about: str
    title: str
    summary: str
    speakers: str
    speaker: str
    chapters: str
    chapter_time: str
    chapter_title: str
    here: str
    here_long: str
    play: str
    remove: str
    remove_chapter: str
    add_chapter: str
    no_chapters: str
    transcript: str
    no_lines: str
    line: str
    set_back: str
    set_back_field: str
    was: str
    taken_out: str
    minutes: str
    read_only: str
    decisions: str
    action_items: str
    nothing: str

    # what is wrong with a field
    empty: Mapping[str, str]
    too_long: str
    no_time: str
    after_the_end: str
    out_of_order: str
    unknown_speaker: str
    unknown_line: str
    past: str
    no_hour: str
    not_saved: tuple[str, str]

    # what can be done
    next: str
    to_next: str
    hour: str
    save: str
    cancel: str
    actions: Mapping[Action, tuple[str, str]]
    questions: Mapping[Action, str]
    at_work: str
    failed: str

    # answers for programs
    nothing_heard: tuple[str, str]
    no_audio: tuple[str, str]
    no_version: tuple[str, str]
    other_version: tuple[str, str]
    not_edits: tuple[str, str]

    # what the script says
    script: Mapping[str, str]
