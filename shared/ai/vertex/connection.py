"""One question to Gemini on Vertex AI over the wire, and what its errors mean.

The library's own retries are switched off: they do not obey Retry-After, and two layers would multiply.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from json import JSONDecodeError
from typing import Final, Generic, TypeVar, cast

import google.auth
import httpx
from google import genai
from google.auth.credentials import Credentials
from google.auth.exceptions import DefaultCredentialsError, RefreshError, TransportError
from google.genai import errors, types
from pydantic import BaseModel, ValidationError

from shared.ai.prices import CURRENT_MODELS, cost_of
from shared.ai.vertex.audio import Audio, StoredAudio
from shared.errors import NotFound, PermanentError, PodcastError, TransientError
from shared.google_errors import may_pass
from shared.http_errors import error_for_status, reason_of
from shared.models import Cost
from shared.retries import Patience

Shape = TypeVar("Shape", bound=BaseModel)

PATIENCE: Final = Patience(attempts=5, total=900.0, first_wait=1.0, longest_wait=60.0, read=600.0)
"""A quarter of an hour of speech is some 10,000 tokens of answer, which take one to three minutes."""

LOST_REPLIES: Final = 2
"""A question whose reply was lost may have been answered and billed; it is asked once more, not for ever."""

LONGEST_ANSWER: Final = 65_535
"""Tokens, thoughts among them: the current models' limit."""

SCOPE: Final = "https://www.googleapis.com/auth/cloud-platform"

AGENT_WAIT: Final = 90.0
"""Seconds after which a project's new service agent can usually read the bucket."""


@dataclass(frozen=True)
class Question(Generic[Shape]):
    """What is asked. `parts` are texts and audio, in their order; `about` names it in errors."""

    about: str
    model: str
    instruction: str
    parts: Sequence[str | Audio]
    shape: type[Shape]
    seed: int
    temperature: float | None = None
    thinking: types.ThinkingLevel = types.ThinkingLevel.LOW


@dataclass(frozen=True)
class Answer(Generic[Shape]):
    """What came back, to be judged: `parsed` is None where it has not the shape that was asked for."""

    parsed: Shape | None
    finish: str | None
    blocked: str | None
    cost: Cost


@dataclass(frozen=True)
class Connection:
    """A client, and how patient it is. Safe to use from several threads."""

    client: genai.Client
    location: str
    today: Callable[[], date]
    patience: Patience = field(default=PATIENCE)

    def ask(self, question: Question[Shape]) -> Answer[Shape]:
        """The answer, good or bad. What may pass is tried again.

        Raises:
            PermanentError: the question, the credentials or the project's settings are at fault.
            TransientError: the service is busy, broken or out of reach, and our patience is at its end.
        """
        lost: list[TransientError] = []

        def once() -> Answer[Shape] | TransientError:
            try:
                return self._ask_once(question)
            except LostReply as error:
                lost.append(error)
                if len(lost) < LOST_REPLIES:
                    raise
                return error

        answer = self.patience.persistently(once)
        if isinstance(answer, TransientError):
            raise answer
        return answer

    def close(self) -> None:
        """Ends the connections."""
        self.client.close()

    def _ask_once(self, question: Question[Shape]) -> Answer[Shape]:
        doing = f"ask {question.model} on Vertex AI about {question.about}"
        try:
            response = self.client.models.generate_content(
                model=question.model,
                contents=types.Content(role="user", parts=[_part(each) for each in question.parts]),
                config=_config(question),
            )
        except errors.APIError as error:
            raise self._api_error(error, doing, question.model) from None
        except (errors.UnknownApiResponseError, JSONDecodeError, ValidationError):
            # These errors quote the answer, which is somebody's words: they end here.
            raise _not_the_api(doing) from None
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise TransientError(f"could not {doing}: {reason_of(error)}") from error
        except httpx.TimeoutException as error:
            raise LostReply(f"could not {doing}: no answer within {self.patience.read:g} s") from error
        except httpx.HTTPError as error:
            raise LostReply(f"could not {doing}: the connection broke ({reason_of(error)})") from error
        except (DefaultCredentialsError, RefreshError) as error:
            if isinstance(error, RefreshError) and may_pass(error):
                raise TransientError(f"could not {doing}: the credentials could not be renewed just now") from error
            raise PermanentError(f"could not {doing}: there are no valid Google credentials", advice=LOG_IN) from error
        except TransportError as error:
            raise TransientError(f"could not {doing}: {reason_of(error)}") from error
        if not (response.candidates or response.prompt_feedback or response.usage_metadata):
            raise _not_the_api(doing)
        return self._answer(response, question)

    def _answer(self, response: types.GenerateContentResponse, question: Question[Shape]) -> Answer[Shape]:
        candidate = response.candidates[0] if response.candidates else None
        feedback = response.prompt_feedback
        used = response.usage_metadata or types.GenerateContentResponseUsageMetadata()
        parsed = response.parsed
        return Answer(
            parsed=parsed if isinstance(parsed, question.shape) else None,
            finish=_name(candidate.finish_reason) if candidate else None,
            blocked=_name(feedback.block_reason) if feedback else None,
            cost=cost_of(
                question.model,
                response.model_version,
                used.prompt_token_count or 0,
                (used.candidates_token_count or 0) + (used.thoughts_token_count or 0),
                self.today(),
                audio_tokens=_audio_tokens(used, about_audio=any(not isinstance(each, str) for each in question.parts)),
            ),
        )

    def _api_error(self, error: errors.APIError, doing: str, model: str) -> PodcastError:
        said = error.message or ""
        headers = getattr(error.response, "headers", None)
        if "Service agents are needed" in said:
            # https://cloud.google.com/vertex-ai/docs/general/access-control#service-agents
            return TransientError(
                f"could not {doing}: the project's Vertex AI service agent does not exist yet",
                advice="It is being made; this takes some minutes. Then check that it may read the work bucket.",
                retry_after=AGENT_WAIT,
            )
        told = error_for_status(
            error.code, doing, reason="" if _is_page(said) else said, headers=headers, advice=self._advice(model)
        )
        # A model that is not there is a wrong setting, not an object that vanished.
        return PermanentError(told.message, advice=told.advice) if isinstance(told, NotFound) else told

    def _advice(self, model: str) -> dict[int, str]:
        return {
            401: LOG_IN,
            403: "Give the account roles/aiplatform.user, and enable aiplatform.googleapis.com in the project.",
            404: f"{model} does not answer in {self.location!r}. Set VERTEX_AI_MODEL to a current model "
            f"({', '.join(CURRENT_MODELS)}), or VERTEX_AI_LOCATION to a place where it runs, such as 'global'.",
            413: "Set PODCAST_BACKEND=cloud, where the model reads the audio from the bucket.",
            429: "The model is busy or the project's quota is used up; it is tried again later.",
        }


