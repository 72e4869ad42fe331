"""Telling people on a laptop: a block of lines on the console. stdout belongs to the step's result."""

from __future__ import annotations

import re
from typing import TextIO

from shared.notifier import Delivery, Message

_LINK = re.compile(r"\[([^\]]+)\]\((https?://[^)]+)\)")
_ESCAPE = re.compile(r"\\([\\*_~`|<\[\]#>-])")
# Control characters in a title must not move the reader's cursor or colour the terminal.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


class ConsoleNotifier:
    """Writes messages to a stream, stderr as a rule."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def notify(self, message: Message) -> Delivery:
        """Writes the message; nobody is told where the stream is closed."""
        if self._stream.closed:
            return Delivery(told=False)
        self._stream.write(as_lines(message))
        self._stream.flush()
        return Delivery(told=True)


def as_lines(message: Message) -> str:
    """The message as plain lines, a frame at its left."""
    blocks: list[str] = []
    for embed in message["embeds"]:
        blocks.append(embed["title"])
        if embed["description"]:
            blocks.append(embed["description"])
        blocks += [f"{field['name']}: {_under(field['value'])}" for field in embed["fields"]]
        if "url" in embed:
            blocks.append(embed["url"])
    text = _LINK.sub(r"\1 \2", "\n".join(blocks))
    text = _CONTROL.sub("", _ESCAPE.sub(r"\1", text).replace("`", ""))
    return "".join(f"│ {line}\n" for line in text.split("\n"))


def _under(value: str) -> str:
    return value if "\n" not in value else "\n  " + value.replace("\n", "\n  ")
