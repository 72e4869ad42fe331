"""fetch-job, on real files of every kind."""

import json
import os
import subprocess
import sys
from io import BytesIO
from pathlib import Path

import pytest
import support_audio as audio
from mutagen.flac import FLAC, Picture
from mutagen.id3 import APIC, ID3
from mutagen.mp4 import MP4, MP4Cover
from support_jobs import context_in

from jobs.fetch.pin import copy_location
from jobs.fetch.step import run
from shared.contract import FetchArguments, FetchResult
from shared.errors import NotFound, PermanentError, UnusableAudio


def drop(data: Path, name: str, content: bytes) -> Path:
    path = data / "input" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def fetch(data: Path, name: str, output: str = "work/audio/j/", generation: int | None = None) -> FetchResult:
    arguments = FetchArguments(
        job_id="j", bucket="input", object_name=name, output_path=f"{data}/{output}", generation=generation
    )
    return run(arguments, context_in(data))


@pytest.mark.parametrize("extension", audio.FORMATS)
def test_every_accepted_kind_is_pinned_whole_and_described_by_its_headers(tmp_path, extension):
    _, _, rate = audio.FORMATS[extension]
    content = audio.encoded(audio.tone(2), 44_100, extension, channels=2, tags={"title": "Of tones"})
    drop(tmp_path, f"talk.{extension}", content)
    result = fetch(tmp_path, f"talk.{extension}")
    assert Path(result.local_file).name == f"source.{extension}"
    assert Path(result.local_file).read_bytes() == content
    assert result.file_size == len(content)
    assert (result.source_bucket, result.source_object) == ("input", f"talk.{extension}")
    assert result.duration_seconds == pytest.approx(2, abs=0.1)
    assert (result.sample_rate, result.channels) == (rate, 2)
    # A WAV's tags live in a chunk that FFmpeg writes too; all seven kinds keep a title.
    assert result.title == "Of tones"
    assert result.codec


def test_an_extension_in_capitals_is_the_same_extension(tmp_path):
    drop(tmp_path, "TALK.WAV", audio.encoded(audio.tone(1), 44_100, "wav"))
    assert fetch(tmp_path, "TALK.WAV").local_file.endswith("source.wav")


@pytest.mark.parametrize(
    "name", ['it\'s "quoted".mp3', "🎙️ 第1回 はじめに.mp3", "two  spaces.mp3", "-dash.mp3", "a/b/c.mp3"]
)
def test_quotes_emoji_spaces_and_folders_in_a_name_are_just_a_name(tmp_path, name):
    drop(tmp_path, name, audio.encoded(audio.tone(1), 44_100, "mp3"))
    assert fetch(tmp_path, name).source_object == name


def test_an_mp3_without_a_xing_header_has_no_duration_in_its_headers(tmp_path):
    drop(tmp_path, "t.mp3", audio.encoded(audio.tone(2), 44_100, "mp3", options={"write_xing": "0"}))
    assert fetch(tmp_path, "t.mp3").duration_seconds is None


# ---------------------------------------------------------------- covers


@pytest.mark.parametrize("kind", ["jpg", "png"])
@pytest.mark.parametrize("extension", ["mp3", "m4a", "flac"])
def test_an_embedded_jpeg_or_png_lands_beside_the_pinned_source(tmp_path, extension, kind):
    image = audio.picture(kind)
    content = BytesIO(audio.encoded(audio.tone(1), 44_100, extension))
    _embed(content, extension, image, {"jpg": "image/jpeg", "png": "image/png"}[kind])
    drop(tmp_path, f"t.{extension}", content.getvalue())
    result = fetch(tmp_path, f"t.{extension}")
    assert result.cover_file == str(Path(result.local_file).with_name(f"cover.{kind}"))
    assert Path(result.cover_file).read_bytes() == image


