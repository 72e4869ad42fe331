"""What the command is asked for, and what it says of a wrong wish."""

from __future__ import annotations

from typing import Any

import pytest

from controller.bootstrap.prepare import settings_from
from shared.bootstrap import BootstrapSettings
from shared.errors import PermanentError

WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "a project by its title": ({"project": "My Podcast"}, "'My Podcast' is no project id"),
    "a project with a short id": ({"project": "pod"}, "'pod' is no project id"),
    "a project that ends with a dash": ({"project": "my-podcast-"}, "is no project id"),
    "a project by its number": ({"project": "123456789012"}, "is no project id"),
    "a region that is none": (
        {"region": "asia-northeast9"},
        "is no region with Cloud Run; did you mean asia-northeast",
    ),
    "a zone": ({"region": "asia-northeast1-a"}, "did you mean asia-northeast1?"),
    "a repository without its owner": ({"repository": "our-podcast"}, "is no repository: OWNER/NAME"),
    "a repository by its address": ({"repository": "https://github.com/us/ours"}, "is no repository: OWNER/NAME"),
    "a repository with a quote in it": ({"repository": "us/ours' || true || '"}, "is no repository: OWNER/NAME"),
    "a number without its repository": ({"repository_id": 7}, "add --repository OWNER/NAME"),
    "a bucket in capitals": ({"state_bucket": "State"}, "'State' is no bucket name"),
    "a bucket by its address": ({"state_bucket": "gs://state"}, "'gs://state' is no bucket name"),
}


def asked_for(**changes: Any) -> BootstrapSettings:
    right = {
        "project": "my-project-123456",
        "region": "asia-northeast1",
        "repository": None,
        "repository_id": None,
        "state_bucket": None,
    }
    return settings_from(**{**right, **changes})


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_wish_is_refused_with_its_reason(case: str) -> None:
    wish, reason = WRONG[case]
    with pytest.raises(PermanentError) as refused:
        asked_for(**wish)
    assert reason in refused.value.message
    assert "nothing was made" in str(refused.value.advice)


def test_all_wrong_wishes_are_told_at_once() -> None:
    with pytest.raises(PermanentError) as refused:
        asked_for(project="X", region="moon", repository="ours")
    for wish in ("project", "region", "repository"):
        assert f"{wish}: " in refused.value.message


def test_a_state_bucket_is_called_after_its_project_unless_told_otherwise() -> None:
    assert asked_for().backend == "gs://my-project-123456-podcast-state"
    assert asked_for(state_bucket="our-state").backend == "gs://our-state"
