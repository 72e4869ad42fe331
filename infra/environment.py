"""Fills the environment variables that the contract declares: reads the fields, never makes an instance."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi

from infra.config import StackConfig
from infra.identities import callers
from infra.naming import Names
from shared.contract import Step, StepEnvironment, ValueSource

Values = Mapping[ValueSource, pulumi.Input[str] | None]


@dataclass(frozen=True)
class ValuesArgs:
    """What values come from."""

    config: StackConfig
    names: Names
    steps: Sequence[Step]
    public_url: pulumi.Output[str]
    r2_endpoint: str


def stack_values(args: ValuesArgs) -> dict[ValueSource, pulumi.Input[str] | None]:
    """The value of every source that is the same for all deployables; None where the stack has none."""
    config, names = args.config, args.names
    known = callers(names, args.steps, config.orchestration)
    timeouts = {step.name: config.limits(step).timeout_seconds for step in args.steps}
    return {
        ValueSource.PROJECT_ID: config.project,
        ValueSource.REGION: config.region,
        ValueSource.INPUT_BUCKET: names.input_bucket,
        ValueSource.WORK_BUCKET: names.work_bucket,
        ValueSource.AI_MODEL: config.ai_model,
        ValueSource.FALLBACK_MODEL: config.ai_fallback_model,
        ValueSource.AI_LOCATION: config.ai_location,
        ValueSource.R2_ENDPOINT_URL: args.r2_endpoint,
        ValueSource.R2_BUCKET: names.public_bucket,
        ValueSource.R2_CUSTOM_DOMAIN: config.domain,
        ValueSource.R2_KEYS_SECRET_NAME: names.r2_keys_secret,
        ValueSource.DISCORD_WEBHOOK_SECRET_NAME: names.discord_webhook_secret,
        ValueSource.BACKEND: "cloud",
        ValueSource.PUBLIC_URL: args.public_url,
        ValueSource.COST_CAP: str(config.cost_cap_usd),
        ValueSource.ORCHESTRATION: config.orchestration,
        ValueSource.STACK: names.stack,
        ValueSource.NAME_SUFFIX: names.suffix or None,
        ValueSource.SLOTS: str(config.slots),
        ValueSource.STEP_TIMEOUTS: json.dumps(timeouts),
        ValueSource.CALLERS: known.model_dump_json(),
    }


def variables(environments: Sequence[type[StepEnvironment]], values: Values) -> list[tuple[str, pulumi.Input[str]]]:
    """Name and value of each variable, by name.

    Raises:
        LookupError: a required variable has no value: its source is new in the contract and not known here yet.
    """
    filled = {}
    for environment in environments:
        for name, source, required in environment.variables():
            value = values.get(source)
            if value is not None:
                filled[name] = value
            elif required:
                raise LookupError(f"{name} needs {source}, and infra/environment.py has no value for it")
    return sorted(filled.items())
