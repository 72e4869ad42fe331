"""The stack's configuration as one model. A wrong value is found here, before any resource is declared.

Keys are those of `Pulumi.STACK.yaml`, without the project's name; every one but two has a working default.
"""

from __future__ import annotations

import difflib
import re

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from infra.sizes import Limits, check_limits
from shared.contract import STEPS, Step
from shared.deployment import Orchestration
from shared.discord_address import DISCORD_WEBHOOK
from shared.regions import AI_MULTI_REGIONS, NOT_IN_ONE_REGION, REGIONS
from shared.show import ShowSettings

MEMBER = re.compile(r"^(user|group|serviceAccount):[^@\s:]+@[^@\s:]+\.[^@\s:]+$")
E_MAIL = re.compile(r"^[^@\s]+@[^@\s]+\.[^@\s]+$")


class StepOverride(BaseModel):
    """What one step gets instead of what the contract says."""

    # `pulumi config set --path steps.process.cpu 4` keeps a number.
    model_config = ConfigDict(frozen=True, extra="forbid", coerce_numbers_to_str=True)

    cpu: str | None = Field(default=None, pattern=r"^[1-8]$")
    memory: str | None = Field(default=None, pattern=r"^[1-9][0-9]*[MG]i$", description="files count as memory too")
    timeout_minutes: int | None = Field(default=None, ge=1, le=24 * 60)


