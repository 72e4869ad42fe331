"""process-job with Gemini on Vertex AI: real speech in, the scripted model behind real HTTP."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import support_audio as audio
from support_jobs import context_in
from support_servers.vertex import Asked, Reply, Says, Vertex, vertex
from support_vertex import DIGEST, Ears, client, stretch_of

from jobs.process.analysts import EARS_TOLERANCE, EARS_WORTH_HEARING_AGAIN, Listener
from jobs.process.episode import process_episode
from jobs.process.samples import mono_blocks
from jobs.process.shelf import shelf
from shared.ai import SAMPLE_RATE
from shared.contract import FailedResult, ProcessArguments
from shared.errors import Failure, PermanentError
from shared.models import Cost, ProcessingMetadata
from shared.show import ShowSettings
from shared.storage import FolderStore

RATE = 22_050
PAUSE = 0.8

JAPANESE = [
    ("佐藤", "皆さんこんにちは、第十二回の放送を始めます。"),
    ("Speaker 1", "よろしくお願いします。今日は図書館の話をします。"),
    ("佐藤", "予算は去年より二割増えて、三億円になりました。"),
    ("Speaker 1", "契約書の案は、金曜日までに私が作って送ります。"),
]
READINGS = [
    "みなさんこんにちは、だいじゅうにかいのほうそうをはじめます。",
    "よろしくおねがいします。きょうはとしょかんのはなしをします。",
    "よさんはきょねんよりにわりふえて、さんおくえんになりました。",
    "けいやくしょのあんは、きんようびまでにわたしがつくっておくります。",
]
"""What eSpeak NG can read: it knows no kanji."""

JAPANESE_DIGEST: dict[str, Any] = {
    "title": "図書館の建て替えと予算",
    "episode_number": 12,
    "summary": "図書館の建て替えについて話します。予算は三億円です。",
    "keywords": ["図書館", "予算", "契約書"],
    "chapters": [{"start": "0:00:00", "title": "はじめに"}, {"start": "0:00:10", "title": "予算"}],
    "topics": ["図書館の予算が二割増えた。"],
    "decisions": ["予算を三億円とする。"],
    "action_items": ["鈴木が金曜日までに契約書の案を送る。"],
    "speakers": [{"label": "佐藤", "name": "佐藤"}, {"label": "Speaker 1 @0", "name": "鈴木"}],
    "same_people": [],
}
ENGLISH = [
    ("Sato", "Welcome to the show. Today we talk about the library of our city."),
    ("Sato", "The roof was leaking for many years and nobody wanted to pay for it."),
    ("Sato", "Now the council has found the money and the work begins in April."),
    ("Sato", "There will be forty desks on the third floor with power for computers."),
    ("Sato", "The reading hour for children stays where it always was, on Wednesday."),
    ("Sato", "Thank you for listening and see you again in two weeks from now."),
]


class Bucket(FolderStore):
    """A folder that says of itself what a bucket in the cloud says."""

    def location(self, name: str) -> str:
        return f"gs://podcast-work/{name}"


def recorded(path: Path, voice: str, said: list[tuple[str, str]]) -> list[tuple[float, float, str | None, str]]:
    """Writes a recording of these words, and tells when each was said."""
    sounds: list[audio.Samples] = []
    times: list[tuple[float, float, str | None, str]] = []
    now = 0.0
    for who, text in said:
        words = audio.spoken(text, voice)
        times.append((now, now + len(words) / RATE, who, text))
        sounds += [words, audio.silence(PAUSE, RATE)]
        now += len(words) / RATE + PAUSE
    audio.write_audio(path, np.concatenate(sounds), RATE)
    return times


@pytest.fixture(scope="module")
def english(tmp_path_factory):
    path = tmp_path_factory.mktemp("english") / "episode.mp3"
    return path, recorded(path, "en-us", ENGLISH)


@pytest.fixture
def server(english):
    with vertex(Ears(english[1], {**DIGEST, "chapters": []}, "en")) as running:
        yield running


def process(
    data: Path, recording: Path, server: Vertex, *, longest: float = 10.0, **settings: Any
) -> ProcessingMetadata:
    analyst = client(server.url, ShowSettings(), shelf(Bucket(data / "work"), "j"), **settings)
    listener = Listener(
        analyst,
        refuse_language=lambda *_: None,
        longest_chunk=longest,
        refuse_cost=analyst.check_budget,
        chunks_abreast=8,
        tolerance=EARS_TOLERANCE,
        worth_hearing_again=EARS_WORTH_HEARING_AGAIN,
    )
    arguments = ProcessArguments(job_id="j", attempt=1, audio_file=str(recording), gcs_uri="gs://input/x")
    try:
        return process_episode(arguments, context_in(data, ai="vertex"), listener)
    finally:
        analyst.close()


def heard(server: Vertex) -> list[tuple[float, float]]:
    """The stretches that the model was asked about."""
    return sorted(stretch_of(asked) for asked in server.asked if asked.audio)


def test_chunks_are_put_together_in_the_episodes_time(tmp_path, english, server) -> None:
    recording, said = english
    found = process(tmp_path, recording, server)
    assert len(heard(server)) > 2
    assert [each.text for each in found.segments] == [text for *_, text in said]
    for segment, (start, end, _, _) in zip(found.segments, said, strict=True):
        assert (segment.start, segment.end) == pytest.approx((start, end), abs=0.2)
    assert found.speech_coverage is not None
    assert found.speech_coverage > 0.95
    assert found.language == "en"


def test_what_it_cost_is_the_sum_of_all_calls(tmp_path, english, server) -> None:
    found = process(tmp_path, english[0], server)
    assert sum(cost.input_tokens for cost in found.costs) == 1000 * len(server.asked)
    assert found.cost_usd > 0
    assert {cost.model for cost in found.costs} == {"gemini-3.8-flash"}


def test_a_rerun_pays_only_for_what_is_missing(tmp_path, english, server: Vertex) -> None:
    ears = server.script
    refused: list[str | None] = []

    def refusing_one(asked: Asked) -> Reply:
        if asked.audio and stretch_of(asked)[0] > 0 and (not refused or asked.audio in refused):
            refused.append(asked.audio)
            return Says(None, finish="SAFETY")
        return ears(asked)

    server.script = refusing_one
    with pytest.raises(PermanentError, match=r"chunk \d+ .*SAFETY"):
        process(tmp_path, english[0], server)
    kept = len(list((tmp_path / "work/chunks/j").iterdir()))
    assert kept == len(set(heard(server))) - 1
    server.script = ears
    server.asked.clear()
    found = process(tmp_path, english[0], server)
    assert len(heard(server)) == 1
    assert [each.text for each in found.segments] == [text for *_, text in english[1]]
    assert sum(cost.input_tokens for cost in found.costs) == 1000 * (kept + 2), "what was paid before is counted too"


def test_a_part_that_is_refused_costs_nothing_of_the_rest_and_a_rerun_pays_only_for_it(
    tmp_path, english, server: Vertex
) -> None:
    recording, said = english
    whole = server.script
    most = Ears([each for each in said if each is not said[3]], DIGEST, "en")
    server.script = lambda asked: Says(None, finish="SAFETY") if stretch_of(asked)[0] > 0 else most(asked)
    with pytest.raises(PermanentError, match=r"chunk 1 .*SAFETY"):
        process(tmp_path, recording, server, longest=900.0)
    server.script = whole
    server.asked.clear()
    found = process(tmp_path, recording, server, longest=900.0)
    ((start, end),) = heard(server)
    assert (start, end) == pytest.approx((said[3][0], said[3][1]), abs=1.5)
    assert [each.text for each in found.segments] == [text for *_, text in said]
    assert sum(cost.input_tokens for cost in found.costs) == 1000 * 3, "what was paid before is counted too"


def test_people_without_names_are_the_same_people_in_every_chunk(tmp_path, english, server: Vertex) -> None:
    recording, said = english
    talk = [(start, end, f"Speaker {n % 2 + 1}", text) for n, (start, end, _, text) in enumerate(said)]
    described: list[dict[str, str]] = []

    def script(asked: Asked) -> Reply:
        if asked.audio:
            return Ears(talk, DIGEST, "en")(asked)
        lines = json.loads(asked.texts[1])
        labels = list(dict.fromkeys(line.split(" ", 1)[1].partition(":")[0] for line in lines))
        described.append(json.loads(asked.texts[2].partition("\n")[2]))
        people = [[label for label in labels if label.startswith(f"Speaker {n} ")] for n in (1, 2)]
        told = {"speakers": [], "same_people": [{"labels": labels} for labels in people], "chapters": []}
        return Says({**DIGEST, **told})

    server.script = script
    found = process(tmp_path, recording, server)
    assert len(heard(server)) > 2
    assert [each.speaker for each in found.segments] == ["Speaker 1", "Speaker 2"] * 3
    assert len(described[0]) > 2, "how they sound was told by every chunk, and survives its checkpoint"
    server.asked.clear()
    assert process(tmp_path, recording, server).segments == found.segments
    assert described[0] == described[1]


def test_each_attempt_tells_what_it_paid_itself_whether_it_failed_or_not(tmp_path, english, server: Vertex) -> None:
    attempts: list[list[Cost]] = []
    ears = server.script
    for script in (lambda asked: Says(None, finish="SAFETY") if stretch_of(asked)[0] > 0 else ears(asked), ears):
        server.script = script
        server.asked.clear()
        attempts.append([])
        try:
            found = process(tmp_path, english[0], server, charge=attempts[-1].append)
        except PermanentError:
            assert script is not ears
        assert len(attempts[-1]) == len(server.asked)
    assert sum(cost.usd for cost in attempts[1]) < found.cost_usd, "the chunk that the first one kept was paid there"


def test_a_finished_transcript_is_never_paid_for_again(tmp_path, english, server) -> None:
    process(tmp_path, english[0], server)
    server.asked.clear()
    process(tmp_path, english[0], server)
    assert heard(server) == []
    assert len(server.asked) == 1


def test_what_would_cost_too_much_is_refused_before_the_first_call(tmp_path, english, server) -> None:
    with pytest.raises(PermanentError, match=r"would cost about \$\d+\.\d\d .* cap is \$0\.00"):
        process(tmp_path, english[0], server, cost_cap_usd=0.001)
    assert server.asked == []


def test_the_cap_is_for_all_attempts_together(tmp_path, english, server, monkeypatch) -> None:
    for name, value in {**server.environment(tmp_path), "PODCAST_COST_CAP_USD": "1.00"}.items():
        monkeypatch.setenv(name, value)
    context = context_in(tmp_path, ai="vertex")
    failure = Failure(type="Test", message="it broke", retryable=True)
    for attempt in (1, 2):
        result = FailedResult(job_id="j", error=failure, costs=[Cost(model="m", usd=0.4999)])
        context.settings.work.write(f"results/j/process.{attempt}.json", result.model_dump_json().encode())
    arguments = ProcessArguments(job_id="j", attempt=3, audio_file=str(english[0]), gcs_uri="gs://input/x")
    with pytest.raises(PermanentError, match=r"cap is \$1\.00 an episode, of which \$1\.00 is spent already"):
        process_episode(arguments, context)
    assert server.asked == []


def test_words_that_the_model_left_out_are_asked_for_again_and_missed_if_they_stay_away(
    tmp_path, english, server
) -> None:
    recording, said = english
    whole = server.script
    server.script = Ears([each for each in said if each is not said[3]], DIGEST, "en")
    with pytest.raises(PermanentError, match="the words cover only"):
        process(tmp_path, recording, server, longest=900.0)
    again = [stretch for stretch in heard(server) if stretch[0] > 0]
    assert len(again) == 1
    assert again[0][0] <= said[3][0] + 0.5
    assert again[0][1] >= said[3][1] - 0.5
    server.script = whole
    assert process(tmp_path, recording, server, longest=900.0).speech_coverage == pytest.approx(1.0, abs=0.05)


def test_a_japanese_episode_gets_its_summary_and_minutes_from_the_very_command(tmp_path) -> None:
    recording = tmp_path / "dai12kai.mp3"
    times = recorded(recording, "ja", [("", reading) for reading in READINGS])
    said = [(start, end, who, text) for (start, end, *_), (who, text) in zip(times, JAPANESE, strict=True)]
    (tmp_path / "data").mkdir()
    (tmp_path / "data/show.toml").write_text(
        'title = "町の話"\nlanguage = "ja"\nhosts = ["佐藤"]\nglossary = ["耐震工事"]\n'
        'title_pattern = "第{number}回 {title}"\n',
        encoding="utf-8",
    )
    command = [sys.executable, "-m", "jobs.process", "--job-id", "j", "--audio-file", str(recording)]
    with vertex(Ears(said, JAPANESE_DIGEST, "ja")) as server:
        done = subprocess.run(
            [*command, "--gcs-uri", "gs://input/dai12kai.mp3"],
            env={
                **os.environ,
                **server.environment(tmp_path),
                "PODCAST_AI": "vertex",
                "PODCAST_DATA": str(tmp_path / "data"),
            },
            capture_output=True,
            text=True,
            check=False,
        )
        asked = list(server.asked)
    result = json.loads(done.stdout)
    assert result["status"] == "completed", (result, done.stderr)
    found = ProcessingMetadata.model_validate(result["metadata"])
    assert sum(cost["usd"] for cost in result["costs"]) == pytest.approx(found.cost_usd)
    assert found.title == "第12回 図書館の建て替えと予算"
    assert found.summary == JAPANESE_DIGEST["summary"]
    assert found.language == "ja"
    assert found.minutes.decisions == ["予算を三億円とする。"]
    assert found.minutes.action_items == ["鈴木が金曜日までに契約書の案を送る。"]
    assert found.speakers == ["佐藤", "鈴木"]
    assert [each.speaker for each in found.segments] == ["佐藤", "鈴木", "佐藤", "鈴木"]
    assert "".join(each.text for each in found.segments) == "".join(text for _, text in JAPANESE)
    assert [each.title for each in found.chapters] == ["はじめに", "予算"]
    assert found.made_by is not None
    assert "gemini-3.8-flash-001 on Vertex AI" in found.made_by
    assert found.cost_usd > 0
    assert [each.audio for each in asked] == ["inline", None]
    assert all("耐震工事" in " ".join(each.texts) for each in asked)
    assert JAPANESE[0][1] not in done.stderr
    assert found.speech_coverage is not None
    assert found.speech_coverage >= 0.95


def test_the_samples_that_the_model_gets_are_those_of_its_chunk(tmp_path, english, server) -> None:
    process(tmp_path, english[0], server)
    files = sorted((tmp_path / "work/audio/j/chunks").iterdir())
    assert len(files) == len(heard(server))
    for file, (start, end) in zip(files, heard(server), strict=True):
        assert len(audio_of(file)) == round((end - start) * SAMPLE_RATE)


def audio_of(path: Path) -> audio.Samples:
    with path.open("rb") as source:
        return np.concatenate(list(mono_blocks(source, path.name, 1.0, size=16)))