def test_a_cover_that_no_player_shows_is_left_where_it_is(tmp_path):
    content = BytesIO(audio.encoded(audio.tone(1), 44_100, "mp3"))
    _embed(content, "mp3", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/jpeg")
    drop(tmp_path, "t.mp3", content.getvalue())
    assert fetch(tmp_path, "t.mp3").cover_file is None


def _embed(content: BytesIO, extension: str, image: bytes, mime: str) -> None:
    content.seek(0)
    file: ID3 | MP4 | FLAC
    if extension == "mp3":
        file = ID3()
        file.add(APIC(mime=mime, type=3, data=image))
    elif extension == "m4a":
        file = MP4(content)
        form = MP4Cover.FORMAT_PNG if mime == "image/png" else MP4Cover.FORMAT_JPEG
        file["covr"] = [MP4Cover(image, imageformat=form)]
    else:
        file = FLAC(content)
        picture = Picture()
        picture.type, picture.mime, picture.data = 3, mime, image
        file.add_picture(picture)
    content.seek(0)
    file.save(content)


# -------------------------------------------------------------- refusals


def test_a_kind_that_is_not_accepted_is_refused_with_the_list_of_those_that_are(tmp_path):
    drop(tmp_path, "notes.docx", b"x")
    with pytest.raises(UnusableAudio, match=r"notes.docx is a .docx file") as refusal:
        fetch(tmp_path, "notes.docx", output="work/audio/j/source.docx")
    assert "flac, m4a, mp3, mp4, ogg, opus, wav" in (refusal.value.advice or "")


def test_a_file_without_an_extension_is_refused(tmp_path):
    drop(tmp_path, "talk", b"x")
    with pytest.raises(UnusableAudio, match="without an extension"):
        fetch(tmp_path, "talk")


@pytest.mark.parametrize("extension", audio.FORMATS)
def test_an_empty_file_is_refused_as_empty(tmp_path, extension):
    drop(tmp_path, f"e.{extension}", b"")
    with pytest.raises(UnusableAudio, match="is empty: 0 bytes"):
        fetch(tmp_path, f"e.{extension}")


@pytest.mark.parametrize("extension", audio.FORMATS)
def test_a_text_under_the_name_of_audio_is_refused_and_leaves_no_copy(tmp_path, extension):
    drop(tmp_path, f"t.{extension}", b"Dear diary, today nothing was recorded.\n" * 2_000)
    with pytest.raises(UnusableAudio, match=rf"t.{extension}"):
        fetch(tmp_path, f"t.{extension}")
    assert not list((tmp_path / "work").rglob("source*"))


@pytest.mark.parametrize("extension", audio.FORMATS)
@pytest.mark.parametrize("kind", ["hls", "concat", "ffconcat"])
def test_a_playlist_never_opens_the_file_that_it_names(tmp_path, extension, kind):
    secret = audio.write_audio(tmp_path / "secret.wav", audio.tone(1), 44_100)
    playlist = {
        "hls": f"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nfile://{secret}\n#EXT-X-ENDLIST\n",
        "concat": f"concat:{secret}\n",
        "ffconcat": f"ffconcat version 1.0\nfile '{secret}'\n",
    }[kind]
    drop(tmp_path, f"list.{extension}", playlist.encode())
    with pytest.raises(UnusableAudio):
        fetch(tmp_path, f"list.{extension}")


def test_a_wav_called_mp3_is_refused_with_the_name_that_it_should_have(tmp_path):
    drop(tmp_path, "t.mp3", audio.encoded(audio.tone(1), 44_100, "wav"))
    with pytest.raises(UnusableAudio, match=r"is a WAV file under the extension .mp3") as refusal:
        fetch(tmp_path, "t.mp3")
    assert ".wav" in (refusal.value.advice or "")


def test_a_video_without_sound_is_refused_as_that(tmp_path):
    drop(tmp_path, "v.mp4", audio.video_without_sound())
    with pytest.raises(UnusableAudio, match="a video without an audio track"):
        fetch(tmp_path, "v.mp4")


def test_a_recording_that_its_headers_call_too_long_is_refused(tmp_path):
    drop(tmp_path, "x", b"")
    audio.silent_wav_of_hours(tmp_path / "input" / "long.wav", 1.5)
    (tmp_path / "show.toml").write_text("longest_episode_hours = 1\n")
    with pytest.raises(UnusableAudio, match=r"is 1.5 hours long, and the show's episodes end at 1 hours") as refusal:
        fetch(tmp_path, "long.wav")
    assert "longest_episode_hours" in (refusal.value.advice or "")


# ------------------------------------------------------------ generation


def test_the_generation_that_was_pinned_is_told(tmp_path):
    path = drop(tmp_path, "t.wav", audio.encoded(audio.tone(1), 44_100, "wav"))
    generation = path.stat().st_ctime_ns
    assert fetch(tmp_path, "t.wav", generation=generation).generation == generation


def test_another_generation_than_asked_for_belongs_to_another_job(tmp_path):
    path = drop(tmp_path, "t.wav", audio.encoded(audio.tone(1), 44_100, "wav"))
    with pytest.raises(PermanentError, match=r"a newer version of t.wav arrived") as refusal:
        fetch(tmp_path, "t.wav", generation=path.stat().st_ctime_ns - 1)
    assert "a job of its own" in (refusal.value.advice or "")


def test_a_source_that_is_gone_is_not_found(tmp_path):
    (tmp_path / "input").mkdir()
    with pytest.raises(NotFound, match=r"gone.mp3 is no longer in input"):
        fetch(tmp_path, "gone.mp3")


def test_a_bucket_that_does_not_exist_is_not_found(tmp_path):
    arguments = FetchArguments(job_id="j", bucket="elsewhere", object_name="t.mp3", output_path=f"{tmp_path}/o/")
    with pytest.raises(NotFound, match="elsewhere"):
        run(arguments, context_in(tmp_path))


# ----------------------------------------------------------- output path


@pytest.mark.parametrize(
    ("output", "is_folder", "expected"),
    [
        ("out/a.mp3", False, "out/a.mp3"),
        ("out/A.MP3", False, "out/A.MP3"),
        ("out/", False, "out/source.mp3"),
        ("out.d", True, "out.d/source.mp3"),
        ("out/job", False, "out/job/source.mp3"),
        ("gs://bucket/audio/j/", False, "gs://bucket/audio/j/source.mp3"),
    ],
)
def test_the_copy_goes_to_the_path_or_into_the_folder(output, is_folder, expected):
    assert copy_location(output, "mp3", is_folder=is_folder) == expected


def test_a_path_of_another_kind_than_the_source_is_refused_before_anything_is_copied(tmp_path):
    drop(tmp_path, "t.wav", audio.encoded(audio.tone(1), 44_100, "wav"))
    with pytest.raises(PermanentError, match=r"would call it .mp3"):
        fetch(tmp_path, "t.wav", output="out/a.mp3")
    assert not (tmp_path / "out").exists()


# ---------------------------------------------------------- command line


def command(data: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "jobs.fetch", *words],
        env={**os.environ, "PODCAST_DATA": str(data)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_by_hand_it_prints_the_fields_of_the_product_as_one_line(tmp_path):
    drop(tmp_path, "t.wav", audio.encoded(audio.tone(1), 44_100, "wav"))
    target = tmp_path / "out" / "t.wav"
    done = command(
        tmp_path, "--job-id", "x", "--bucket", "input", "--object-name", "t.wav", "--output-path", str(target)
    )
    assert done.returncode == 0, done.stderr
    (line,) = done.stdout.splitlines()
    printed = json.loads(line)
    assert (
        printed
        | {
            "status": "completed",
            "job_id": "x",
            "local_file": str(target),
            "file_size": target.stat().st_size,
            "source_bucket": "input",
            "source_object": "t.wav",
        }
        == printed
    )


def test_a_refusal_is_one_line_too_and_exits_with_1(tmp_path):
    drop(tmp_path, "t.mp3", b"no sound at all")
    done = command(
        tmp_path, "--job-id", "x", "--bucket", "input", "--object-name", "t.mp3", "--output-path", f"{tmp_path}/o/"
    )
    assert done.returncode == 1
    (line,) = done.stdout.splitlines()
    printed = json.loads(line)
    assert (printed["status"], printed["job_id"], printed["error"]["retryable"]) == ("failed", "x", False)
    assert printed["error"]["type"] == "UnusableAudio"
