"""What earlier attempts paid: their results tell it, and of killed ones their checkpoints."""

from __future__ import annotations

import pytest
from support_jobs import context_in, failure_of, success_of

from jobs.process.checkpoints import Checkpoints
from jobs.process.episode import process_episode
from jobs.process.paid import paid_before
from shared import workspace
from shared.ai import HeardChunk
from shared.contract import PROCESS, FailedResult, ProcessArguments, ProcessResult, StepResult
from shared.errors import Damaged, UnusableAudio
from shared.models import Cost
from shared.storage import FolderStore, ObjectStore


def cost(usd: float) -> Cost:
    return Cost(model="m", usd=usd)


def told(work: ObjectStore, attempt: int, result: StepResult | FailedResult) -> None:
    work.write(workspace.result_key("j", "process", attempt), result.model_dump_json().encode())


def failed(work: ObjectStore, attempt: int, usd: float) -> None:
    told(work, attempt, failure_of("j", retryable=True).model_copy(update={"costs": [cost(usd)]}))


def kept(work: ObjectStore, attempt: int, number: int, usd: float) -> None:
    heard = HeardChunk(number=number, start=0, end=20, segments=[], language="en", costs=[cost(usd)])
    Checkpoints(work, "j", "m", attempt).keep(heard)


@pytest.fixture
def work(tmp_path) -> FolderStore:
    return FolderStore(tmp_path / "work")


def test_what_each_failed_attempt_paid_is_counted(work) -> None:
    failed(work, 1, 1.5)
    failed(work, 2, 0.25)
    kept(work, 1, 0, 1.5)
    assert (paid_before(work, "j", 3).usd, paid_before(work, "j", 3).untold) == (1.75, [])
    assert paid_before(work, "j", 2).usd == 1.5
    assert paid_before(work, "j", 1).usd == 0.0


def test_an_attempt_that_was_killed_left_its_cost_in_the_checkpoints(work) -> None:
    failed(work, 1, 0.5)
    kept(work, 1, 0, 0.5)
    kept(work, 2, 1, 0.25)
    kept(work, 2, 2, 0.25)
    before = paid_before(work, "j", 3)
    assert (before.told, before.untold, before.usd) == (0.5, [cost(0.5)], 1.0)


def test_what_a_later_result_has_told_of_a_killed_attempt_is_not_counted_twice(work) -> None:
    kept(work, 1, 0, 0.5)
    failed(work, 2, paid_before(work, "j", 2).usd + 0.25)
    assert paid_before(work, "j", 3).usd == 0.75


def test_a_result_from_before_attempts_told_their_costs_counts_with_the_episodes(work) -> None:
    success = success_of(PROCESS, "j")
    assert isinstance(success, ProcessResult)
    told(work, 1, success.model_copy(update={"metadata": success.metadata.model_copy(update={"costs": [cost(2.0)]})}))
    told(work, 2, success.model_copy(update={"costs": [cost(1.0)]}))
    work.write(workspace.result_key("j", "upload", 1), b"what another step tells")
    assert paid_before(work, "j", 3).usd == 3.0


def test_a_result_that_cannot_be_read_is_named_without_its_words(work) -> None:
    work.write(workspace.result_key("j", "process", 1), b'{"status": "completed", "metadata": "what was said"}')
    with pytest.raises(Damaged, match=r"results/j/process\.1\.json") as damaged:
        paid_before(work, "j", 2)
    assert "what was said" not in damaged.value.message


def test_the_next_result_tells_what_a_killed_attempt_paid(tmp_path) -> None:
    context = context_in(tmp_path)
    kept(context.settings.work, 1, 0, 0.5)
    (tmp_path / "empty.wav").write_bytes(b"")
    arguments = ProcessArguments(job_id="j", attempt=2, audio_file=str(tmp_path / "empty.wav"), gcs_uri="gs://i/x")
    with pytest.raises(UnusableAudio):
        process_episode(arguments, context)
    assert context.paid == [cost(0.5)]
