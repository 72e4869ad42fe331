"""A healthy stack for each test of the doctor."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from support_doctor import World, healthy
from support_servers.fixtures import Cloud


@pytest.fixture
def world(r2_cloud: Cloud) -> Iterator[World]:
    with healthy(r2_cloud) as world:
        yield world
    # Whatever was wrong with the stack: the doctor itself asked for nothing that it should not.
    assert world.google.wrong == []
    assert world.discord.messages == []
