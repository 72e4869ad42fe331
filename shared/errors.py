"""The words for what goes wrong.

    PodcastError
    ├── PermanentError    the input, the settings or a model's refusal is at fault: never retried
    │   ├── UnusableAudio     the recording cannot become an episode
    │   ├── Superseded        a newer version of the recording arrived, with a job of its own
    │   ├── NotFound          the object that was asked for is not there (any more)
    │   └── Damaged           an object of our own that cannot be read any more
    ├── TransientError    network, 429, 5xx, a timeout: the orchestrator starts another attempt
    │   └── NoRoom            the disk is full
    └── ConflictError     a compare-and-swap was lost: read again and decide again

A message says what happened and to which episode; `advice` says what to do next. Third-party errors are translated
at one edge, the client that met them; everything else in the code base raises these or lets a bug be a bug.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, ValidationError


class Failure(BaseModel):
    """An error as it travels between a job, the record and the dashboard."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    type: str
    message: str
    retryable: bool
    advice: str | None = None
    retry_after: float | None = None


def reasons_of(error: ValidationError) -> str:
    """What is wrong and where, for people; unlike the error's own words it repeats no input, which may be private."""
    return "; ".join(
        f"{'.'.join(str(part) for part in each['loc']) or 'it'}: {each['msg'].removeprefix('Value error, ')}"
        for each in error.errors(include_input=False, include_url=False)
    )


class PodcastError(Exception):
    """Base of every error that the code base raises on purpose.

    Args:
        message: what happened, to which episode.
        advice: what the reader can do about it, as an imperative sentence.
    """

    retryable = False

    def __init__(self, message: str, *, advice: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.advice = advice

    def to_failure(self) -> Failure:
        """The error as data, ready for a job's output line."""
        return Failure(type=type(self).__name__, message=self.message, retryable=self.retryable, advice=self.advice)


class PermanentError(PodcastError):
    """Trying again cannot help until somebody changes the input or the settings."""


class UnusableAudio(PermanentError):
    """The recording cannot become an episode: not audio, empty, silent, truncated or too long."""


class Superseded(PermanentError):
    """The recording is not the version any more that the job is about; the newer one has a job of its own."""


class NotFound(PermanentError):
    """The object is not in the store, or no longer at the generation asked for."""


class Damaged(PermanentError):
    """An object that the program wrote itself is not what it wrote: somebody or something changed it."""


class TransientError(PodcastError):
    """Trying again later can help.

    Args:
        retry_after: seconds the other side asked us to wait, if it said so.
    """

    retryable = True

    def __init__(self, message: str, *, advice: str | None = None, retry_after: float | None = None) -> None:
        super().__init__(message, advice=advice)
        self.retry_after = retry_after

    def to_failure(self) -> Failure:
        """The error as data, with the wait that was asked for."""
        return super().to_failure().model_copy(update={"retry_after": self.retry_after})


class NoRoom(TransientError):
    """There is no room for another file; somebody has to make some."""


class ConflictError(PodcastError):
    """Somebody else changed the object since it was read."""

    retryable = True
