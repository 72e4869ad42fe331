"""The analyst in the cloud."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Final

from google.auth.credentials import Credentials
from google.genai.types import ThinkingLevel

from shared.ai.analyst import NO_VOICES, AudioChunk, HeardChunk
from shared.ai.prices import add_costs, estimate_of_episode
from shared.ai.vertex import believed, prompts
from shared.ai.vertex.answers import Hearing, Understanding
from shared.ai.vertex.asking import Asker, Matter
from shared.ai.vertex.audio import Place
from shared.ai.vertex.budget import Budget, nobody
from shared.ai.vertex.connection import PATIENCE, connect
from shared.ai.vertex.halves import halve
from shared.ai.vertex.judge import judge_hearing, judge_understanding
from shared.ai.vertex.settings import VertexSettings
from shared.errors import PermanentError, PodcastError
from shared.models import Cost, Digest, Segment
from shared.retries import Patience
from shared.show import ShowSettings

LONGEST_CHUNK: Final = 15 * 60.0
"""Seconds. Its transcript is some 10,000 tokens, far from the 65,536 that an answer may have, thoughts included."""

PARALLEL_CHUNKS: Final = 24
"""As many as three hours have if every cut falls in the middle of a chunk; with more, 429 comes before speed."""

SHORTEST_TO_HALVE: Final = 60.0
"""Seconds. Smaller pieces lose the context that words are recognised by."""


def _today() -> date:
    return datetime.now(UTC).date()


class VertexAIClient:
    """Gemini on Vertex AI as an analyst. Safe to use from several threads.

    Every answer is judged before it is believed. A bad one is asked for again in another way, of smaller chunks, or of
    the fallback model; what is still bad then is an error that names the stretch of audio. Neither prompts nor
    transcripts are ever logged.
    """

    longest_chunk_seconds = LONGEST_CHUNK
    parallel_chunks = PARALLEL_CHUNKS

    def __init__(
        self,
        settings: VertexSettings,
        show: ShowSettings,
        place: Place,
        *,
        credentials: Credentials | None = None,
        base_url: str | None = None,
        patience: Patience = PATIENCE,
        charge: Callable[[Cost], object] = nobody,
        paid_before: float = 0.0,
        today: Callable[[], date] = _today,
    ) -> None:
        """Nothing is sent yet.

        Args:
            settings: models, location and cost cap.
            show: whose hosts and glossary the model is told.
            place: puts a chunk's audio where the model can read it.
            credentials: Application Default Credentials if absent.
            base_url: of the API, where it is not Google's own.
            patience: with one answer.
            charge: hears what each answer cost, believed or not, the moment it comes; is called from several threads.
            paid_before: US dollars that earlier attempts paid for this episode; the cap is for all of them together.
            today: for the prices.

        Raises:
            PermanentError: there are no Google credentials here.
        """
        self._settings = settings
        self._show = show
        self._place = place
        self._today = today
        self._budget = Budget(settings.cost_cap_usd, charge, before=paid_before)
        self._connection = connect(
            settings.project,
            settings.location,
            today=today,
            credentials=credentials,
            base_url=base_url,
            patience=patience,
        )
        self._asker = Asker(self._connection, settings.models, self._budget)

    def close(self) -> None:
        """Ends the connections."""
        self._connection.close()

    @property
    def made_by(self) -> str:
        """Which models wrote the words so far."""
        models = ", ".join(self._asker.heard_from) or self._settings.model
        return f"{models} on Vertex AI"

    def check_budget(self, seconds: float) -> None:
        """Refuses audio that would cost more than an episode may. Asks nobody.

        Args:
            seconds: of audio that is still to be transcribed.

        Raises:
            PermanentError: names the estimate, the cap and how to raise it.
        """
        self._budget.admit(
            estimate_of_episode(self._settings.model, seconds, self.longest_chunk_seconds, self._today()), seconds
        )

    def transcribe(self, chunk: AudioChunk) -> HeardChunk:
        """The words in one chunk, in the episode's time; halves of it that fail are its `unheard`.

        Raises:
            PermanentError: the models refuse this audio, or the settings or the cap stand in the way.
            TransientError: no believable answer could be had this time.
        """
        heard, costs = self._hear(chunk)
        return heard.model_copy(update={"costs": add_costs(costs)})

    def digest(
        self,
        transcript: Sequence[Segment],
        *,
        language: str,
        show: ShowSettings,
        voices: Mapping[str, str] = NO_VOICES,
    ) -> Digest:
        """Title, summary, keywords, chapters, minutes and speakers of a whole transcript.

        Args:
            transcript: in order of time.
            language: that was heard, BCP 47; the digest is in it unless the show wants its own.
            show: hosts, glossary, title pattern and language.
            voices: how speakers sound, by the labels that the transcript has for them.

        Raises:
            PermanentError: the transcript is empty, the models refuse it, or the settings or the cap stand in the way.
            TransientError: no believable answer could be had this time.
        """
        if not transcript:
            raise PermanentError(
                "nobody says a word in this episode, so there is nothing to describe",
                advice="Check that the recording has speech in it.",
            )
        labels = {each.speaker for each in transcript}
        written_in = show.language if show.describe_in == "show" else language
        end = max(each.end for each in transcript)
        outcome = self._asker.ask(
            Matter(
                about="the whole transcript",
                instruction=prompts.UNDERSTAND,
                parts=(
                    prompts.understanding_question(show, written_in),
                    prompts.transcript_as_data(transcript),
                    *prompts.voices_as_data({label: voices[label] for label in voices if label in labels}),
                ),
                shape=Understanding,
                thinking=ThinkingLevel.MEDIUM,
                judge=lambda told: judge_understanding(told, transcript, written_in, end),
            )
        )
        if outcome.believed is None:
            raise AssertionError("a transcript is never halved")
        digest = believed.digest_of(outcome.believed, transcript, show, written_in)
        return digest.model_copy(update={"costs": add_costs(outcome.costs)})

    def _hear(self, chunk: AudioChunk) -> tuple[HeardChunk, list[Cost]]:
        outcome = self._asker.ask(
            Matter(
                about=f"chunk {chunk.number + 1} ({prompts.clock(chunk.start)} to {prompts.clock(chunk.end)})",
                instruction=prompts.HEAR,
                parts=(self._place(chunk), prompts.hearing_question(self._show, chunk.duration)),
                shape=Hearing,
                thinking=ThinkingLevel.LOW,
                judge=lambda heard: judge_hearing(heard, chunk.duration),
                divisible=chunk.duration >= SHORTEST_TO_HALVE,
            )
        )
        if outcome.believed is not None:
            return believed.heard_chunk_of(outcome.believed, chunk), outcome.costs
        heard, costs = self._hear_halves(chunk)
        return heard, [*outcome.costs, *costs]

    def _hear_halves(self, chunk: AudioChunk) -> tuple[HeardChunk, list[Cost]]:
        """Both halves; one that fails does not take with it what the other one says, which is paid for."""
        first, second = halve(chunk)
        refused: PermanentError | None = None
        try:
            heard, costs = self._hear(first)
        except PermanentError as error:
            heard, costs, refused = believed.unheard_chunk(first, error), [], error
        try:
            rest, more = self._hear(second)
        except PodcastError as error:
            if refused:
                raise refused from error
            rest, more = believed.unheard_chunk(second, error), []
        return believed.joined(heard, rest), [*costs, *more]
