"""process-job end to end: real speech, the real models."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence

import jiwer
import numpy as np
import pytest
import support_audio as audio
from support_jobs import context_in

from jobs.process.analysts import Listener
from jobs.process.episode import process_episode
from jobs.process.local.analyst import LONGEST_CHUNK, LocalAnalyst, refuse_unless_english
from shared.ai import NO_VOICES, AudioChunk, HeardChunk
from shared.contract import ProcessArguments
from shared.errors import PermanentError
from shared.models import Digest, ProcessingMetadata, Segment
from shared.show import ShowSettings


class Listening:
    """The embedded analyst, whose words for some chunks are taken away, and which remembers what it was asked."""

    def __init__(self, *, deaf_to: Sequence[int] = ()) -> None:
        self._analyst = LocalAnalyst()
        self._deaf_to = deaf_to
        self.asked: list[int] = []

    @property
    def made_by(self) -> str:
        return self._analyst.made_by

    def transcribe(self, chunk: AudioChunk) -> HeardChunk:
        self.asked.append(chunk.number)
        heard = self._analyst.transcribe(chunk)
        return heard.model_copy(update={"segments": []}) if chunk.number in self._deaf_to else heard

    def digest(
        self,
        transcript: Sequence[Segment],
        *,
        language: str,
        show: ShowSettings,
        voices: Mapping[str, str] = NO_VOICES,
    ) -> Digest:
        return self._analyst.digest(transcript, language=language, show=show, voices=voices)


def process(data, path, analyst=None, *, attempt=0, longest_chunk=LONGEST_CHUNK) -> ProcessingMetadata:
    arguments = ProcessArguments(job_id="j", attempt=attempt, audio_file=str(path), gcs_uri="gs://input/x")
    listener = Listener(analyst or LocalAnalyst(), refuse_unless_english, longest_chunk)
    return process_episode(arguments, context_in(data), listener)


def normalised(text: str) -> str:
    return " ".join(re.sub(r"[^a-z' ]", " ", " ".join(text.lower().split())).split())


@pytest.fixture(scope="module")
def two_cities(tmp_path_factory) -> ProcessingMetadata:
    return process(tmp_path_factory.mktemp("two_cities"), audio.sample_path("two_cities"))


def test_at_most_one_word_in_ten_is_wrong(two_cities):
    assert jiwer.wer(normalised(audio.TWO_CITIES), normalised(two_cities.transcript)) <= 0.10


def test_segments_say_when_it_was_said(two_cities):
    times = [time for segment in two_cities.segments for time in (segment.start, segment.end)]
    assert times == sorted(times)
    assert times[-1] <= two_cities.duration_seconds
    assert max(each.end - each.start for each in two_cities.segments) <= 30
    (best,) = (each for each in two_cities.segments if "age of foolishness" in each.text)
    assert (best.start, best.end) == (pytest.approx(6.6, abs=0.5), pytest.approx(8.4, abs=0.5))


def test_the_metadata_says_all_that_was_found_out(two_cities):
    assert two_cities.title == "A Tale of Two Cities Introduction", "the file's own title tag"
    assert [(each.start, each.title) for each in two_cities.chapters] == [(0.0, two_cities.title)]
    assert two_cities.duration_seconds == pytest.approx(44.374)
    assert two_cities.language == "en"
    assert two_cities.speech_coverage >= 0.95
    assert two_cities.loudness.integrated_lufs == pytest.approx(-35.7, abs=0.1)
    assert two_cities.made_by.startswith("Moonshine tiny-en")
    assert two_cities.cost_usd == 0
    assert two_cities.summary
    assert two_cities.keywords
    assert two_cities.minutes.decisions == two_cities.minutes.action_items == []
    assert two_cities.transcript == " ".join(each.text for each in two_cities.segments)


def test_by_hand_it_prints_the_fields_of_the_product_as_one_line(tmp_path):
    command = [sys.executable, "-m", "jobs.process", "--job-id", "x"]
    words = ["--audio-file", str(audio.sample_path("beckett")), "--gcs-uri", "anything"]
    environment = {**os.environ, "PODCAST_DATA": str(tmp_path)}
    done = subprocess.run([*command, *words], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (line,) = done.stdout.splitlines()
    printed = json.loads(line)
    assert (printed["status"], printed["job_id"]) == ("completed", "x")
    assert printed["metadata"].keys() >= {"title", "summary", "transcript", "duration_seconds", "keywords"}
    assert "fail again" in printed["metadata"]["transcript"].lower()
    assert not list(tmp_path.rglob("*.json")), "without a record nothing is kept"


# --------------------------------------------------- what makes it harder


def test_quiet_speech_in_a_stereo_mp3_loses_no_words(tmp_path):
    samples, rate = audio.recorded("two_cities")
    path = audio.write_audio(tmp_path / "quiet.mp3", samples[: 17 * rate] * 0.05, rate, channels=2)
    heard = process(tmp_path, path)
    said = audio.TWO_CITIES.partition(", it was the spring")[0]
    assert jiwer.wer(normalised(said), normalised(heard.transcript)) <= 0.10


# ----------------------------------------------------- coverage and retry


@pytest.fixture
def three_chunks(tmp_path):
    """Some speech that is heard in three chunks."""
    samples, rate = audio.recorded("two_cities")
    return audio.write_audio(tmp_path / "t.wav", samples[: 17 * rate], rate), 7.0


def test_an_episode_of_which_one_chunk_lost_its_words_is_refused_and_says_where(tmp_path, three_chunks):
    path, longest = three_chunks
    with pytest.raises(PermanentError, match=r"cover only \d\d% .* at 00:(0[5-9]|1\d)–") as refusal:
        process(tmp_path, path, Listening(deaf_to=[1]), longest_chunk=longest)
    assert "PODCAST_AI=vertex" in (refusal.value.advice or "")


def test_the_next_attempt_hears_only_what_was_not_heard_well(tmp_path, three_chunks):
    path, longest = three_chunks
    with pytest.raises(PermanentError):
        process(tmp_path, path, Listening(deaf_to=[1]), attempt=1, longest_chunk=longest)
    second = Listening()
    heard = process(tmp_path, path, second, attempt=2, longest_chunk=longest)
    assert set(second.asked) == {1}
    third = Listening()
    assert process(tmp_path, path, third, attempt=3, longest_chunk=longest).transcript == heard.transcript
    assert third.asked == []


# ---------------------------------------------------------------- language

JAPANESE = (
    "きょうは、ポッドキャストへようこそ。きょうは、てんきが、とても、いいです。ことしの、なつは、とても、"
    "あつかったですね。あしたは、ともだちと、えいがを、みに、いきます。にほんの、れきしに、ついて、はなしましょう。"
)
OTHERS = {
    "ja": JAPANESE,
    "de": "Willkommen zu unserem Podcast. Heute sprechen wir über das Wetter und die Geschichte von Japan. Morgen gehe "
    "ich mit meinen Freunden ins Kino. Der Sommer war dieses Jahr sehr heiß.",
    "fr": "Bienvenue dans notre podcast. Aujourd'hui nous parlons du temps et de l'histoire du Japon. Demain je vais "
    "au cinéma avec mes amis. L'été a été très chaud cette année.",
    "ko": "우리 팟캐스트에 오신 것을 환영합니다. 오늘은 날씨와 일본의 역사에 대해 이야기합니다. "
    "내일 친구들과 영화를 보러 갑니다.",
}
ENGLISH = (
    "Welcome to our podcast. Today we talk about the weather and about the history of Japan. Tomorrow I will go to the "
    "cinema with my friends. The summer was very hot this year, and we spent a lot of time at the lake."
)


@pytest.mark.parametrize("voice", OTHERS)
def test_another_language_is_refused_with_the_setting_that_helps(tmp_path, voice):
    path = audio.write_audio(tmp_path / "t.wav", audio.spoken(OTHERS[voice], voice), audio.ESPEAK_RATE)
    analyst = Listening()
    with pytest.raises(PermanentError, match="does not sound like English") as refusal:
        process(tmp_path, path, analyst)
    assert "PODCAST_AI=vertex" in (refusal.value.advice or "")
    assert analyst.asked == [], "before an hour of it is recognised"


@pytest.mark.parametrize("voice", ["en-us", "en-gb-x-rp"])
def test_english_is_accepted_from_every_voice(tmp_path, voice):
    path = audio.write_audio(tmp_path / "t.wav", audio.spoken(ENGLISH, voice), audio.ESPEAK_RATE)
    assert "podcast" in process(tmp_path, path).transcript.lower()


def test_english_in_noise_is_accepted(tmp_path):
    samples, rate = audio.recorded("endgame_nagg_nell")
    level = float(np.sqrt(np.mean(samples**2))) * 10 ** (-10 / 20)
    noisy = samples + audio.noise(len(samples) / rate, rate, level)[: len(samples)]
    path = audio.write_audio(tmp_path / "t.wav", noisy * 0.5, rate)
    assert "do you hear me" in process(tmp_path, path).transcript.lower()
