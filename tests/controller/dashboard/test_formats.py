from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from controller.dashboard import formats
from controller.dashboard.words import ENGLISH, JAPANESE

TOKYO = ZoneInfo("Asia/Tokyo")
NEW_YEARS_EVE = datetime(2026, 12, 31, 16, 5, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(-3, "0:00"), (0, "0:00"), (7.9, "0:07"), (59.99, "0:59"), (754, "12:34"), (3599, "59:59"), (3723, "1:02:03")],
)
def test_a_stopwatch_never_shows_a_second_that_has_not_passed(seconds: float, shown: str) -> None:
    assert formats.clock(seconds) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(-1, "0.0 s"), (0.04, "0.0 s"), (0.44, "0.4 s"), (9.94, "9.9 s"), (9.96, "0:09"), (75, "1:15")],
)
def test_what_took_a_moment_is_told_with_a_decimal(seconds: float, shown: str) -> None:
    assert formats.took(seconds, ENGLISH) == shown


@pytest.mark.parametrize(
    ("seconds", "english", "japanese"),
    [
        (0.2, "1 s", "1秒"),
        (44, "44 s", "44秒"),
        (59.6, "1 min", "1分"),
        (1446, "24 min", "24分"),
        (3590, "1 h 0 min", "1時間0分"),
        (3840, "1 h 4 min", "1時間4分"),
    ],
)
def test_a_length_is_rounded_to_what_a_listener_cares_for(seconds: float, english: str, japanese: str) -> None:
    assert formats.length(seconds, ENGLISH) == english
    assert formats.length(seconds, JAPANESE) == japanese


@pytest.mark.parametrize(
    ("usd", "shown"), [(0, "free (local)"), (0.004, "under $0.01"), (0.034, "$0.03"), (1234.5, "$1,234.50")]
)
def test_a_price_is_told_to_the_cent_and_nothing_is_free(usd: float, shown: str) -> None:
    assert formats.price(usd, ENGLISH) == shown


@pytest.mark.parametrize(
    ("count", "shown"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (8_400_000, "8.4 MB"), (999_999, "1.0 MB"), (16 * 10**9, "16 GB")],
)
def test_a_size_is_told_as_file_managers_tell_it(count: int, shown: str) -> None:
    assert formats.size(count) == shown


def test_a_moment_is_told_in_the_shows_zone_and_language() -> None:
    def told(words: object) -> str:
        return formats.moment(NEW_YEARS_EVE, TOKYO, words, today=NEW_YEARS_EVE)  # type: ignore[arg-type]

    assert told(ENGLISH) == "1 Jan, 01:05"
    assert told(JAPANESE) == "1月1日 01:05"


def test_a_moment_of_another_year_names_the_year_as_the_shows_zone_counts_it() -> None:
    assert formats.moment(NEW_YEARS_EVE, ZoneInfo("UTC"), ENGLISH, today=datetime(2027, 3, 1, tzinfo=UTC)) == (
        "31 Dec 2026, 16:05"
    )


def test_details_tell_seconds_and_zone() -> None:
    assert formats.full_moment(NEW_YEARS_EVE, TOKYO) == "2027-01-01 01:05:09 JST"
