"""What a change of one setting touches is written down in changes.toml, and nothing else may move."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from support_changes import CHANGES, GOLDEN, changes
from support_graph import Graph
from support_settings import declare, dev_settings

LISTED = tomllib.loads(GOLDEN.read_text("utf-8"))


@pytest.fixture(scope="module")
def fresh() -> Graph:
    return declare(dev_settings())


def test_the_same_settings_give_the_same_stack(fresh: Graph) -> None:
    assert changes(fresh, declare(dev_settings())) == {}


@pytest.mark.parametrize("setting", CHANGES)
def test_a_changed_setting_touches_what_is_listed(setting: str, fresh: Graph) -> None:
    assert changes(fresh, declare(dev_settings(**CHANGES[setting]))) == LISTED[setting]


def test_no_change_of_a_setting_but_of_places_replaces_what_holds_data() -> None:
    holds_data = ("Bucket ", "R2Bucket ", "Secret ")
    replacing = {
        setting
        for setting, touched in LISTED.items()
        for name, operation in touched.items()
        if operation in ("replace", "delete") and name.startswith(holds_data)
    }
    assert replacing == {"input_bucket", "region"}


def test_the_list_is_in_use() -> None:
    assert set(LISTED) == set(CHANGES)
    assert Path(GOLDEN).name == "changes.toml"
