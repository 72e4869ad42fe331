"""What a log looks like, to people and to machines."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from shared.logger import bind_context, configure_logging, get_logger

COLOUR = "\x1b["


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _as_it_was(monkeypatch) -> Iterator[None]:
    monkeypatch.delenv("NO_COLOR", raising=False)
    yield
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


def said(stream: io.StringIO) -> str:
    configure_logging(human=True, stream=stream)
    get_logger().info("moved", to="completed")
    return stream.getvalue()


def test_a_persons_terminal_gets_colours() -> None:
    assert COLOUR in said(Terminal())


def test_a_file_gets_no_colours() -> None:
    assert COLOUR not in said(io.StringIO())


def test_who_wants_no_colours_gets_none(monkeypatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert COLOUR not in said(Terminal())


def test_a_machine_gets_one_json_object_a_line() -> None:
    stream = io.StringIO()
    configure_logging(stream=stream)
    bind_context(job_id="j")
    get_logger().warning("moved", to="完了\nsecond line")
    (line,) = stream.getvalue().splitlines()
    told = json.loads(line)
    assert (told["message"], told["severity"], told["job_id"]) == ("moved", "WARNING", "j")
    assert told["to"] == "完了\nsecond line"


@pytest.mark.parametrize("human", [True, False])
def test_a_traceback_shows_no_variables(human) -> None:
    stream = io.StringIO()
    configure_logging(human=human, stream=stream)

    def fails(webhook: str) -> None:
        raise LookupError("a defect")

    for log in (get_logger().exception, logging.getLogger("a library").exception):
        try:
            fails("hunter2 in a variable")
        except LookupError:
            log("failed")
    assert stream.getvalue().count("LookupError: a defect") == 2
    assert "a variable" not in "".join(line for line in stream.getvalue().splitlines() if "fails(" not in line)
