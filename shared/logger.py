"""Structured logs on stderr: one JSON object a line where machines read, coloured lines where a person does."""

from __future__ import annotations

import logging
import sys
from typing import TextIO

import structlog
from structlog.typing import EventDict, FilteringBoundLogger, WrappedLogger


def configure_logging(
    *, human: bool = False, level: int = logging.INFO, stream: TextIO | None = None
) -> None:
    """Sets up logging for the whole process; called once, by a program's entry point.

    Args:
        human: coloured lines for a terminal instead of JSON.
        level: the least severe lines to write, one of `logging`'s numbers.
        stream: where lines go; stderr by default, since a job's stdout carries its result.
    """
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer() if human else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            _severity,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
            structlog.processors.format_exc_info,
            structlog.processors.EventRenamer("message"),
            renderer,
        ]
        if not human
        else [
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="%H:%M:%S", utc=False),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(file=stream or sys.stderr),
        cache_logger_on_first_use=False,
    )


def get_logger() -> FilteringBoundLogger:
    """A logger that carries the context bound with `bind_context`."""
    logger: FilteringBoundLogger = structlog.get_logger()
    return logger


def bind_context(**labels: str | int) -> None:
    """Adds labels (job_id, step, attempt …) to every further line of this thread."""
    structlog.contextvars.bind_contextvars(**labels)


def _severity(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    # Cloud Logging reads `severity`, in capitals: https://cloud.google.com/logging/docs/structured-logging
    event["severity"] = str(event.pop("level", "info")).upper()
    return event