class Retention(BaseModel):
    """How long what is not needed any more is kept, in days."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    recordings: int | None = Field(
        default=None, ge=1, description="dropped recordings, since they were dropped; for ever if absent"
    )
    deleted_recordings: int = Field(default=30, ge=1, description="recordings that somebody deleted or replaced")
    audio: int = Field(default=14, ge=1, description="pinned copies and checkpoints, since the episode's end")
    old_records: int = Field(default=90, ge=1, description="earlier versions of records and results")


class StackConfig(BaseModel):
    """Everything that differs from one stack to another."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    stack: str = Field(pattern=r"^[a-z][a-z0-9-]{0,9}$", description="the stack's own name; not a key")

    # Where
    project: str = Field(pattern=r"^[a-z][a-z0-9-]{4,28}[a-z0-9]$", description="Google Cloud project")
    region: str = "asia-northeast1"
    input_bucket: str | None = Field(
        default=None,
        pattern=r"^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$",
        description="podcast-input-STACK if absent; bucket names are global",
    )

    # Where listeners find it
    cloudflare_account_id: str = Field(pattern=r"^[0-9a-f]{32}$")
    cloudflare_api_token: SecretStr | None = Field(
        default=None, description="the variable CLOUDFLARE_API_TOKEN if absent; see docs/operations.md for its rights"
    )
    domain: str | None = Field(
        default=None,
        pattern=r"^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$",
        description="of the feed and its audio, such as podcast.example.com; an r2.dev address if absent",
    )
    cloudflare_zone_id: str | None = Field(default=None, pattern=r"^[0-9a-f]{32}$", description="the domain's zone")

    # The show, the same settings as show.toml on a laptop
    show: ShowSettings = ShowSettings()

    # The model that listens
    ai_model: str = Field(default="gemini-3.8-flash", pattern=r"^gemini-[a-z0-9.-]+$")
    ai_fallback_model: str = Field(
        default="gemini-3.6-flash", pattern=r"^gemini-[a-z0-9.-]+$", description="asked where the first one fails"
    )
    ai_location: str = Field(default="global", description="a region, or global, us, eu")
    cost_cap_usd: float = Field(
        default=5.0, gt=0, allow_inf_nan=False, description="an episode whose estimate is above it is refused"
    )

    # How it runs
    orchestration: Orchestration = "sequential"
    slots: int = Field(default=3, ge=1, le=64, description="episodes that may be under way at once")
    controller_min_instances: int = Field(default=1, ge=0, le=10, description="0 sleeps between events")
    steps: dict[str, StepOverride] = Field(default_factory=dict)
    retention: Retention = Retention()
    base_image: str | None = Field(
        default=None, description="what the images are built on; the Dockerfile's own if absent"
    )

    # Who
    operators: tuple[str, ...] = Field(default=(), description="may use the controller and drop recordings")
    notification_emails: tuple[str, ...] = Field(default=(), description="who gets the alerts")
    discord_webhook: SecretStr | None = Field(
        default=None, description="where the team reads about episodes; nowhere if absent"
    )

    # Money and safety
    billing_account: str | None = Field(default=None, pattern=r"^[0-9A-F]{6}-[0-9A-F]{6}-[0-9A-F]{6}$")
    monthly_budget: int | None = Field(default=None, gt=0, description="in the billing account's own currency")
    protect: bool = Field(default=False, description="buckets and secrets refuse to be deleted")

    @field_validator("region")
    @classmethod
    def _is_a_region(cls, value: str) -> str:
        return _known(value, REGIONS, "region with Cloud Run")

    @field_validator("ai_location")
    @classmethod
    def _is_an_ai_location(cls, value: str) -> str:
        return _known(value, REGIONS | AI_MULTI_REGIONS, "location of Gemini")

    @field_validator("stack")
    @classmethod
    def _ends_well(cls, value: str) -> str:
        if value.endswith("-"):
            raise ValueError("ends with a dash, and names end with the stack's name")
        if value == "dead" or value.endswith("-dead"):
            raise ValueError("ends with dead, as the topics for dead letters of another stack do")
        return value

    @field_validator("operators")
    @classmethod
    def _are_members(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        members = tuple(f"user:{value}" if E_MAIL.match(value) and ":" not in value else value for value in values)
        for member in members:
            if not MEMBER.match(member):
                raise ValueError(
                    f"{member!r} is neither an e-mail address nor user:, group: or serviceAccount: and one"
                )
        return members

    @field_validator("notification_emails")
    @classmethod
    def _are_addresses(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        for value in values:
            if not E_MAIL.match(value):
                raise ValueError(f"{value!r} is no e-mail address")
        return values

    @field_validator("discord_webhook")
    @classmethod
    def _is_a_webhook(cls, value: SecretStr | None) -> SecretStr | None:
        if value:
            found = DISCORD_WEBHOOK.fullmatch(value.get_secret_value().strip())
            if found is None or not found["public"]:
                raise ValueError("is no Discord webhook: https://discord.com/api/webhooks/NUMBER/TOKEN")
        return value

    @field_validator("steps")
    @classmethod
    def _are_steps(cls, values: dict[str, StepOverride]) -> dict[str, StepOverride]:
        for name in values:
            _known(name, {step.name for step in STEPS}, "step")
        return values

    @model_validator(mode="after")
    def _fits_together(self) -> StackConfig:
        if self.domain and not self.cloudflare_zone_id:
            raise ValueError("cloudflare_zone_id: is needed for the domain: the Cloudflare zone that holds it")
        if self.cloudflare_zone_id and not self.domain:
            raise ValueError("domain: is needed for the zone: the feed's address, such as podcast.example.com")
        if self.billing_account and not self.monthly_budget:
            raise ValueError("monthly_budget: is needed with billing_account: whole units of the account's currency")
        if self.monthly_budget and not self.billing_account:
            raise ValueError("billing_account: is needed with monthly_budget: gcloud billing accounts list")
        for key, model in (("ai_model", self.ai_model), ("ai_fallback_model", self.ai_fallback_model)):
            if self.ai_location in REGIONS and model in NOT_IN_ONE_REGION:
                answers = ", ".join(sorted(AI_MULTI_REGIONS))
                raise ValueError(
                    f"ai_location: is {self.ai_location}, and {key} {model} answers in {answers} only (docs/adr/0402)"
                )
        for step in STEPS:
            limits = self.limits(step)
            problem = check_limits(limits)
            if problem:
                raise ValueError(f"steps.{step.name}.memory: is {limits.memory} with {limits.cpu} CPU, but {problem}")
        return self

    def limits(self, step: Step) -> Limits:
        """What one execution of the step may use."""
        override = self.steps.get(step.name, StepOverride())
        minutes = override.timeout_minutes
        return Limits(
            cpu=override.cpu or step.resources.cpu,
            memory=override.memory or step.resources.memory,
            timeout_seconds=minutes * 60 if minutes else step.resources.timeout_seconds,
        )


def _known(value: str, known: frozenset[str] | set[str], kind: str) -> str:
    if value in known:
        return value
    close = difflib.get_close_matches(value, known, n=1, cutoff=0.5)
    raise ValueError(
        f"is no {kind}" + (f"; did you mean {close[0]}?" if close else f"; there are {', '.join(sorted(known))}")
    )
