"""One episode's own files: everything under `podcasts/<job-id>/`, written before anything links to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, cast

from jobs.upload.cover import Cover, for_the_tag
from jobs.upload.feed import Channel, podcast_guid, render_feed
from jobs.upload.immutable import write_once
from jobs.upload.links import FEED, address, episode_file
from jobs.upload.master import Master
from jobs.upload.mp3 import Retagged, audio_range
from jobs.upload.public_metadata import render_public_metadata
from jobs.upload.publisher import FEED_TYPE, HTML_TYPE
from jobs.upload.site.render import render_episode_page, script
from jobs.upload.tags import EpisodeTag, render_tag, with_room
from jobs.upload.transcripts import (
    CHAPTERS_TYPE,
    JSON_TYPE,
    SRT_TYPE,
    VTT_TYPE,
    render_chapters,
    render_srt,
    render_transcript_json,
    render_vtt,
)
from shared.models import CatalogueEntry, Loudness, Segment
from shared.show import ShowSettings
from shared.storage import ObjectStore

AUDIO_TYPE = "audio/mpeg"


@dataclass(frozen=True)
class Episode:
    """An episode that is ready to be written: its catalogue entry and what only its own files need."""

    entry: CatalogueEntry
    segments: list[Segment]
    audio: Retagged
    loudness: Loudness
    show: ShowSettings
    show_cover: Cover
    own_cover: Cover | None
    base_url: str
    audio_is_public: bool = False
    """Whether the audio comes from where it goes to: then it is written only if its tag has changed."""


def tagged_audio(
    master: Master, entry: CatalogueEntry, show: ShowSettings, cover: Cover, base_url: str, *, audio_is_public: bool
) -> Retagged:
    """The finished MP3: the master's frames under our own tag, as long as before where they come from the public."""
    embedded = for_the_tag(cover)
    tag = render_tag(
        EpisodeTag(
            title=entry.title,
            author=show.author,
            show=show.title,
            summary=entry.summary,
            language=entry.language,
            published_at=entry.published_at,
            duration=entry.duration_seconds,
            chapters=entry.chapters,
            cover=embedded.content,
            cover_type=embedded.content_type,
            episode_url=address(base_url, episode_file(entry, "index.html")),
        )
    )
    before = audio_range(master.file)[0] if audio_is_public else None
    return Retagged(with_room(tag, before), master.file)


def write_episode(public: ObjectStore, episode: Episode, report: Callable[[float, str], None]) -> set[str]:
    """Writes all of the episode's files and gives their keys. Nothing leads to them before the feed does, later."""
    entry = episode.entry
    files = list(_documents(episode))
    if not (episode.audio_is_public and episode.audio.unchanged):
        report(0.0, "uploading the audio")
        episode.audio.seek(0)
        public.write(entry.audio.key, cast(BinaryIO, episode.audio), content_type=AUDIO_TYPE)
    write_once(public, script("player.js"))
    for number, (name, content, content_type) in enumerate(files, start=1):
        report(number / len(files), f"uploading {name}")
        public.write(episode_file(entry, name), content, content_type=content_type)
    return {entry.audio.key, *(episode_file(entry, name) for name, _, _ in files)}


def _documents(episode: Episode) -> Iterator[tuple[str, bytes, str]]:
    entry, segments, base_url = episode.entry, episode.segments, episode.base_url
    cover_key = episode.show_cover.key
    if episode.own_cover is not None:
        yield f"cover.{episode.own_cover.extension}", episode.own_cover.content, episode.own_cover.content_type
    if entry.transcribed:
        yield "transcript.vtt", render_vtt(segments), VTT_TYPE
        yield "transcript.srt", render_srt(segments), SRT_TYPE
        yield "transcript.json", render_transcript_json(segments), JSON_TYPE
    yield "chapters.json", render_chapters(entry.chapters), CHAPTERS_TYPE
    yield "metadata.json", render_public_metadata(entry, segments, episode.loudness, base_url), JSON_TYPE
    # One item for whoever wants just this episode; directories are asked not to list it as a show of its own.
    key = episode_file(entry, FEED)
    channel = Channel(guid=podcast_guid(address(base_url, key)), cover_key=cover_key, key=key, listed=False)
    ((_, feed),) = render_feed(episode.show, [entry], base_url, channel=channel)
    yield FEED, feed, FEED_TYPE
    page = render_episode_page(episode.show, entry, segments, base_url, cover_key=cover_key)
    yield "index.html", page, HTML_TYPE
