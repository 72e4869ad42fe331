from __future__ import annotations

from datetime import timedelta

import pytest
from support_upload import NOON, local_settings

from jobs.upload.lease import LASTS, Lease, LeaseHeld, publisher_lease, take_lease
from shared import workspace


@pytest.fixture
def work(tmp_path):
    return local_settings(tmp_path).work


def held_by(work):
    return Lease.model_validate_json(work.read(workspace.PUBLISHER_LEASE)[0]).owner


def test_a_free_lease_is_taken_and_given_back(work):
    with publisher_lease(work, "a", now=lambda: NOON):
        assert held_by(work) == "a"
    assert held_by(work) is None
    with publisher_lease(work, "b", now=lambda: NOON):
        assert held_by(work) == "b"


def test_the_lease_is_given_back_when_publishing_fails(work):
    with pytest.raises(ZeroDivisionError), publisher_lease(work, "a", now=lambda: NOON):
        raise ZeroDivisionError
    assert held_by(work) is None


def test_a_held_lease_makes_others_wait_and_give_up_after_their_patience(work):
    take_lease(work, "a", NOON)
    impatient = publisher_lease(work, "b", now=lambda: NOON, patience=timedelta(milliseconds=1))
    with pytest.raises(LeaseHeld) as refusal, impatient:
        pytest.fail("two publishers at once")
    assert refusal.value.retryable
    assert held_by(work) == "a"


def test_whoever_waits_gets_the_lease_as_soon_as_it_is_free(work):
    version = take_lease(work, "a", NOON)
    looks = []

    def now():
        # The holder gives it back between our first and second look.
        looks.append(1)
        if len(looks) == 2:
            free = Lease(owner=None, expires_at=NOON)
            work.write(workspace.PUBLISHER_LEASE, free.model_dump_json().encode(), expect=version)
        return NOON

    with publisher_lease(work, "b", now=now):
        assert held_by(work) == "b"


def test_the_lease_of_a_publisher_that_died_is_taken_over_once_it_has_expired(work):
    take_lease(work, "dead", NOON)
    with pytest.raises(LeaseHeld):
        take_lease(work, "b", NOON + LASTS - timedelta(seconds=1))
    take_lease(work, "b", NOON + LASTS)
    assert held_by(work) == "b"


def test_a_lease_that_was_taken_over_is_not_given_back_by_its_old_owner(work):
    with publisher_lease(work, "slow", now=lambda: NOON):
        take_lease(work, "b", NOON + LASTS)
    assert held_by(work) == "b"
