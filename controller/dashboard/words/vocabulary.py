"""Everything that the dashboard can say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from controller.dashboard.filenames import Refusal
from controller.dashboard.words.editor_vocabulary import EditorWords
from shared.models import JobState, StepState


@dataclass(frozen=True)
class Words:
    """Every sentence of the dashboard in one language. Braces are filled by `str.format`, in the page's script too."""

    language: str

    # formats
    seconds: str
    minutes: str
    hours: str
    free: str
    under_a_cent: str
    this_year: str
    other_year: str

    # page
    dashboard: str
    skip: str
    site: str
    feed: str
    feed_address: str
    copy: str
    copied: str
    none_under_way: str
    one_under_way: str
    some_under_way: str
    episodes: str
    older: str
    newest: str
    empty_title: str
    empty_steps: tuple[str, ...]
    show_settings_wrong: str
    no_script: str
    unreachable: str

    # drop zone
    add: str
    drop_here: str
    or_choose: str
    accepted: str
    send: str
    queued: str
    sending: str
    received: str
    replaces: str
    dismiss: str
    cut_off: str
    refusals: Mapping[Refusal, tuple[str, str]]
    empty_file: tuple[str, str]
    too_large: tuple[str, str]
    no_file: tuple[str, str]
    no_length: tuple[str, str]
    no_room: tuple[str, str]

    # episode
    steps: Mapping[str, str]
    job_states: Mapping[JobState, str]
    step_states: Mapping[StepState, str]
    retry_in: str
    attempt: str
    episode_page: str
    audio: str
    feed_entry: str
    details: str
    retry: str
    retrying: str
    failed_at: str
    pipeline: str
    progress: str
    now_state: str
    review: str
    edit: str
    goes_public: str
    taken_down: str
    being_taken_down: str
    not_published_yet: str
    replaced: str

    # details
    back: str
    step: str
    state: str
    times_in: str
    attempts: str
    requested: str
    started: str
    finished: str
    took: str
    facts: str
    file: str
    bucket: str
    generation: str
    file_size: str
    job: str
    episode: str
    created: str
    updated: str
    duration: str
    cost: str
    made_by: str
    by_hand: str
    by_hand_retry: str
    by_hand_show: str
    unknown_job: tuple[str, str]
    told_twice: str

    editor: EditorWords
