"""Structured logs on stderr: one JSON object a line where machines read, coloured lines on a person's terminal."""

from __future__ import annotations

import logging
import os
import sys
from typing import TextIO

import structlog
from structlog.typing import EventDict, FilteringBoundLogger, Processor, WrappedLogger

from shared.redaction import without_secrets


def configure_logging(
    *, human: bool = False, level: int = logging.INFO, stream: TextIO | None = None, project: str | None = None
) -> None:
    """Sets up logging for the whole process; called once, by a program's entry point.

    Args:
        human: coloured lines for a terminal instead of JSON.
        level: the least severe lines to write, one of `logging`'s numbers.
        stream: where lines go; stderr by default, since a job's stdout carries its result.
        project: the Google Cloud project whose Cloud Logging reads the lines; None where nobody does.
    """
    stream = stream or sys.stderr
    chain = _for_people(coloured=stream.isatty()) if human else _for_machines(project)
    structlog.configure(
        processors=chain,
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(file=stream),
        cache_logger_on_first_use=False,
    )
    _take_in_libraries(chain, stream, max(level, logging.WARNING))


def get_logger() -> FilteringBoundLogger:
    """A logger that carries the context bound with `bind_context`."""
    logger: FilteringBoundLogger = structlog.get_logger()
    return logger


def bind_context(**labels: str | int) -> None:
    """Adds labels (job_id, step, attempt …) to every further line of this thread."""
    structlog.contextvars.bind_contextvars(**labels)


def _for_people(*, coloured: bool) -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="%H:%M:%S", utc=False),
        without_secrets,
        structlog.dev.ConsoleRenderer(
            colors=coloured and not os.environ.get("NO_COLOR"),  # https://no-color.org
            # The pretty one prints the variables of every frame, secrets among them.
            exception_formatter=structlog.dev.plain_traceback,
        ),
    ]


def _for_machines(project: str | None) -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        _severity,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
        structlog.processors.format_exc_info,
        *_cloud(project),
        without_secrets,
        structlog.processors.EventRenamer("message"),
        structlog.processors.JSONRenderer(ensure_ascii=False),
    ]


def _cloud(project: str | None) -> list[Processor]:
    if project is None:
        return []
    from shared.cloud_logging import cloud_fields  # noqa: PLC0415 - only the cloud needs it, and tracing with it

    return [cloud_fields(project)]


class _FromLibraries(logging.StreamHandler[TextIO]):
    """What libraries say through the standard library's logging, in the same form and on the same stream."""


def _take_in_libraries(chain: list[Processor], stream: TextIO, level: int) -> None:
    *before, renderer = chain
    handler = _FromLibraries(stream)
    handler.setLevel(level)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=before,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers = [each for each in root.handlers if not isinstance(each, _FromLibraries)]
    root.addHandler(handler)


def _severity(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    # Cloud Logging reads `severity`, in capitals: https://cloud.google.com/logging/docs/structured-logging
    event["severity"] = str(event.pop("level", "info")).upper()
    return event
