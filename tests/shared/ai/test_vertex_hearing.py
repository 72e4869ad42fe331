"""VertexAIClient hears: one chunk in, its words in the episode's time out, over real HTTP."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest
from support_servers.vertex import Asked, Fails, Reply, Says, Vertex, one_after_another, vertex
from support_vertex import TODAY, WORDS, chunk, client, hearing, sensible, stored

from shared.ai import SAMPLE_RATE, AudioChunk
from shared.ai.prices import cost_of
from shared.ai.vertex.audio import InlineAudio
from shared.errors import PermanentError, TransientError
from shared.show import ShowSettings

MAIN, FALLBACK = "gemini-3.8-flash", "gemini-3.6-flash"
BACKWARDS = hearing([("00:05", "00:06", None, "Two."), ("00:01", "00:02", None, "One.")])
LOOP = hearing([(f"00:{n:02}.0", f"00:{n:02}.9", None, "Thank you for watching.") for n in range(1, 50)])


@pytest.fixture
def server():
    with vertex(sensible) as running:
        yield running


@pytest.fixture
def asking(server: Vertex):
    analyst = client(server.url)
    yield analyst
    analyst.close()


def models(server: Vertex) -> list[str]:
    return [asked.model for asked in server.asked]


def test_words_are_moved_to_the_time_of_the_episode(asking) -> None:
    heard = asking.transcribe(chunk(number=3, start=900.0))
    assert (heard.number, heard.start, heard.end, heard.language) == (3, 900.0, 910.0, "en")
    assert [(each.start, each.text) for each in heard.segments] == [
        (900.5, WORDS[0][3]),
        (904.2, WORDS[1][3]),
        (907.5, WORDS[2][3]),
    ]


def test_the_model_is_asked_on_vertex_about_audio_in_the_bucket(server, asking) -> None:
    asking.transcribe(chunk(number=3, start=900.0))
    (asked,) = server.asked
    assert (asked.model, asked.project, asked.location) == (MAIN, "our-project", "global")
    assert asked.audio == "gs://podcast-work/audio/job/3-900.flac"
    assert asked.config["audioTimestamp"] is True
    assert asked.config["responseMimeType"] == "application/json"
    assert set(asked.config["responseSchema"]["required"]) == {"language", "segments", "voices"}


def test_without_a_bucket_the_audio_travels_with_the_question(server) -> None:
    asking = client(server.url, place=lambda _: InlineAudio(b"fLaC", "audio/flac"))
    asking.transcribe(chunk())
    asking.close()
    assert server.asked[0].audio == "inline"


def test_hosts_and_glossary_reach_the_model(server) -> None:
    show = ShowSettings(hosts=("Sato Yuki",), glossary=("Kaname", "Öresund"))
    asking = client(server.url, show)
    asking.transcribe(chunk())
    asking.close()
    question = " ".join(server.asked[0].texts)
    assert all(word in question for word in ("Sato Yuki", "Kaname", "Öresund"))


def test_times_in_whole_seconds_cover_their_last_second_but_not_the_next_segment(server, asking) -> None:
    server.script = lambda _: Says(hearing([("00:01", "00:03", None, "One."), ("00:03", "00:05", None, "Two.")]))
    assert [(each.start, each.end) for each in asking.transcribe(chunk()).segments] == [(1.0, 3.0), (3.0, 6.0)]


def test_no_segment_is_longer_than_half_a_minute(server, asking) -> None:
    text = " ".join(f"Sentence number {number} is about subject {number * 37}." for number in range(9))
    server.script = lambda _: Says(hearing([("00:00.0", "01:10.0", None, text)]))
    segments = asking.transcribe(chunk(80.0)).segments
    assert len(segments) > 2
    assert all(each.end - each.start <= 30.0 for each in segments)
    assert " ".join(each.text for each in segments) == text


def test_an_unnamed_speaker_of_one_chunk_is_not_taken_for_that_of_another(asking) -> None:
    first, second = asking.transcribe(chunk()), asking.transcribe(chunk(number=1, start=10.0))
    assert first.segments[0].speaker == second.segments[0].speaker == "Sato"
    assert first.segments[1].speaker != second.segments[1].speaker


@pytest.mark.parametrize("label", ["話者1", "スピーカーA", "Sprecher 1", "司会", "Guest"])
def test_a_label_in_another_language_is_no_name_either(server, asking, label) -> None:
    server.script = lambda _: Says(hearing([("00:01.0", "00:04.0", label, "We talk.")]))
    first, second = asking.transcribe(chunk()), asking.transcribe(chunk(number=1, start=900.0))
    assert (first.segments[0].speaker, second.segments[0].speaker) == (f"{label} @0", f"{label} @900")


def test_how_each_speaker_sounds_is_kept_by_the_transcripts_own_labels(server, asking) -> None:
    answer = hearing()
    answer["voices"].append({"speaker": "Speaker 9", "voice": "nobody whom the segments know"})
    server.script = lambda _: Says(answer)
    assert asking.transcribe(chunk(number=1, start=900.0)).voices == {
        "Sato": "the voice of Sato",
        "Speaker 1 @900": "the voice of Speaker 1",
    }


def test_a_silent_chunk_has_no_words(server, asking) -> None:
    server.script = lambda _: Says(hearing([], "und"))
    heard = asking.transcribe(chunk())
    assert (heard.segments, heard.language) == ([], "und")


def test_the_tokens_and_their_price_are_told_by_model_and_version(server, asking) -> None:
    server.script = lambda _: Says(hearing(), prompt_tokens=5000, thoughts=300, version="gemini-3.8-flash-002")
    (cost,) = asking.transcribe(chunk()).costs
    assert (cost.model, cost.version, cost.input_tokens) == (MAIN, "gemini-3.8-flash-002", 5000)
    assert cost.output_tokens > 300
    assert cost == cost_of(MAIN, "gemini-3.8-flash-002", 5000, cost.output_tokens, TODAY)
    assert "gemini-3.8-flash-002" in asking.made_by


@pytest.mark.parametrize(
    ("audio_tokens", "usd"), [(900, 0.000475), (1000, 0.0005), (2000, 0.0005), (0, 0.00025), (-1, 0.0005)]
)
def test_audio_is_paid_at_its_own_price_as_far_as_the_answer_tells_it_from_text(server, audio_tokens, usd) -> None:
    server.script = lambda _: Says(hearing([]), audio_tokens=audio_tokens, thoughts=0)
    asking = client(server.url, model="gemini-3.1-flash-lite")
    (cost,) = asking.transcribe(chunk()).costs
    asking.close()
    assert cost.usd - cost.output_tokens * 1.5e-6 == pytest.approx(usd)


def test_bad_answers_are_paid_for_too(server, asking) -> None:
    server.script = one_after_another(Says(BACKWARDS, prompt_tokens=100), Says(hearing(), prompt_tokens=100))
    (cost,) = asking.transcribe(chunk()).costs
    assert cost.input_tokens == 200


def test_a_bad_answer_is_asked_for_again_with_the_reason_another_seed_and_more_calm(server, asking) -> None:
    server.script = one_after_another(Says(BACKWARDS), Says(hearing()))
    assert len(asking.transcribe(chunk()).segments) == 3
    first, second = server.asked
    assert first.model == second.model
    assert first.config["seed"] != second.config["seed"]
    assert "temperature" not in first.config
    assert second.config["temperature"] < 1
    assert "begins before the one in front of it" in second.texts[-1]


@pytest.mark.parametrize(
    "bad",
    [
        Says(BACKWARDS),
        Says(LOOP),
        Says("{'language': 'en'"),
        Says("Sure! Here is the transcript."),
        Says(None, finish="OTHER"),
        Says({"language": "en"}),
        Says(hearing(language="english")),
        Says(hearing([("20:00", "20:05", None, "Hallucinated.")])),
        Says(None, finish="MAX_TOKENS"),
        Says(hearing(), finish="MAX_TOKENS"),
        Says(None, finish="RECITATION"),
    ],
    ids=lambda says: f"{says.finish} {str(says.answer)[:24]}",
)
def test_whatever_is_bad_about_two_answers_the_fallback_model_may_save_the_chunk(server, asking, bad) -> None:
    server.script = lambda asked: bad if asked.model == MAIN else Says(hearing())
    heard = asking.transcribe(chunk(49.0))
    assert len(heard.segments) == 3
    assert models(server) == [MAIN, MAIN, FALLBACK]
    assert {cost.model for cost in heard.costs} == {MAIN, FALLBACK}


def test_what_no_model_can_answer_fails_for_now_and_names_the_chunk(server, asking) -> None:
    server.script = lambda _: Says(BACKWARDS)
    with pytest.raises(TransientError, match=r"chunk 4 \(0:15:00 to 0:15:10\).*begins before"):
        asking.transcribe(chunk(number=3, start=900.0))
    assert models(server) == [MAIN, MAIN, FALLBACK]


@pytest.mark.parametrize(
    "refusal", [Says(None, finish="SAFETY"), Says(blocked="PROHIBITED_CONTENT"), Says(hearing(), finish="SPII")]
)
def test_a_refusal_is_asked_of_each_model_once_and_is_for_good(server, asking, refusal) -> None:
    server.script = lambda _: refusal
    with pytest.raises(PermanentError, match=r"chunk 1 \(0:00:00 to 0:01:30\).*") as refused:
        asking.transcribe(chunk(90.0))
    assert models(server) == [MAIN, FALLBACK]
    assert (refusal.blocked or refusal.finish) in refused.value.message
    assert "VERTEX_AI_MODEL" in (refused.value.advice or "")


def test_an_answer_that_is_cut_off_is_asked_for_in_halves_cut_where_it_is_quiet(server, asking) -> None:
    loud = np.full(120 * SAMPLE_RATE, 0.5, np.float32)
    loud[50 * SAMPLE_RATE : 51 * SAMPLE_RATE] = 0.0
    words = hearing([("00:01.0", "00:04.0", "Speaker 1", "Words of a half.")])

    def script(asked: Asked) -> Reply:
        return Says(None, finish="MAX_TOKENS") if len(server.asked) == 1 else Says(words)

    server.script = script
    heard = asking.transcribe(AudioChunk(2, 600.0, loud))
    first, second = heard.segments
    assert (heard.number, heard.start, heard.end) == (2, 600.0, 720.0)
    assert first.start == 601.0
    assert 651.0 <= second.start <= 652.0
    assert first.speaker != second.speaker
    assert len(server.asked) == 3


@pytest.mark.parametrize("bad", [Says(None, finish="SAFETY"), Fails(400, "INVALID_ARGUMENT")])
@pytest.mark.parametrize("failing", [0, 1])
def test_a_half_that_fails_does_not_take_the_other_one_with_it(server, asking, bad, failing) -> None:
    words = hearing([("00:01.0", "00:04.0", None, "Words of a half.")])

    def script(asked: Asked) -> Reply:
        if len(server.asked) == 1:
            return Says(None, finish="MAX_TOKENS")
        starts = list(dict.fromkeys(each.audio for each in server.asked[1:]))
        return bad if starts.index(asked.audio) == failing else Says(words)

    server.script = script
    heard = asking.transcribe(chunk(120.0, number=2, start=600.0))
    (segment,), (unheard,) = heard.segments, heard.unheard
    assert segment.text == "Words of a half."
    assert segment.start < unheard.start if failing else segment.start > unheard.end
    assert (heard.start, heard.end) == (600.0, 720.0)
    assert unheard.end - unheard.start < 100
    assert not unheard.failure.retryable
    assert sum(cost.output_tokens for cost in heard.costs) > 0


def test_what_was_heard_stays_where_the_service_fails_half_way_and_nothing_more_is_asked_then(server, asking) -> None:
    words = hearing([("00:01.0", "00:04.0", None, "Words of a half.")])
    server.script = one_after_another(Says(None, finish="MAX_TOKENS"), Says(words), Says(BACKWARDS))
    heard = asking.transcribe(chunk(118.0))
    assert [each.failure.retryable for each in heard.unheard] == [True]
    server.script = one_after_another(Says(None, finish="MAX_TOKENS"), Says(BACKWARDS))
    server.asked.clear()
    with pytest.raises(TransientError, match="begins before"):
        asking.transcribe(chunk(118.0))
    assert len(server.asked) == 4, "the second half is not asked about once the first one failed for now"


def test_halves_stop_where_pieces_would_lose_their_context(server, asking) -> None:
    server.script = lambda _: Says(None, finish="MAX_TOKENS")
    with pytest.raises(TransientError, match="MAX_TOKENS"):
        asking.transcribe(chunk(900.0))
    assert len(server.asked) < 12


def test_nothing_is_asked_about_an_episode_that_is_estimated_above_the_cap(server) -> None:
    asking = client(server.url, cost_cap_usd=0.05)
    with pytest.raises(PermanentError, match=r"180 minutes .* about \$0\.\d\d .* cap is \$0\.05") as refused:
        asking.check_budget(3 * 3600.0)
    asking.close()
    assert "PODCAST_COST_CAP_USD" in (refused.value.advice or "")
    assert server.asked == []


def test_an_episode_below_the_cap_is_let_through(asking) -> None:
    asking.check_budget(3 * 3600.0)


def test_bad_answers_cannot_spend_more_than_the_cap(server) -> None:
    server.script = lambda _: Says(BACKWARDS, prompt_tokens=100_000)
    asking = client(server.url, cost_cap_usd=0.1)
    with pytest.raises(PermanentError, match=r"has cost \$0\.1\d and the cap is \$0\.10"):
        asking.transcribe(chunk())
    asking.close()
    assert len(server.asked) == 2


def test_what_earlier_attempts_paid_counts_towards_the_cap_and_is_told(server) -> None:
    asking = client(server.url, cost_cap_usd=1.0, paid_before=0.9)
    with pytest.raises(
        PermanentError, match=r"cap is \$1\.00 an episode, of which \$0\.90 is spent already"
    ) as refused:
        asking.check_budget(3600.0)
    assert re.search(r"to 1\.[12]\d or more", refused.value.advice or "")
    asking.close()
    asking = client(server.url, cost_cap_usd=1.0, paid_before=1.5)
    with pytest.raises(
        PermanentError, match=r"this run has cost \$0\.00, earlier attempts \$1\.50, and the cap is \$1\.00"
    ):
        asking.transcribe(chunk())
    asking.close()
    assert server.asked == []


def test_an_error_of_the_service_is_no_bad_answer_and_changes_no_model(server, asking) -> None:
    server.script = one_after_another(Fails(500, "INTERNAL"), Fails(503, "UNAVAILABLE"), Says(hearing()))
    asking.transcribe(chunk())
    assert models(server) == [MAIN] * 3
    assert len({json.dumps(asked.request, sort_keys=True) for asked in server.asked}) == 1


def test_neither_words_nor_prompts_are_logged(server, caplog, capfd) -> None:
    secret = "a word that only listeners may hear"
    bad = hearing([("00:05", "00:06", None, secret), ("00:01", "00:02", None, secret)])
    good = hearing([("00:01", "00:05", None, secret)])
    server.script = one_after_another(Fails(500, "INTERNAL"), Says(bad), Says(secret), Says(good))
    show = ShowSettings(glossary=("a word of the prompt",))
    asking = client(server.url, show)
    with caplog.at_level("INFO"):
        heard = asking.transcribe(chunk())
    asking.close()
    assert heard.segments[0].text == secret
    written = caplog.text + "".join(capfd.readouterr())
    assert "an answer is not believed" in written
    assert secret not in written
    assert "a word of the prompt" not in written
    assert stored(chunk()).uri not in written
