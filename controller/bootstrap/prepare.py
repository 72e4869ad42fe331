"""The order of things: the repository's number, the bucket, the program, and what comes next."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from pydantic import ValidationError

from controller.bootstrap.causes import advice_for
from controller.bootstrap.engine import Engine
from controller.bootstrap.next_steps import next_steps
from controller.bootstrap.repository import with_number
from controller.bootstrap.state_bucket import StateBuckets
from shared.bootstrap import BootstrapSettings
from shared.errors import PermanentError, reasons_of


def settings_from(
    project: str, region: str, repository: str | None, repository_id: int | None, state_bucket: str | None
) -> BootstrapSettings:
    """The settings as they were asked for. Raises PermanentError with every wrong one."""
    try:
        return BootstrapSettings(
            project=project,
            region=region,
            repository=repository,
            repository_id=repository_id,
            state_bucket=state_bucket or "",
        )
    except ValidationError as error:
        raise PermanentError(
            reasons_of(error), advice="`podcast bootstrap --help` explains the options; nothing was made."
        ) from None


def bootstrap(
    settings: BootstrapSettings,
    *,
    preview: bool,
    connect: Callable[[str], StateBuckets],
    environment: Mapping[str, str],
    say: Callable[[str], None],
) -> None:
    """Prepares the project, or with `preview` only says what would be made.

    It may be run again: what is there is left as it is, and what differs is put right.

    Args:
        settings: which project, and for which repository.
        preview: nothing is made or changed.
        connect: reaches Cloud Storage in a project.
        environment: of the processes that are started.
        say: takes what is said to the person, line by line.

    Raises:
        PodcastError: something is missing or refused; the advice says what to do.
    """
    with tempfile.TemporaryDirectory(prefix="podcast-bootstrap-") as folder:
        # Whatever can be missing on this machine is found before anything is made.
        settings = with_number(settings, environment)
        engine = Engine(settings, Path(folder), environment, say)
        try:
            buckets = connect(settings.project)
            if preview:
                missing = not buckets.exists(settings.bucket)
                say(f"{settings.backend} {'would be made' if missing else 'is there'}.")
                engine.preview(of_nothing=missing)
                return
            say(buckets.prepare(settings.bucket, settings.region))
        except PermanentError as error:
            raise PermanentError(
                error.message, advice=advice_for(error.message, settings.project) or error.advice
            ) from error
        made = engine.up()
    say("")
    say(next_steps(settings, made))
