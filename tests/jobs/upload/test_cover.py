from __future__ import annotations

import io

import pytest
from PIL import Image

from jobs.upload.cover import EMBEDDED_BYTES, checked, drawn, for_the_tag
from shared.errors import PermanentError


def picture(width, height, kind="PNG", mode="RGB"):
    writer = io.BytesIO()
    Image.new(mode, (width, height), 40).save(writer, kind)
    return writer.getvalue()


@pytest.mark.parametrize(("side", "kind", "mime"), [(1400, "PNG", "image/png"), (3000, "JPEG", "image/jpeg")])
def test_a_square_jpeg_or_png_of_the_right_size_is_taken_as_it_is(side, kind, mime):
    content = picture(side, side, kind)
    cover = checked(content, "cover.x")
    assert (cover.content, cover.content_type) == (content, mime)


@pytest.mark.parametrize(
    ("width", "height", "said"),
    [(1399, 1399, "1,399 × 1,399"), (3001, 3001, "3,001 × 3,001"), (1400, 1500, "1,400 × 1,500")],
)
def test_a_cover_of_the_wrong_size_is_refused_with_its_size_and_what_is_needed(width, height, said):
    with pytest.raises(PermanentError, match=said) as refusal:
        checked(picture(width, height), "cover.png")
    assert "cover.png" in refusal.value.message
    assert "1,400 to 3,000" in (refusal.value.advice or "")


@pytest.mark.parametrize("content", [b"", b"no picture", picture(1400, 1400, "GIF", "L"), picture(1400, 1400, "WEBP")])
def test_what_is_neither_jpeg_nor_png_is_refused(content):
    with pytest.raises(PermanentError, match="neither JPEG nor PNG"):
        checked(content, "cover.png")


def test_a_damaged_cover_is_refused():
    with pytest.raises(PermanentError, match="damaged"):
        checked(picture(1400, 1400, "JPEG")[:5000], "cover.jpg")


def test_a_decompression_bomb_is_refused_by_its_header():
    bomb = bytearray(picture(1, 1))
    # IHDR: 100,000 × 100,000 pixels, 30 GB unpacked; the checksum is made right again.
    import zlib  # noqa: PLC0415 - only here

    bomb[16:24] = (100_000).to_bytes(4, "big") * 2
    bomb[29:33] = zlib.crc32(bytes(bomb[12:29])).to_bytes(4, "big")
    with pytest.raises(PermanentError):
        checked(bytes(bomb), "bomb.png")


def test_a_drawn_cover_is_one_that_directories_accept_and_the_same_for_the_same_title():
    for title in ("My Podcast", "Ärzte", "ポッドキャスト", "!!!", "\ud800"):
        cover = drawn(title)
        assert checked(cover.content, "drawn") == cover
        assert drawn(title) == cover
    assert drawn("My Podcast").content != drawn("Your Podcast").content


def test_a_changed_cover_has_another_address():
    assert drawn("A").key != drawn("B").key
    assert drawn("A").key.endswith(".png")


def test_a_heavy_cover_is_made_lighter_inside_the_audio_only():
    light = drawn("A")
    assert for_the_tag(light) == light
    noise = Image.effect_noise((1400, 1400), 90).convert("RGB")
    writer = io.BytesIO()
    noise.save(writer, "PNG")
    heavy = checked(writer.getvalue(), "noise.png")
    embedded = for_the_tag(heavy)
    assert len(heavy.content) > EMBEDDED_BYTES > 0
    assert len(embedded.content) < len(heavy.content) / 2
    assert embedded.content_type == "image/jpeg"
    assert Image.open(io.BytesIO(embedded.content)).size == (800, 800)
