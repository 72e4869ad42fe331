"""The door for signals: from steps that have ended, and from Pub/Sub, which pushes what steps published.

A push is refused only when the store fails: then it has to come again. Whatever else stands in the way of an episode,
its record is safe and the sweep goes on with it, so a push that came in vain would only end among the dead letters.

Source of the push's shape: https://cloud.google.com/pubsub/docs/payload-unwrapping (with metadata written).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pydantic import ValidationError

from controller.orchestrator import Orchestrator
from controller.runner import RunnerUnavailable
from shared.errors import PermanentError, reasons_of
from shared.logger import get_logger
from shared.signals import Signal

PUSHED_BY: Final = "x-goog-pubsub-subscription-name"
"""Header of every push; no step sends it."""


def take_signal(headers: Mapping[str, str], body: bytes, orchestrator: Orchestrator) -> None:
    """Moves the job that the signal is about. Returns when its record says where it is now.

    Args:
        headers: of the request, whatever their capitals.
        body: of the request, a Signal as JSON.
        orchestrator: moves jobs.

    Raises:
        pydantic.ValidationError: it is no signal, and no push either.
        PodcastError: the job could not be moved; for a push only where the store failed.
    """
    pushed = any(name.lower() == PUSHED_BY for name in headers)
    try:
        signal = Signal.model_validate_json(body)
        orchestrator.advance(signal.job_id)
    except RunnerUnavailable as error:
        # Nothing is lost: what was to be started is in the record, and the sweep asks again.
        get_logger().warning("a step could not be started; the sweep tries again", error=error.message)
    except (PermanentError, ValidationError) as error:
        if not pushed:
            raise
        reason = reasons_of(error) if isinstance(error, ValidationError) else error.message
        get_logger().error("a push cannot be acted on, now or later", error=reason)
