"""The order of the work: what is cheap and may refuse the recording comes before what is dear."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from jobs.containers import container_of
from jobs.job import JobContext
from jobs.process.analysts import Listener, listener_for
from jobs.process.called import called
from jobs.process.checkpoints import Checkpoints
from jobs.process.chunks import plan_chunks
from jobs.process.clock import clock
from jobs.process.coverage import refuse_gaps, uncovered
from jobs.process.listen import find_speech, hear_words
from jobs.process.paid import paid_before
from jobs.process.refusals import refuse_unfit, refuse_wordless
from jobs.process.samples import gain_for
from jobs.process.survey import survey
from shared.ai import HeardChunk
from shared.ai.prices import add_costs
from shared.ai.segments import text_of, tidy
from shared.contract import ProcessArguments
from shared.models import Chapter, Digest, ProcessingMetadata, Segment

SURVEYED: Final = 0.08
SPEECH_FOUND: Final = 0.2
WORDS_HEARD: Final = 0.95
"""Shares of the work that are done after each pass, by the time they take with the embedded model."""


def process_episode(
    arguments: ProcessArguments, context: JobContext, listener: Listener | None = None
) -> ProcessingMetadata:
    """Everything that is found out about the episode. Errors as in `jobs.process.step.run`."""
    before = paid_before(context.settings.work, arguments.job_id, arguments.attempt)
    context.paid.extend(before.untold)
    listener = listener or listener_for(context.settings, arguments.job_id, context.paid.append, before.usd)
    show = context.settings.show()
    store, name = context.settings.find(arguments.audio_file)
    container_of(name)
    analyst, recording = listener.analyst, called(arguments, context.settings.work)
    work = context.settings.work if arguments.attempt else None
    checkpoints = Checkpoints(work, arguments.job_id, analyst.made_by, arguments.attempt)
    with store.open(name) as source:
        context.progress(0.0, "measuring the recording")
        found = survey(source, name, _telling_survey(context), longest=show.longest_episode_hours * 3600)
        refuse_unfit(recording, found, show.longest_episode_hours)
        gain, length = gain_for(found.loudness), found.duration
        tell = _telling(context, SURVEYED, SPEECH_FOUND, length, "listened for speech")
        speech = find_speech(source, name, gain, length, tell)
        refuse_wordless(recording, speech.spans, length)
        context.progress(SPEECH_FOUND, "telling the language")
        listener.refuse_language(recording, speech.windows)
        tell = _telling(context, SPEECH_FOUND, WORDS_HEARD, length, "heard")
        plan = plan_chunks(speech.spans, length, listener.longest_chunk)
        heard = hear_words(
            source, name, plan, gain, speech.spans, listener=listener, checkpoints=checkpoints, tell=tell
        )
    segments = tidy((segment for chunk in heard for segment in chunk.segments), 0.0, length)
    gaps = uncovered(speech.spans, segments, listener.tolerance)
    coverage = refuse_gaps(recording, speech.spans, gaps, or_else=listener.if_words_are_missing)
    context.progress(WORDS_HEARD, "summing it up")
    language = _most_heard(heard)
    voices = {label: voice for chunk in heard for label, voice in chunk.voices.items()}
    digest = analyst.digest(segments, language=language, show=show, voices=voices)
    # What its makers call the episode beats what a model makes of it.
    title = found.title or digest.title
    return ProcessingMetadata(
        title=title,
        summary=digest.summary,
        transcript=text_of(segments),
        duration_seconds=length,
        keywords=digest.keywords,
        language=language,
        segments=_named(segments, digest.speaker_names),
        chapters=_chapters(digest, title),
        minutes=digest.minutes,
        speakers=digest.speakers,
        loudness=found.loudness,
        speech_coverage=coverage,
        made_by=analyst.made_by,
        costs=add_costs([*(cost for chunk in heard for cost in chunk.all_costs), *digest.costs]),
    )


def _telling(context: JobContext, begin: float, end: float, length: float, done: str) -> Callable[[float], None]:
    def tell(seconds: float) -> None:
        share = min(1.0, seconds / length)
        context.progress(begin + (end - begin) * share, f"{done} {clock(seconds)} of {clock(length)}")

    return tell


def _telling_survey(context: JobContext) -> Callable[[float], None]:
    # How long the recording is becomes known only here.
    return lambda seconds: context.progress(SURVEYED / 2, f"measured {clock(seconds)}")


def _chapters(digest: Digest, title: str) -> list[Chapter]:
    """A single chapter is the whole episode, and is called as the episode is."""
    if len(digest.chapters) == 1:
        return [Chapter(start=0.0, title=title)]
    return digest.chapters


def _named(segments: Sequence[Segment], names: Mapping[str, str]) -> list[Segment]:
    """The segments with the names that the digest found for the speakers' labels."""
    return [
        each.model_copy(update={"speaker": names.get(each.speaker, each.speaker)}) if each.speaker else each
        for each in segments
    ]


def _most_heard(heard: Sequence[HeardChunk]) -> str:
    """The language of most of the audio; a chunk without words has none."""
    times: dict[str, float] = {}
    for chunk in [each for each in heard if each.segments] or heard:
        times[chunk.language] = times.get(chunk.language, 0.0) + chunk.end - chunk.start
    return max(times, key=times.__getitem__)
