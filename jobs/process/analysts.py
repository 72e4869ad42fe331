"""Who listens: the analyst that the settings ask for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from jobs.process.coverage import OR_VERTEX, TOLERANCE
from jobs.process.local.installed import refuse_unless_installed
from jobs.process.recognise import WORTH_HEARING_AGAIN
from jobs.process.samples import Samples
from shared.ai import Analyst
from shared.config import Settings
from shared.models import Cost

LONGEST_INLINE: Final = 5 * 60.0
"""Seconds of audio that fit into a question of 20 MB in the worst case: plain samples of noise, as base64."""

EARS_TOLERANCE: Final = 1.0
"""Seconds. A language model writes times by ear, and as often as not in whole seconds."""

EARS_WORTH_HEARING_AGAIN: Final = 3.0
"""Seconds of speech. What is shorter is more likely a time that is off than a lost word, and each costs a call."""


def _accepts(*_: object) -> None:
    """Refuses nothing."""


@dataclass(frozen=True)
class Listener:
    """An analyst, and how to work with it."""

    analyst: Analyst
    refuse_language: Callable[[str, Sequence[Samples]], None]
    """Takes the recording's name and windows of its speech; raises PermanentError for a language it does not know."""
    longest_chunk: float
    """Seconds that the analyst hears at once."""
    refuse_cost: Callable[[float], None] = _accepts
    """Takes the seconds that are still to be heard; raises PermanentError where they would cost too much."""
    chunks_abreast: int = 1
    tolerance: float = TOLERANCE
    worth_hearing_again: float = WORTH_HEARING_AGAIN
    if_words_are_missing: str = OR_VERTEX
    """What people can do then, to complete "or …"."""


def listener_for(
    settings: Settings, job_id: str, charge: Callable[[Cost], object], paid_before: float = 0.0
) -> Listener:
    """Builds the analyst; loads no model and asks nobody yet.

    Args:
        settings: say which analyst.
        job_id: whose audio it is.
        charge: hears what each answer cost, the moment it comes; is called from several threads.
        paid_before: US dollars that earlier attempts paid for this episode.

    Raises:
        PermanentError: a setting of the analyst is wrong, its credentials are missing, or it is not installed here.
    """
    if settings.ai == "local":
        refuse_unless_installed()
        from jobs.process.local.analyst import (  # noqa: PLC0415 - only if asked for
            LONGEST_CHUNK,
            LocalAnalyst,
            refuse_unless_english,
        )

        return Listener(LocalAnalyst(), refuse_unless_english, LONGEST_CHUNK)
    return _vertex_listener(settings, job_id, charge, paid_before)


def _vertex_listener(settings: Settings, job_id: str, charge: Callable[[Cost], object], paid_before: float) -> Listener:
    from jobs.process.shelf import in_a_bucket, shelf  # noqa: PLC0415 - only if asked for
    from shared.ai import VertexAIClient  # noqa: PLC0415 - Google's library takes two seconds to import
    from shared.ai.vertex.settings import load_vertex_settings  # noqa: PLC0415 - likewise

    analyst = VertexAIClient(
        load_vertex_settings(),
        settings.show(),
        shelf(settings.work, job_id),
        charge=charge,
        paid_before=paid_before,
    )
    longest = analyst.longest_chunk_seconds if in_a_bucket(settings.work) else LONGEST_INLINE
    return Listener(
        analyst,
        # It knows some hundred languages, and says which one it heard.
        refuse_language=_accepts,
        longest_chunk=longest,
        refuse_cost=analyst.check_budget,
        chunks_abreast=analyst.parallel_chunks,
        tolerance=EARS_TOLERANCE,
        worth_hearing_again=EARS_WORTH_HEARING_AGAIN,
        if_words_are_missing="retry, since the model may hear it next time, or set VERTEX_AI_MODEL to another model",
    )
