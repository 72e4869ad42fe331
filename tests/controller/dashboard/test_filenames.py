from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.dashboard.filenames import ACCEPTED, Refusal, clean_file_name
from jobs.containers import CONTAINERS
from shared.storage import FolderStore

any_text = st.text(st.characters(codec=None), max_size=300)
any_name = any_text | st.builds(str.__add__, any_text, st.sampled_from([f".{each}" for each in ACCEPTED]))


def test_the_drop_zone_takes_just_what_fetch_job_can_read() -> None:
    assert set(ACCEPTED) == set(CONTAINERS)


@pytest.mark.parametrize(
    "name",
    [
        "talk.mp3",
        "Board meeting, 12 Nov.M4A",
        "第12回「はじめての採用」.wav",
        'it\'s "fine" – 100%? <really> & more.flac',
        "🎙️ 👩‍👩‍👧 launch.opus",
        "-rf.ogg",
        "~.mp3",
        "a:b|c*.mp4",
        "میزگرد‌ها.mp3",
    ],
)
def test_a_name_that_a_file_system_takes_stays_as_it_is(name: str) -> None:
    assert clean_file_name(name) == name


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("../../etc/talk.mp3", "talk.mp3"),
        ("/etc/talk.mp3", "talk.mp3"),
        ("C:\\fakepath\\talk.mp3", "talk.mp3"),
        ("..\\..\\talk.mp3", "talk.mp3"),
        ("...talk.mp3", "talk.mp3"),
        (" . .talk.mp3 ", "talk.mp3"),
        ("ta\0lk\r.mp3", "talk .mp3"),
        ("ta\tl\nk.mp3", "ta l k.mp3"),
        ("talk\u202e3pm.mp3", "talk3pm.mp3"),
        ("talk\ud800.mp3", "talk.mp3"),
        ("a   b.mp3", "a b.mp3"),
    ],
)
def test_folders_leading_dots_and_what_cannot_be_seen_go(raw: str, clean: str) -> None:
    assert clean_file_name(raw) == clean


def test_the_same_name_from_a_mac_is_the_same_episode() -> None:
    name = "Café für Jürgen.mp3"
    assert clean_file_name(unicodedata.normalize("NFD", name)) == clean_file_name(name) == name


@pytest.mark.parametrize("raw", ["", " ", ".", "..", "../", "a/", "\0", "\u202e", "\u200d", "..."])
def test_nothing_that_can_be_seen_is_no_name(raw: str) -> None:
    assert clean_file_name(raw) is Refusal.NO_NAME


@pytest.mark.parametrize("raw", ["talk", "talk.txt", "talk.mp3.exe", ".mp3", "mp3", "talk.", "talk.mp3/notes.txt"])
def test_what_has_no_extension_of_audio_is_refused_as_such(raw: str) -> None:
    assert clean_file_name(raw) is Refusal.NOT_AUDIO


def test_a_name_of_a_thousand_characters_is_refused_as_too_long() -> None:
    assert clean_file_name("x" * 996 + ".mp3") is Refusal.TOO_LONG


def test_length_counts_in_bytes_as_file_systems_do() -> None:
    assert clean_file_name("あ" * 83 + ".mp3") == "あ" * 83 + ".mp3"
    assert clean_file_name("あ" * 84 + ".mp3") is Refusal.TOO_LONG


@given(raw=any_name)
def test_a_clean_name_is_one_visible_file_and_cleaning_it_again_changes_nothing(raw: str) -> None:
    name = clean_file_name(raw)
    if isinstance(name, Refusal):
        return
    assert not name.startswith((".", " "))
    assert not set(name) & set("/\\\0\n\r")
    assert 0 < len(name.encode()) <= 255
    assert clean_file_name(name) == name


@given(raw=any_name)
def test_a_folder_stores_every_clean_name_and_lists_it(raw: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    name = clean_file_name(raw)
    if isinstance(name, Refusal):
        return
    store = FolderStore(tmp_path_factory.mktemp("input"))
    store.write(name, b"sound")
    assert [info.name for info in store.list()] == [name]
