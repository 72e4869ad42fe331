from __future__ import annotations

from hypothesis import assume, given
from hypothesis import strategies as st

from shared.identity import episode_id_of, job_id_of


@given(st.text(), st.text(), st.integers(1))
def test_the_same_event_is_the_same_job(bucket, name, generation) -> None:
    assert job_id_of(bucket, name, generation) == job_id_of(bucket, name, generation)


@given(st.text(), st.text(), st.integers(1), st.integers(1))
def test_a_new_version_is_a_new_job_of_the_same_episode(bucket, name, one, other) -> None:
    assume(one != other)
    assert job_id_of(bucket, name, one) != job_id_of(bucket, name, other)
    assert episode_id_of(bucket, name) not in {job_id_of(bucket, name, one), job_id_of(bucket, name, other)}


def test_bucket_and_name_do_not_run_into_each_other() -> None:
    assert episode_id_of("a", "b/c") != episode_id_of("a/b", "c")


def test_identifiers_stay_what_they_were() -> None:
    # Records of every show hang on these; a change here orphans them all.
    assert episode_id_of("input", "one.mp3") == "dc324ef1-1649-5762-be77-0879ddfb608b"
    assert job_id_of("input", "one.mp3", 1) == "43e45338-88b0-53a3-93c6-7138cc819dce"
