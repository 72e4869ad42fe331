"""`podcast doctor` on a laptop: what it says of the show and its cover."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from controller.cli.doctor import diagnose
from shared.config import LocalSettings


def picture(width: int, height: int, kind: str = "PNG") -> bytes:
    writer = io.BytesIO()
    Image.new("RGB", (width, height)).save(writer, kind)
    return writer.getvalue()


def checks(tmp_path, cover: bytes | None):
    (tmp_path / "show.toml").write_text('cover = "cover.png"\n')
    if cover is not None:
        (tmp_path / "cover.png").write_bytes(cover)
    return {each.subject: each for each in diagnose(LocalSettings(data=tmp_path))}


def test_a_cover_that_directories_take_is_fine(tmp_path) -> None:
    assert checks(tmp_path, picture(1400, 1400))["Cover"].fine


@pytest.mark.parametrize(
    ("cover", "reason"),
    [
        (picture(1400, 1500), "squares only"),
        (picture(600, 600), "1400 to 3000"),
        (picture(1400, 1400, "GIF"), "is a GIF"),
        (b"no picture", "no picture that can be read"),
    ],
)
def test_a_cover_that_directories_refuse_is_told_with_what_they_take(tmp_path, cover, reason) -> None:
    found = checks(tmp_path, cover)
    assert not found["Cover"].fine
    assert reason in found["Cover"].found
    assert "1,400 to 3,000 pixels" in (found["Cover"].fix or "")
    assert found["Show"].fine


def test_a_cover_that_is_not_there_is_told_with_where_it_belongs(tmp_path) -> None:
    assert "beside show.toml" in (checks(tmp_path, None)["Cover"].fix or "")


def test_a_show_without_a_cover_has_none_to_look_at(tmp_path) -> None:
    assert "Cover" not in {each.subject for each in diagnose(LocalSettings(data=tmp_path))}
