"""The program that prepares a project, declared over mocks as strict as the stand-ins."""

from __future__ import annotations

from typing import Any

import pulumi
from support_graph import Graph
from support_settings import GOOGLE_PROJECT, _Mocks

from infra.bootstrap.program import define
from shared.bootstrap import BOOTSTRAP_PROJECT, BootstrapSettings

REPOSITORY = "our-team/our-podcast"
REPOSITORY_ID = 456789123


def settings(**changes: Any) -> BootstrapSettings:
    """A project that is deployed from GitHub."""
    given = {"project": GOOGLE_PROJECT, "repository": REPOSITORY, "repository_id": REPOSITORY_ID}
    return BootstrapSettings(**{**given, **changes})


def declare_bootstrap(given: BootstrapSettings | None = None) -> Graph:
    """All that is declared. Raises AssertionError with everything that the clouds would refuse."""
    clouds = _Mocks()
    pulumi.runtime.set_mocks(clouds, project=BOOTSTRAP_PROJECT, stack=GOOGLE_PROJECT, preview=False)
    try:
        pulumi.runtime.test(lambda: define(given or settings()))()
    finally:
        assert not clouds.refused, "\n".join(clouds.refused)
    return Graph(clouds.nodes)
