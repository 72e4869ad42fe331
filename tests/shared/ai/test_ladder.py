from __future__ import annotations

import pytest

from shared.ai.vertex.judge import Complaint, Fault
from shared.ai.vertex.ladder import Divide, Try, first_try, next_try

MODELS = ("first", "second")


def climb(fault: Fault, *, divisible: bool = False, models: tuple[str, ...] = MODELS) -> list[Try | Divide | None]:
    tried = [first_try(models)]
    moves: list[Try | Divide | None] = [tried[0]]
    while isinstance(moves[-1], Try):
        moves.append(next_try(models, tried, Complaint(fault, "why"), divisible=divisible))
        if isinstance(moves[-1], Try):
            tried.append(moves[-1])
    return moves


def models_asked(moves: list[Try | Divide | None]) -> list[str]:
    return [move.model for move in moves if isinstance(move, Try)]


def test_a_bad_answer_is_asked_for_again_then_of_the_fallback_model_then_given_up() -> None:
    moves = climb(Fault.UNREADABLE)
    assert models_asked(moves) == ["first", "first", "second"]
    assert moves[-1] is None


def test_no_two_tries_ask_the_same() -> None:
    tries = [move for move in climb(Fault.WRONG_TIMES) if isinstance(move, Try)]
    assert len({each.seed for each in tries}) == len(tries)
    assert tries[0].complaint is None
    assert all(each.complaint == "why" for each in tries[1:])
    assert tries[1].temperature != tries[0].temperature


def test_what_one_model_refuses_is_not_asked_of_it_again() -> None:
    assert models_asked(climb(Fault.REFUSED)) == ["first", "second"]


def test_without_a_fallback_the_only_model_is_asked_twice() -> None:
    assert models_asked(climb(Fault.LOOP, models=("only",))) == ["only", "only"]


@pytest.mark.parametrize("fault", [Fault.CUT_OFF, Fault.LOOP, Fault.RECITED])
def test_an_answer_that_was_too_long_is_asked_for_in_halves_at_once(fault) -> None:
    assert climb(fault, divisible=True)[1] == Divide()


@pytest.mark.parametrize("fault", [Fault.REFUSED, Fault.WRONG_TIMES, Fault.WRONG_LANGUAGE, Fault.UNREADABLE])
def test_halves_do_not_help_where_length_was_not_the_fault(fault) -> None:
    assert Divide() not in climb(fault, divisible=True)


@pytest.mark.parametrize("fault", list(Fault))
def test_every_ladder_ends(fault) -> None:
    assert len(climb(fault)) <= 4
