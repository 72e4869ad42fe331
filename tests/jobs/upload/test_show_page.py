"""docs/show.md explains every setting, and its example is one that works."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from shared.show import Owner, ShowSettings

PAGE = (Path(__file__).parents[3] / "docs/show.md").read_text("utf-8")


def test_the_example_is_a_valid_show():
    (example,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    show = ShowSettings.model_validate(tomllib.loads(example))
    assert show.category == "Arts > Books"
    assert show.owner == Owner(name="Ada Lovell", email="ada@shelf.example")


def test_every_setting_is_explained_with_its_default():
    rows = dict(re.findall(r"^\| `\[?(\w+)\]?`[^|]*\| ([^|]*) \|", PAGE, re.MULTILINE))
    assert set(ShowSettings.model_fields) <= rows.keys()
    for name, field in ShowSettings.model_fields.items():
        if isinstance(field.default, str) and rows[name].startswith("`"):
            assert rows[name] == f"`{field.default}`", name
        if isinstance(field.default, bool):
            assert rows[name] == f"`{str(field.default).lower()}`", name
