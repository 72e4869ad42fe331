"""The kinds of file that can become an episode, and the one demuxer that may read each.

A file's type is what its extension says, and the demuxer is fixed by it: a playlist or a text called `.mp3` meets the
MP3 demuxer and fails there, instead of being probed as something that opens further files.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

from shared.errors import UnusableAudio


@dataclass(frozen=True)
class Container:
    """A kind of file: its extension without the dot, its name for people, FFmpeg's name for its demuxer."""

    extension: str
    title: str
    demuxer: str


_MP3 = Container("mp3", "MP3", "mp3")
_WAV = Container("wav", "WAV", "wav")
_FLAC = Container("flac", "FLAC", "flac")
_OGG = Container("ogg", "Ogg", "ogg")
_MP4 = Container("mp4", "MP4", "mov")

CONTAINERS: Final[dict[str, Container]] = {
    each.extension: each
    for each in (_MP3, Container("m4a", "M4A", "mov"), _WAV, _FLAC, _OGG, Container("opus", "Opus", "ogg"), _MP4)
}

BYTES_TO_RECOGNISE: Final = 12
"""So many bytes from the start of a file tell its kind."""


def container_of(name: str) -> Container:
    """The kind of the file called `name`, by its extension.

    Raises:
        UnusableAudio: the extension is none of those accepted; the advice lists them.
    """
    extension = PurePosixPath(name).suffix.lower().removeprefix(".")
    if extension not in CONTAINERS:
        kind = f"a .{extension} file" if extension else "a file without an extension"
        raise UnusableAudio(
            f"{name} is {kind}, and that is no kind of recording that can become an episode",
            advice=f"Convert it to one of {', '.join(sorted(CONTAINERS))}.",
        )
    return CONTAINERS[extension]


def kind_of(head: bytes) -> Container | None:
    """The kind that the first bytes of a file speak of; None where they could be anything.

    Source: RFC 9639 §8 (FLAC), RFC 3533 §6 (Ogg), ISO/IEC 14496-12 §4.3 (ftyp), the RIFF and RF64 headers.
    """
    if head[:4] in {b"RIFF", b"RF64"} and head[8:12] == b"WAVE":
        return _WAV
    if head[:4] == b"fLaC":
        return _FLAC
    if head[:4] == b"OggS":
        return _OGG
    if head[4:8] == b"ftyp":
        return _MP4
    # Eleven set bits start every MPEG audio frame; layer bits 00 are AAC's ADTS (ISO/IEC 11172-3 §2.4.2.3).
    if head[:3] == b"ID3" or (head[:1] == b"\xff" and len(head) > 1 and head[1] & 0xE0 == 0xE0 and head[1] & 0x06):  # noqa: PLR2004 - masks
        return _MP3
    return None


def refuse_disguise(name: str, head: bytes) -> None:
    """Refuses a file whose first bytes speak of another kind than its extension.

    Raises:
        UnusableAudio: the extension is unknown, or the file is of another kind.
    """
    container = container_of(name)
    kind = kind_of(head)
    if kind is None and container is not _MP3:
        raise UnusableAudio(
            f"{name} is no {container.title} file, whatever its name says: its first bytes are not those of one",
            advice=f"Export the recording again as {container.title}, and drop that file.",
        )
    tagged = kind is _MP3 and head[:3] == b"ID3" and container is _FLAC
    if kind is not None and kind.demuxer != container.demuxer and not tagged:
        raise UnusableAudio(
            f"{name} is a {kind.title} file under the extension .{container.extension}",
            advice=f"Rename it so that it ends in .{kind.extension}, and drop it again.",
        )
