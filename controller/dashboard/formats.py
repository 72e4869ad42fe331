"""Times, lengths, sizes and prices as people of a language write them."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from controller.dashboard.words import Words

MINUTE = 60
HOUR = 60 * MINUTE
# Written down, since strftime would ask the machine's locale.
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def clock(seconds: float) -> str:
    """How long something took, as a stopwatch shows it: 0:07, 12:40, 1:02:03."""
    whole = max(0, int(seconds))
    if whole < HOUR:
        return f"{whole // MINUTE}:{whole % MINUTE:02}"
    return f"{whole // HOUR}:{whole % HOUR // MINUTE:02}:{whole % MINUTE:02}"


def took(seconds: float, words: Words) -> str:
    """How long something finished took: as a stopwatch shows it, with a decimal where that would be mostly zeros."""
    if seconds < 9.95:  # noqa: PLR2004 - would be rounded to 10.0
        return words.seconds.format(seconds=f"{max(0.0, seconds):.1f}")
    return clock(seconds)


def length(seconds: float, words: Words) -> str:
    """How long a recording is, rounded to what a listener cares for: 42 s, 24 min, 1 h 4 min."""
    whole = round(seconds)
    if whole < MINUTE:
        return words.seconds.format(seconds=max(1, whole))
    minutes = round(seconds / MINUTE)
    if minutes < HOUR // MINUTE:
        return words.minutes.format(minutes=minutes)
    return words.hours.format(hours=minutes * MINUTE // HOUR, minutes=minutes % (HOUR // MINUTE))


def price(usd: float, words: Words) -> str:
    """What the models charged, in US dollars, to the cent."""
    if usd <= 0:
        return words.free
    if usd < 0.01:  # noqa: PLR2004 - one cent
        return words.under_a_cent
    return f"${usd:,.2f}"


def size(count: int) -> str:
    """A number of bytes with the unit that people use, in powers of 1,000 as file managers count."""
    if count < 1000:  # noqa: PLR2004 - as the docstring says
        return f"{count} B"
    amount = float(count)
    for unit in ("kB", "MB", "GB", "TB"):
        amount /= 1000
        if amount < 999.5 or unit == "TB":  # noqa: PLR2004 - would be rounded to 1000
            break
    return f"{amount:.1f} {unit}" if amount < 9.95 else f"{amount:.0f} {unit}"  # noqa: PLR2004 - two digits suffice


def moment(when: datetime, zone: ZoneInfo, words: Words, *, today: datetime, seconds: bool = False) -> str:
    """Day and time in the show's time zone; the year only where it is not this year."""
    local = when.astimezone(zone)
    pattern = words.this_year if local.year == today.astimezone(zone).year else words.other_year
    return pattern.format(
        year=local.year,
        month=local.month,
        month_name=MONTHS[local.month - 1],
        day=local.day,
        time=f"{local:%H:%M:%S}" if seconds else f"{local:%H:%M}",
    )


def full_moment(when: datetime, zone: ZoneInfo) -> str:
    """Date, time to the second and zone, for details."""
    local = when.astimezone(zone)
    return f"{local:%Y-%m-%d %H:%M:%S} {local.tzname()}"
