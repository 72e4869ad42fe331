"""What a recording's own tags call it."""

from __future__ import annotations

from av.audio.stream import AudioStream
from av.container import InputContainer


def title_of(recording: InputContainer, stream: AudioStream) -> str | None:
    """The title tag on one line; None without one. Ogg keeps its tags with the track, all others with the file."""
    for tags in (recording.metadata, stream.metadata):
        for key, value in tags.items():
            if key.lower() == "title" and (title := " ".join(value.replace("\0", " ").split())):
                return title
    return None
