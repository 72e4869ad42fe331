"""The contract: what each step is called, accepts, returns, needs and may touch. Infra, controller and jobs read it.

The names of steps, arguments, environment variables and output fields are fixed by the product. Everything here is
data; importing this module loads pydantic and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from shared.errors import Failure
from shared.models.job import JobState
from shared.models.metadata import Cost, ProcessingMetadata
from shared.vocabulary import Grant as Grant  # noqa: PLC0414 - part of the contract
from shared.vocabulary import Resource as Resource  # noqa: PLC0414 - part of the contract
from shared.vocabulary import Resources as Resources  # noqa: PLC0414 - part of the contract
from shared.vocabulary import StepEnvironment as StepEnvironment  # noqa: PLC0414 - part of the contract
from shared.vocabulary import ValueSource as ValueSource  # noqa: PLC0414 - part of the contract

# ---------------------------------------------------------------- arguments


class StepArguments(BaseModel):
    """What every step is told. Becomes `--kebab-case` options."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    job_id: str = Field(min_length=1, description="the job, a UUID when the controller starts it")
    attempt: int = Field(
        default=0, ge=0, description="number of this attempt; 0 runs alone, with no record and no claim"
    )

    def to_command_line(self) -> list[str]:
        """The arguments as an execution gets them, each as one `--name=value` word.

        One word each, so that a value that begins with a dash stays a value.
        """
        return [
            f"--{name.replace('_', '-')}={value}"
            for name, value in self.model_dump(mode="json", exclude_none=True).items()
        ]


class FetchArguments(StepArguments):
    """fetch-job pins the source at its generation and looks at what it is."""

    bucket: str = Field(min_length=1, description="bucket of the source")
    object_name: str = Field(min_length=1, description="name of the source in its bucket")
    output_path: str = Field(min_length=1, description="where the pinned copy goes: a path or a gs:// URI")
    generation: int | None = Field(default=None, description="version of the source; the newest if absent")


class ProcessArguments(StepArguments):
    """process-job listens to the pinned source and writes down what it heard."""

    audio_file: str = Field(min_length=1, description="the pinned source: a path or a gs:// URI")
    gcs_uri: str = Field(min_length=1, description="where the audio came from, for a model that reads by URI")


class UploadArguments(StepArguments):
    """upload-job masters the audio and publishes the episode."""

    audio_file: str = Field(min_length=1, description="the pinned source: a path or a gs:// URI")
    metadata_json: str = Field(
        min_length=1,
        description="what process-job returned: the JSON itself, or @ and a path or URI to read it from",
    )


class NotifyArguments(StepArguments):
    """notify-job tells people how it ended."""

    status: Literal["completed", "failed"] = Field(description="how it ended")
    message: str = Field(default="", description="one sentence for people")
    output_url: str | None = Field(default=None, description="where the episode can be heard")
    error: str | None = Field(default=None, description="what went wrong; null means nothing")

    @field_validator("output_url", "error")
    @classmethod
    def _null_means_none(cls, value: str | None) -> str | None:
        return None if value in (None, "", "null") else value


# ------------------------------------------------------------------ results


class StepResult(BaseModel):
    """What every step prints when it succeeded."""

    model_config = ConfigDict(extra="ignore")

    status: Literal["completed"] = "completed"
    job_id: str


class FetchResult(StepResult):
    """The pinned source and what it is."""

    local_file: str
    file_size: int = Field(gt=0, description="bytes")
    source_bucket: str
    source_object: str

    generation: int | None = None
    duration_seconds: float | None = Field(default=None, description="as the headers say; None where they do not")
    codec: str | None = None
    sample_rate: int | None = Field(default=None, description="Hz")
    channels: int | None = None
    title: str | None = Field(default=None, description="from the source's own tags")
    cover_file: str | None = Field(default=None, description="the embedded cover: a path or a gs:// URI")


class ProcessResult(StepResult):
    """What was heard."""

    metadata: ProcessingMetadata
    costs: list[Cost] | None = Field(
        default=None,
        description="what this attempt paid, and what killed ones before it left untold; the metadata's costs are of "
        "all its words, whoever paid",
    )


class UploadResult(StepResult):
    """Where the episode is, once it is public."""

    audio_url: str
    metadata_key: str
    rss_key: str

    feed_url: str | None = None
    episode_url: str | None = None
    superseded: bool = Field(default=False, description="a newer version was public already; nothing was changed")
    title: str | None = Field(default=None, description="as published, people's edits laid over the model's words")
    revision: int = Field(default=0, description="of the edits that were published")
    withdrawn: bool = Field(default=False, description="people took the episode from the public, and so it is")


class NotifyResult(StepResult):
    """Whether people know."""

    notification_sent: bool

    perhaps_twice: bool = Field(default=False, description="a reply was lost, so the message may stand there twice")