class LostReply(TransientError):
    """The question went out and no whole answer came back: it may have been worked on, and billed."""


LOG_IN: Final = "Log in with `gcloud auth application-default login`, or check which service account this runs as."


def connect(
    project: str | None,
    location: str,
    *,
    today: Callable[[], date],
    credentials: Credentials | None = None,
    base_url: str | None = None,
    patience: Patience = PATIENCE,
) -> Connection:
    """A connection to Vertex AI; nothing is sent yet.

    Args:
        project: that is billed; None for the credentials' own.
        location: `global`, a multi-region or a region.
        today: for the prices.
        credentials: Application Default Credentials if absent.
        base_url: of the API, where it is not Google's own.
        patience: how long one answer may take, and how often a question is asked again.

    Raises:
        PermanentError: there are no Google credentials here, or they belong to no project and none is named.
    """
    credentials, project = _account(credentials, project)
    options = types.HttpOptions(
        base_url=base_url,
        timeout=int(patience.read * 1000),
        retry_options=types.HttpRetryOptions(attempts=1),
    )
    client = genai.Client(
        enterprise=True, project=project, location=location, credentials=credentials, http_options=options
    )
    return Connection(client, location, today, patience)


def _not_the_api(doing: str) -> LostReply:
    return LostReply(
        f"could not {doing}: what came back is not the API's answer",
        advice="If this stays, look for a proxy between here and the API.",
    )


def _account(credentials: Credentials | None, project: str | None) -> tuple[Credentials, str]:
    """Who asks, and who pays. The library would look for them itself, but not where it is given another address."""
    if credentials is None:
        try:
            credentials, own = google.auth.default(scopes=[SCOPE])
        except DefaultCredentialsError as error:
            raise PermanentError(
                "Vertex AI cannot be asked: there are no Google credentials here", advice=LOG_IN
            ) from error
        project = project or own
    if not project:
        raise PermanentError(
            "Vertex AI cannot be asked: the Google credentials belong to no project",
            advice="Set PODCAST_PROJECT_ID to the project that pays for it.",
        )
    return credentials, project


def _config(question: Question[Shape]) -> types.GenerateContentConfig:
    return types.GenerateContentConfig(
        system_instruction=question.instruction,
        temperature=question.temperature,
        seed=question.seed,
        max_output_tokens=LONGEST_ANSWER,
        candidate_count=1,
        response_mime_type="application/json",
        response_schema=question.shape,
        # Without it, times in audio that has no picture are guesses.
        audio_timestamp=any(not isinstance(each, str) for each in question.parts) or None,
        thinking_config=types.ThinkingConfig(thinking_level=question.thinking),
        # No tools, so that nothing a speaker says can make anything happen.
        automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=True),
        # Each continuation is another bill; a chunk whose answer is too long is halved instead.
        automatic_continuation=False,
    )


def _part(content: str | Audio) -> types.Part:
    if isinstance(content, str):
        return types.Part.from_text(text=content)
    if isinstance(content, StoredAudio):
        return types.Part.from_uri(file_uri=content.uri, mime_type=content.mime_type)
    return types.Part.from_bytes(data=content.data, mime_type=content.mime_type)


def _audio_tokens(used: types.GenerateContentResponseUsageMetadata, *, about_audio: bool) -> int:
    """How much of the prompt was audio, which some models charge apart; all of it where the answer does not say so."""
    prompt = used.prompt_token_count or 0
    if used.prompt_tokens_details is None:
        return prompt if about_audio else 0
    audio = (each.token_count or 0 for each in used.prompt_tokens_details if each.modality == types.MediaModality.AUDIO)
    return min(sum(audio), prompt)


def _name(value: object) -> str | None:
    # A reason that the library does not know yet arrives as a plain string.
    return None if value is None else str(getattr(value, "value", cast(str, value)))


def _is_page(text: str) -> bool:
    return text.lstrip()[:1] == "<"
