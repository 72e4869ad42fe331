"""Clean-up of images, as Artifact Registry documents it, over what becomes of one image in the life of a stack.

https://cloud.google.com/artifact-registry/docs/repositories/cleanup-policy-overview: a version that a delete policy and
a keep policy match is kept; "most recent" is counted for each image.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from support_settings import declare, dev_settings

DAY = 24 * 3600


@functools.cache
def policies() -> Sequence[Mapping[str, Any]]:
    found: Sequence[Mapping[str, Any]] = declare(dev_settings()).one("Repository", "repository")["cleanupPolicies"]
    return found


def seconds(text: str) -> int:
    return int(text.removesuffix("s"))


@dataclass
class Version:
    """One digest in the registry."""

    digest: int
    pushed: int
    tagged: bool = True


@dataclass
class Registry:
    """One image of one stack: its versions, the one that runs, and those that ran."""

    now: int = 0
    versions: list[Version] = field(default_factory=list)
    running: int = -1
    revisions: list[int] = field(default_factory=list)
    removed: list[tuple[Version, int]] = field(default_factory=list)
    """Each with the number of newer ones that there were."""

    def push(self) -> int:
        """A new image takes the stack's tag from the one before."""
        for each in self.versions:
            each.tagged = False
        digest = len(self.versions) + len(self.removed)
        self.versions.append(Version(digest, self.now))
        return digest

    def deploy(self) -> None:
        self.running = self.push()
        self.revisions.append(self.running)

    def roll_back(self, revisions: int) -> None:
        self.running = self.revisions[max(0, len(self.revisions) - 1 - revisions)]

    def pushed_since(self, revisions: int) -> int:
        """How many images are newer than the one that ran so many revisions ago."""
        pushed = len(self.versions) + len(self.removed)
        return pushed - 1 - self.revisions[max(0, len(self.revisions) - 1 - revisions)]

    def pass_days(self, days: int) -> None:
        self.now += days * DAY
        self.clean_up()

    def clean_up(self) -> None:
        for version in list(self.versions):
            newer = sum(each.pushed > version.pushed or each.digest > version.digest for each in self.versions)
            if self._matched("DELETE", version, newer) and not self._matched("KEEP", version, newer):
                self.versions.remove(version)
                self.removed.append((version, newer))

    def _matched(self, action: str, version: Version, newer: int) -> bool:
        return any(self._matches(policy, version, newer) for policy in policies() if policy["action"] == action)

    def _matches(self, policy: Mapping[str, Any], version: Version, newer: int) -> bool:
        if recent := policy.get("mostRecentVersions"):
            return newer < int(recent["keepCount"])
        condition = policy["condition"]
        assert set(condition) <= {"tagState", "olderThan"}, "this model knows no other conditions"
        states = {"TAGGED": version.tagged, "UNTAGGED": not version.tagged, "ANY": True}
        return states[condition.get("tagState", "ANY")] and self.now - version.pushed > seconds(condition["olderThan"])

    @property
    def digests(self) -> set[int]:
        return {each.digest for each in self.versions}


EVENTS = st.one_of(
    st.tuples(st.just("deploy"), st.just(0)),
    st.tuples(st.just("fail"), st.integers(1, 12)),
    st.tuples(st.just("wait"), st.integers(1, 1000)),
    st.tuples(st.just("roll back"), st.integers(1, 10)),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(EVENTS, max_size=60))
def test_nothing_that_runs_or_that_a_rollback_needs_is_ever_removed(history: list[tuple[str, int]]) -> None:
    """However long nothing is deployed, with up to a dozen deployments in a row that fail after their push, and after a
    rollback over up to three dozen of them."""
    registry = Registry()
    registry.deploy()
    failed = 0
    for event, number in history:
        match event:
            case "deploy":
                registry.deploy()
                failed = 0
            case "fail" if failed + number <= 12:
                failed += number
                for _ in range(number):
                    registry.push()
                    registry.pass_days(1)
            case "wait":
                registry.pass_days(number)
            case "roll back" if not failed and registry.pushed_since(number) <= 36:
                registry.roll_back(number)
        assert registry.running in registry.digests
    for version, newer in registry.removed:
        assert not version.tagged
        assert newer >= 50


def test_weeks_of_deployments_that_fail_after_their_push_take_nothing_away_from_what_runs() -> None:
    registry = Registry()
    registry.deploy()
    for _ in range(26):
        registry.push()
        registry.pass_days(7)
    assert registry.running in registry.digests


def test_what_has_run_untouched_for_ten_years_is_there() -> None:
    registry = Registry()
    registry.deploy()
    registry.pass_days(3650)
    assert registry.digests == {registry.running}


def test_a_rollback_by_ten_revisions_finds_its_image_after_a_year_of_a_deployment_a_week() -> None:
    registry = Registry()
    for _ in range(52):
        registry.deploy()
        registry.pass_days(7)
    for revisions in range(11):
        registry.roll_back(revisions)
        assert registry.running in registry.digests


def test_the_registry_does_not_grow_for_ever() -> None:
    registry = Registry()
    for _ in range(400):
        registry.deploy()
        registry.pass_days(1)
    assert len(registry.digests) <= 91


def test_a_clean_up_really_removes_something() -> None:
    registry = Registry()
    for _ in range(60):
        registry.deploy()
    registry.pass_days(91)
    assert len(registry.digests) == 50