class FailedResult(BaseModel):
    """What every step prints when it failed; it exits with 1 then."""

    model_config = ConfigDict(extra="ignore")

    status: Literal["failed"] = "failed"
    job_id: str
    error: Failure
    costs: list[Cost] = Field(default=[], description="likewise, before it failed")


# -------------------------------------------------------------- environment


class FetchEnvironment(StepEnvironment):
    """Environment of fetch-job."""

    gcp_project_id: Annotated[str, ValueSource.PROJECT_ID]
    gcs_input_bucket: Annotated[str, ValueSource.INPUT_BUCKET]


class ProcessEnvironment(StepEnvironment):
    """Environment of process-job."""

    vertex_ai_model: Annotated[str, ValueSource.AI_MODEL]
    vertex_ai_location: Annotated[str, ValueSource.AI_LOCATION]


class UploadEnvironment(StepEnvironment):
    """Environment of upload-job."""

    r2_endpoint_url: Annotated[str, ValueSource.R2_ENDPOINT_URL]
    r2_bucket: Annotated[str, ValueSource.R2_BUCKET]
    r2_custom_domain: Annotated[str | None, ValueSource.R2_CUSTOM_DOMAIN] = None
    r2_keys_secret_name: Annotated[str, ValueSource.R2_KEYS_SECRET_NAME]


class NotifyEnvironment(StepEnvironment):
    """Environment of notify-job."""

    discord_webhook_secret_name: Annotated[str, ValueSource.DISCORD_WEBHOOK_SECRET_NAME]


# -------------------------------------------------------------- permissions


SIGNAL = Grant("roles/run.invoker", Resource.CONTROLLER)
WORK = Grant("roles/storage.objectUser", Resource.WORK_BUCKET)


@dataclass(frozen=True)
class Step:
    """One step of the pipeline."""

    name: str
    state: JobState
    arguments: type[StepArguments]
    result: type[StepResult]
    environment: type[StepEnvironment]
    resources: Resources
    grants: tuple[Grant, ...]

    JOB_SUFFIX: ClassVar[str] = "-job"

    @property
    def job_name(self) -> str:
        """The name of the Cloud Run Job."""
        return self.name + self.JOB_SUFFIX

    @property
    def module(self) -> str:
        """The module that `python -m` runs."""
        return f"jobs.{self.name}"

    def parse_result_json(self, document: str | bytes) -> StepResult | FailedResult:
        """The printed line as a model. Raises pydantic's ValidationError where it is neither kind of result."""
        kind = _ResultStatus.model_validate_json(document).status
        return (FailedResult if kind == "failed" else self.result).model_validate_json(document)


class _ResultStatus(BaseModel):
    status: str


FETCH = Step(
    name="fetch",
    state=JobState.FETCHING,
    arguments=FetchArguments,
    result=FetchResult,
    environment=FetchEnvironment,
    resources=Resources(cpu="1", memory="512Mi", timeout_seconds=15 * 60),
    grants=(Grant("roles/storage.objectViewer", Resource.INPUT_BUCKET), WORK, SIGNAL),
)
PROCESS = Step(
    name="process",
    state=JobState.PROCESSING,
    arguments=ProcessArguments,
    result=ProcessResult,
    environment=ProcessEnvironment,
    resources=Resources(cpu="2", memory="4Gi", timeout_seconds=2 * 60 * 60),
    grants=(
        Grant("roles/aiplatform.user", Resource.PROJECT),
        # The product's own command line hands process-job a URI in the input bucket.
        Grant("roles/storage.objectViewer", Resource.INPUT_BUCKET),
        WORK,
        SIGNAL,
    ),
)
UPLOAD = Step(
    name="upload",
    state=JobState.UPLOADING,
    arguments=UploadArguments,
    result=UploadResult,
    environment=UploadEnvironment,
    resources=Resources(cpu="2", memory="2Gi", timeout_seconds=60 * 60),
    grants=(Grant("roles/secretmanager.secretAccessor", Resource.R2_KEYS_SECRET), WORK, SIGNAL),
)
NOTIFY = Step(
    name="notify",
    state=JobState.NOTIFYING,
    arguments=NotifyArguments,
    result=NotifyResult,
    environment=NotifyEnvironment,
    resources=Resources(cpu="1", memory="512Mi", timeout_seconds=10 * 60),
    grants=(Grant("roles/secretmanager.secretAccessor", Resource.DISCORD_WEBHOOK_SECRET), WORK, SIGNAL),
)

STEPS: tuple[Step, ...] = (FETCH, PROCESS, UPLOAD, NOTIFY)
"""The pipeline, in its order."""


def step_named(name: str) -> Step:
    """The step called `name`. Raises KeyError."""
    return {step.name: step for step in STEPS}[name]
