"""The words of a notification, and how dates, lengths and money are written, in the show's language."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

_WORDS = {
    "en": {
        "published": "Published",
        "failed": "Not published",
        "waits": "Waits for review",
        "review": "Review it",
        "then_open": "{command}, then open {page}",
        "duration": "Length",
        "took": "Took",
        "cost": "Cost",
        "free": "nothing",
        "date": "Published on",
        "chapters": "Chapters",
        "more_chapters": "… and {count} more",
        "links": "Links",
        "page": "Listen",
        "audio": "Audio",
        "feed": "Feed",
        "step": "Failed while",
        "advice": "What to do",
        "again": "Try again",
        "file": "File",
        "no_reason": "No reason was given; the log of the step has the details.",
        "fetch": "fetching the file",
        "process": "listening to the recording",
        "upload": "publishing",
        "notify": "telling people",
    },
    "ja": {
        "published": "公開しました",
        "failed": "公開できませんでした",
        "waits": "確認待ち",
        "review": "確認する",
        "then_open": "{command} を実行し、{page} を開いてください",
        "duration": "長さ",
        "took": "処理時間",
        "cost": "費用",
        "free": "無料",
        "date": "公開日時",
        "chapters": "チャプター",
        "more_chapters": "…ほか{count}件",
        "links": "リンク",
        "page": "聴く",
        "audio": "音声",
        "feed": "フィード",
        "step": "失敗した処理",
        "advice": "対処方法",
        "again": "再実行",
        "file": "ファイル",
        "no_reason": "理由は不明です。処理のログを確認してください。",
        "fetch": "ファイルの取得",
        "process": "録音の聞き取り",
        "upload": "公開",
        "notify": "通知",
    },
}

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def _is_japanese(language: str) -> bool:
    return language.partition("-")[0].lower() == "ja"


def words(language: str) -> dict[str, str]:
    """The words in this language, in English where we do not have them."""
    return _WORDS["ja" if _is_japanese(language) else "en"]


def clock(seconds: float) -> str:
    """`02:03`, or `1:02:03` from an hour on."""
    minutes, seconds_left = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds_left:02}" if hours else f"{minutes:02}:{seconds_left:02}"


def length(seconds: float, language: str) -> str:
    """A length for people: `1 h 2 min`, `3 min 20 s`, `1時間2分`, `3分20秒`."""
    hours, rest = divmod(round(seconds), 3600)
    minutes, seconds_left = divmod(rest, 60)
    hour, minute, second = ("時間", "分", "秒") if _is_japanese(language) else (" h", " min", " s")
    if hours:
        parts = [f"{hours}{hour}", f"{minutes}{minute}"]
    elif minutes:
        parts = [f"{minutes}{minute}", f"{seconds_left}{second}"]
    else:
        parts = [f"{seconds_left}{second}"]
    return ("" if _is_japanese(language) else " ").join(parts)


def moment(at: datetime, language: str, time_zone: str) -> str:
    """Day and time in the show's own time zone: `12 Nov 2026, 21:00 JST`, `2026年11月12日 21:00 JST`."""
    local = at.astimezone(ZoneInfo(time_zone))
    if _is_japanese(language):
        return f"{local.year}年{local.month}月{local.day}日 {local:%H:%M} {local.tzname()}"
    return f"{local.day} {_MONTHS[local.month - 1]} {local.year}, {local:%H:%M} {local.tzname()}"


def money(usd: float, language: str) -> str:
    """US dollars, to the tenth of a cent below a dollar."""
    if usd <= 0:
        return words(language)["free"]
    return f"${usd:,.2f}" if usd >= 1 else f"${usd:.3f}"
