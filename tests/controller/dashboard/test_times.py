from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.dashboard.times import parse_time, show_time


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1:02:03", 3723),
        ("0:00:00", 0),
        ("62:03", 3723),
        ("2:03", 123),
        ("90", 90),
        (" 0:01:02.5 ", 62.5),
        ("１：０２：０３", 3723),
    ],
)
def test_a_time_is_read_as_people_write_it(text: str, seconds: float) -> None:
    assert parse_time(text) == seconds


@pytest.mark.parametrize(
    "text", ["", "soon", "1:60", "1:60:00", "1:2:3:4", "-1:00", "1:00:", ":30", "1e3", "nan", "0:99:00"]
)
def test_what_is_no_time_is_none(text: str) -> None:
    assert parse_time(text) is None


@given(st.integers(0, 86_399))
def test_what_is_shown_is_read_back(seconds: int) -> None:
    assert parse_time(show_time(seconds)) == seconds


def test_a_shown_time_always_has_its_hour() -> None:
    assert [show_time(each) for each in (7.9, 754, 3723)] == ["0:00:07", "0:12:34", "1:02:03"]
