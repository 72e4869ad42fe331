from __future__ import annotations

import pytest

from shared.errors import PermanentError
from shared.show import ShowSettings, load_show


def test_a_show_needs_no_settings(tmp_path) -> None:
    assert load_show(tmp_path) == ShowSettings()


def test_settings_come_from_the_file(tmp_path) -> None:
    (tmp_path / "show.toml").write_text(
        'title = "第一話"\nlanguage = "ja"\ncategory = "Arts>Books"\n[owner]\nname = "N"\nemail = "n@example.com"\n',
        encoding="utf-8",
    )
    show = load_show(tmp_path)
    assert (show.title, show.language, show.category) == ("第一話", "ja", "Arts > Books")
    assert show.owner is not None


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('titel = "x"', "titel"),
        ('category = "Gardening"', "not one of Apple's categories"),
        ('category = "Arts > Cars"', "no sub-category 'Cars'"),
        ('language = "english please"', "language"),
        ('time_zone = "Mars/Olympus"', "not an IANA time zone"),
        ('link = "javascript:alert(1)"', "link"),
        ('owner = {name = "n", email = "nobody"}', "owner.email"),
        ("longest_episode_hours = 0", "longest_episode_hours"),
        ('description = "' + "あ" * 1400 + '"', "4,000 bytes"),
        ('title_pattern = "第N回"', "has no {title}"),
        ('title_pattern = "{title} by {author}"', "nothing else"),
        ('title_pattern = "{title.__class__}"', "nothing else"),
        ('title_pattern = "{number}{title"', "nothing else"),
        ('hosts = [""]', "hosts.0"),
        ("title = ", "is not TOML"),
    ],
)
def test_a_wrong_setting_is_named_with_its_reason_and_its_file(tmp_path, line, reason) -> None:
    (tmp_path / "show.toml").write_text(line, encoding="utf-8")
    with pytest.raises(PermanentError) as refused:
        load_show(tmp_path)
    assert reason in refused.value.message
    assert "show.toml" in refused.value.message
    assert refused.value.advice
