"""Asking until an answer may be believed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic

from google.genai.types import ThinkingLevel

from shared.ai.vertex import prompts
from shared.ai.vertex.audio import Audio
from shared.ai.vertex.budget import Budget
from shared.ai.vertex.connection import Answer, Connection, Question, Shape
from shared.ai.vertex.judge import Complaint, Fault, judge_ending
from shared.ai.vertex.ladder import Divide, Try, first_try, next_try
from shared.errors import PermanentError, PodcastError, TransientError
from shared.logger import get_logger
from shared.models import Cost


@dataclass(frozen=True)
class Matter(Generic[Shape]):
    """What is wanted, whichever model is asked in whichever way. `about` names it in errors and logs."""

    about: str
    instruction: str
    parts: Sequence[str | Audio]
    shape: type[Shape]
    thinking: ThinkingLevel
    judge: Callable[[Shape], Complaint | None]
    divisible: bool = False


@dataclass(frozen=True)
class Outcome(Generic[Shape]):
    """A believed answer, or None where the matter is to be halved; and what each answer cost."""

    believed: Shape | None
    costs: list[Cost]


class Asker:
    """Asks one model after the other, in one way after the other. Safe to use from several threads."""

    def __init__(self, connection: Connection, models: Sequence[str], budget: Budget) -> None:
        self._connection = connection
        self._models = models
        self._budget = budget
        self._lock = threading.Lock()
        self._heard_from: dict[str, None] = {}

    @property
    def heard_from(self) -> list[str]:
        """The models that have answered, as they call themselves."""
        with self._lock:
            return list(self._heard_from)

    def ask(self, matter: Matter[Shape]) -> Outcome[Shape]:
        """The first answer that may be believed.

        Raises:
            PermanentError: the models refuse, or the settings or the cap stand in the way.
            TransientError: no believable answer could be had this time.
        """
        tried = [first_try(self._models)]
        costs: list[Cost] = []
        while True:
            answer = self._ask(matter, tried[-1])
            costs.append(answer.cost)
            complaint = _complaint(answer, matter)
            if complaint is None:
                return Outcome(answer.parsed, costs)
            move = next_try(self._models, tried, complaint, divisible=matter.divisible)
            _log(matter.about, tried[-1], complaint, answer.cost, move)
            if isinstance(move, Divide):
                return Outcome(None, costs)
            if move is None:
                raise _given_up(matter.about, complaint)
            tried.append(move)

    def _ask(self, matter: Matter[Shape], how: Try) -> Answer[Shape]:
        self._budget.refuse_if_spent(matter.about)
        insisting = (prompts.INSIST.format(reason=how.complaint),) if how.complaint else ()
        answer = self._connection.ask(
            Question(
                about=matter.about,
                model=how.model,
                instruction=matter.instruction,
                parts=(*matter.parts, *insisting),
                shape=matter.shape,
                seed=how.seed,
                temperature=how.temperature,
                thinking=matter.thinking,
            )
        )
        self._budget.charge(answer.cost)
        with self._lock:
            self._heard_from[answer.cost.version or how.model] = None
        return answer


def _complaint(answer: Answer[Shape], matter: Matter[Shape]) -> Complaint | None:
    ending = judge_ending(answer.finish, answer.blocked, parsed=answer.parsed is not None)
    if ending is not None or answer.parsed is None:
        return ending
    return matter.judge(answer.parsed)


def _log(about: str, how: Try, complaint: Complaint, cost: Cost, move: Try | Divide | None) -> None:
    get_logger().warning(
        "an answer is not believed",
        about=about,
        model=how.model,
        fault=complaint.fault.value,
        reason=complaint.reason,
        cost_usd=round(cost.usd, 6),
        then=f"ask {move.model}" if isinstance(move, Try) else "ask about halves" if move else "give up",
    )


def _given_up(about: str, complaint: Complaint) -> PodcastError:
    if complaint.fault in (Fault.REFUSED, Fault.RECITED):
        return PermanentError(
            f"{about}: {complaint.reason}",
            advice="Listen to that stretch; cut what the model refuses and drop the file again, or set VERTEX_AI_MODEL "
            "to another model.",
        )
    return TransientError(
        f"{about}: no answer could be believed; {complaint.reason}",
        advice="It is asked again later. If this stays, set VERTEX_AI_MODEL to another model.",
    )
