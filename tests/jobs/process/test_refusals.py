"""What is no episode is refused before anybody listens to it, each with its own reason."""

import numpy as np
import pytest
import support_audio as audio
from support_jobs import context_in

from jobs.process.episode import process_episode
from jobs.process.survey import survey
from shared.contract import ProcessArguments
from shared.errors import NotFound, PermanentError, UnusableAudio


def process(tmp_path, name, content=None, *, ai="local"):
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    arguments = ProcessArguments(job_id="j", audio_file=str(path), gcs_uri=f"gs://input/{name}")
    return process_episode(arguments, context_in(tmp_path, ai=ai))


def surveyed(content: bytes, name: str, tmp_path):
    path = tmp_path / name
    path.write_bytes(content)
    with path.open("rb") as source:
        return survey(source, name, lambda seconds: None, longest=3_600)


KINDS = [
    ("mp3", {}),
    ("m4a", {}),
    ("m4a", {"movflags": "faststart"}),
    ("mp4", {"movflags": "faststart"}),
    ("mp4", {"movflags": "frag_keyframe+empty_moov"}),
    ("wav", {}),
    ("flac", {}),
    ("ogg", {}),
    ("opus", {}),
]


@pytest.mark.parametrize("share", [0.5, 0.9])
@pytest.mark.parametrize(("extension", "options"), KINDS)
def test_a_truncated_recording_is_refused_as_that(tmp_path, extension, options, share):
    whole = audio.encoded(audio.noise(20) + audio.tone(20), 44_100, extension, options=options)
    with pytest.raises(UnusableAudio, match=r"is truncated: |cut off before its index"):
        process(tmp_path, f"t.{extension}", whole[: int(len(whole) * share)])


@pytest.mark.parametrize(("extension", "options"), KINDS)
def test_a_whole_recording_is_not_called_truncated(tmp_path, extension, options):
    whole = audio.encoded(audio.noise(20) + audio.tone(20), 44_100, extension, options=options)
    # It has no speech, which is found out after its end was.
    with pytest.raises(UnusableAudio, match=r"nobody is heard speaking in all of its 00:(20|19)") as refusal:
        process(tmp_path, f"t.{extension}", whole)
    assert "microphone" in (refusal.value.advice or "")


def test_the_message_of_a_truncated_mp3_says_what_was_promised_and_what_is_there(tmp_path):
    whole = audio.encoded(audio.noise(20), 44_100, "mp3")
    with pytest.raises(UnusableAudio, match=r"its headers promise 00:20, and it ends at 00:(09|10)"):
        process(tmp_path, "t.mp3", whole[: len(whole) // 2])


def test_a_wav_whose_size_was_never_filled_in_promises_nothing(tmp_path):
    whole = audio.encoded(audio.tone(3), 44_100, "wav")
    for unknown in (b"\xff\xff\xff\xff", b"\0\0\0\0"):
        at = whole.index(b"data") + 4
        streamed = whole[:at] + unknown + whole[at + 4 :]
        found = surveyed(streamed, "t.wav", tmp_path)
        assert found.promised is None
        assert not found.stops_inside


def test_tags_behind_the_last_frame_of_an_mp3_are_no_damage(tmp_path):
    whole = audio.encoded(audio.tone(3), 44_100, "mp3", options={"write_xing": "0"})
    found = surveyed(whole + b"TAG" + b"Of tones".ljust(125, b"\0"), "t.mp3", tmp_path)
    assert not found.stops_inside
    assert found.duration == pytest.approx(3, abs=0.1)


def test_three_hours_of_silence_are_refused_as_silent(tmp_path):
    audio.silent_wav_of_hours(tmp_path / "s.wav", 3)
    with pytest.raises(UnusableAudio, match=r"silent from end to end \(3:00:00\)"):
        process(tmp_path, "s.wav")


def test_the_noise_of_an_open_input_is_silence_too(tmp_path):
    with pytest.raises(UnusableAudio, match="silent from end to end"):
        process(tmp_path, "s.flac", audio.encoded(audio.noise(3, level=3e-5), 44_100, "flac"))


def test_music_without_a_voice_is_refused_as_wordless(tmp_path):
    chord = np.sum([audio.tone(6, frequency=frequency, level=0.1) for frequency in (220, 277, 330)], axis=0)
    with pytest.raises(UnusableAudio, match="nobody is heard speaking"):
        process(tmp_path, "m.wav", audio.encoded(chord, 44_100, "wav"))


def test_a_recording_that_turns_out_too_long_is_refused_before_it_is_decoded_to_its_end(tmp_path):
    # Without a Xing header fetch-job could not know.
    whole = audio.encoded(audio.tone(30), 44_100, "mp3", options={"write_xing": "0"})
    (tmp_path / "show.toml").write_text("longest_episode_hours = 0.005\n")
    with pytest.raises(UnusableAudio, match=r"is longer than 0\.005 hours") as refusal:
        process(tmp_path, "t.mp3", whole)
    assert "longest_episode_hours" in (refusal.value.advice or "")


def test_headers_without_sound_are_refused_as_that(tmp_path):
    with pytest.raises(UnusableAudio, match="not a moment of sound"):
        process(tmp_path, "t.wav", audio.wav_header(0, 44_100))


def test_a_missing_file_is_not_found(tmp_path):
    with pytest.raises(NotFound):
        process(tmp_path, "gone.mp3")


def test_vertex_ai_without_credentials_is_refused_at_once(tmp_path, monkeypatch):
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "none.json"))
    with pytest.raises(PermanentError, match="there are no Google credentials here"):
        process(tmp_path, "gone.mp3", ai="vertex")
