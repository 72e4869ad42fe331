"""The closed vocabularies of the contract: where a variable's value comes from, and what a role can be granted on.

Infra knows to fill each source and to find each resource; a word that is new here is new there too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from pydantic import BaseModel, ConfigDict


class ValueSource(StrEnum):
    """Where the value of an environment variable comes from: the closed vocabulary that infra knows to fill."""

    PROJECT_ID = "project_id"
    INPUT_BUCKET = "input_bucket"
    AI_MODEL = "ai_model"
    AI_LOCATION = "ai_location"
    R2_ENDPOINT_URL = "r2_endpoint_url"
    R2_BUCKET = "r2_bucket"
    R2_CUSTOM_DOMAIN = "r2_custom_domain"
    R2_KEYS_SECRET_NAME = "r2_keys_secret_name"  # noqa: S105 - the secret's name is no secret
    DISCORD_WEBHOOK_SECRET_NAME = "discord_webhook_secret_name"  # noqa: S105 - likewise
    # What shared/deployment.py adds to the product's own table:
    BACKEND = "backend"
    REGION = "region"
    WORK_BUCKET = "work_bucket"
    PUBLIC_URL = "public_url"
    COST_CAP = "cost_cap"
    FALLBACK_MODEL = "fallback_model"
    SIGNAL_URL = "signal_url"
    SIGNAL_TOPIC = "signal_topic"
    ORCHESTRATION = "orchestration"
    STACK = "stack"
    NAME_SUFFIX = "name_suffix"
    SLOTS = "slots"
    STEP_TIMEOUTS = "step_timeouts"
    CALLERS = "callers"


class StepEnvironment(BaseModel):
    """The environment variables of one step in the cloud: field names in capitals are the variables' names.

    Every field carries its `ValueSource`; a field with a default is set only where the stack has a value for it.
    """

    model_config = ConfigDict(frozen=True)

    @classmethod
    def variables(cls) -> Iterator[tuple[str, ValueSource, bool]]:
        """Name, source and whether it is required, of each variable."""
        for name, field in cls.model_fields.items():
            (source,) = (each for each in field.metadata if isinstance(each, ValueSource))
            yield name.upper(), source, field.is_required()


@dataclass(frozen=True)
class Resources:
    """What one execution may use. Cloud Run counts files as memory."""

    cpu: str
    memory: str
    timeout_seconds: int
    attempts: int = 3
    """How often the orchestrator starts the step before it gives up; Cloud Run itself never retries."""


class Resource(StrEnum):
    """What a role can be granted on: the closed vocabulary that infra knows to find."""

    PROJECT = "project"
    INPUT_BUCKET = "input_bucket"
    WORK_BUCKET = "work_bucket"
    R2_KEYS_SECRET = "r2_keys_secret"  # noqa: S105 - the name of a resource
    DISCORD_WEBHOOK_SECRET = "discord_webhook_secret"  # noqa: S105 - likewise
    CONTROLLER = "controller"
    STEP_JOBS = "step_jobs"
    STEP_TOPICS = "step_topics"


@dataclass(frozen=True)
class Grant:
    """One role on one resource."""

    role: str
    on: Resource
