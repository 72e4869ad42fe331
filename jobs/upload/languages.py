"""What a language tag means to the formats that know it by another name, and to the words on a page."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from shared.models import CatalogueEntry
from shared.show import ShowSettings

_THREE_LETTERS = {
    "ar": "ara", "cs": "ces", "da": "dan", "de": "deu", "el": "ell", "en": "eng", "es": "spa", "fi": "fin",
    "fr": "fra", "he": "heb", "hi": "hin", "hu": "hun", "id": "ind", "it": "ita", "ja": "jpn", "ko": "kor",
    "nl": "nld", "no": "nor", "pl": "pol", "pt": "por", "ro": "ron", "ru": "rus", "sv": "swe", "th": "tha",
    "tr": "tur", "uk": "ukr", "vi": "vie", "zh": "zho",
}  # fmt: skip

_WORDS = {
    "en": {
        "about": "About this episode",
        "action_items": "Action items",
        "audio": "Audio (MP3)",
        "chapters": "Chapters",
        "checked": "{made_by}; a person has looked it over",
        "copied": "Copied",
        "copy_feed": "Copy the feed address",
        "decisions": "Decisions",
        "download": "Download",
        "episode_page": "Listen and read along",
        "episodes": "Episodes",
        "feed": "Feed",
        "follow": "Follow the audio",
        "home": "Home page",
        "keywords": "Keywords",
        "newer": "Newer episodes",
        "no_episodes": "There is no episode yet.",
        "older": "Older episodes",
        "play_from": "Play from",
        "skip": "Skip to the content",
        "subscribe": "Subscribe",
        "subscribe_hint": "Paste this address into any podcast app.",
        "topics": "Topics",
        "transcript": "Transcript",
        "unchecked": "{made_by}; no person has checked it",
    },
    "ja": {
        "about": "このエピソードについて",
        "action_items": "アクションアイテム",
        "audio": "音声（MP3）",
        "chapters": "チャプター",
        "checked": "{made_by}（人が確認しました）",
        "copied": "コピーしました",
        "copy_feed": "フィードのアドレスをコピー",
        "decisions": "決定事項",
        "download": "ダウンロード",
        "episode_page": "聴きながら読む",
        "episodes": "エピソード",
        "feed": "フィード",
        "follow": "音声に合わせて表示",
        "home": "ホームページ",
        "keywords": "キーワード",
        "newer": "新しいエピソード",
        "no_episodes": "エピソードはまだありません。",
        "older": "過去のエピソード",
        "play_from": "ここから再生",
        "skip": "本文へ移動",
        "subscribe": "購読",
        "subscribe_hint": "このアドレスをポッドキャストアプリに貼り付けてください。",
        "topics": "議題",
        "transcript": "文字起こし",
        "unchecked": "{made_by}（人による確認はしていません）",
    },
}

_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def primary(language: str) -> str:
    """The language without region and script: `en` of `en-GB`."""
    return language.partition("-")[0].lower()


def iso_639_2(language: str) -> str:
    """The three letters that ID3 asks for; `und` where we do not know them."""
    code = primary(language)
    return code if len(code) == 3 else _THREE_LETTERS.get(code, "und")  # noqa: PLR2004 - as many as the name says


def described_in(entry: CatalogueEntry, show: ShowSettings) -> str:
    """The language of title, summary and minutes, which need not be the one that is spoken."""
    return show.language if show.describe_in == "show" else entry.language


def words(language: str) -> dict[str, str]:
    """The words around an episode, in English where we do not have them in this language."""
    return _WORDS.get(primary(language), _WORDS["en"])


def long_date(moment: datetime, language: str, time_zone: str) -> str:
    """The day as people write it, in the show's own time zone."""
    local = moment.astimezone(ZoneInfo(time_zone))
    if primary(language) == "ja":
        return f"{local.year}年{local.month}月{local.day}日"
    return f"{local.day} {_MONTHS[local.month - 1]} {local.year}"


def disclosure(made_by: str | None, language: str, *, checked: bool) -> str | None:
    """Who made the words, and whether a person has looked them over, for people who read them; None if not known."""
    return made_by and words(language)["checked" if checked else "unchecked"].format(made_by=made_by)
