"""Fixtures that tests of several rooms share."""

from __future__ import annotations

from hypothesis import settings

# How long an example takes says nothing about its rule: a busy machine fails no test.
settings.register_profile("rules", deadline=None)
settings.load_profile("rules")

pytest_plugins = ["support_servers.fixtures"]
