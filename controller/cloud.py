"""The whole controller in the cloud: its parts put together from the environment that infra fills.

It takes requests and nothing else: the CPU sleeps between them, so there is no thread that would sweep or watch.
"""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

from flask import Flask
from google.oauth2.credentials import Credentials as TokenCredentials
from pydantic import ValidationError

from controller.app import create_app
from controller.callers import install_callers
from controller.desk import FrontDesk
from controller.intake import Intake
from controller.orchestrator import Orchestrator
from controller.runner.cloud_run import LOOK_BACK, CloudRunRunner
from shared.cloud_config import CloudSettings, load_cloud_settings
from shared.deployment import ControllerEnvironment
from shared.errors import PermanentError
from shared.retries import Patience

ENDPOINT_VARIABLE: Final = "PODCAST_RUN_ENDPOINT"
"""Points at a Cloud Run of one's own, as the variables of shared/cloud_config.py do for other services."""
AS_JSON: Final = ("podcast_step_timeouts", "podcast_callers")
HASTE: Final = Patience(attempts=2, total=3.0, first_wait=0.2, longest_wait=1.0, connect=2.0, read=4.0)
"""Somebody waits for each request: Eventarc for ten seconds, then it sends the event again while this one still runs.
A silent store is given up after nine at the latest (`longest_call`), and the answer is 5xx. Steps, for which nobody
waits, take their time (`Patience()`)."""


@dataclass(frozen=True)
class CloudController:
    """The parts."""

    settings: CloudSettings
    told: ControllerEnvironment
    orchestrator: Orchestrator
    intake: Intake
    desk: FrontDesk

    def app(self) -> Flask:
        """The web application over these parts, for behind Cloud Run's IAM: see controller/callers.py."""
        return create_app(
            input_bucket=self.settings.input_bucket,
            intake=self.intake,
            orchestrator=self.orchestrator,
            desk=self.desk,
            public_folder=None,
            guard=partial(install_callers, callers=self.told.podcast_callers),
        )


def build_cloud(environment: Mapping[str, str], *, patience: Patience = HASTE) -> CloudController:
    """Puts the parts together. Nothing is asked of any service yet.

    Raises:
        PermanentError: a variable is missing or wrong, or there are no credentials.
    """
    settings = load_cloud_settings(environment).with_patience(patience)
    told = load_controller_environment(environment)
    now = partial(datetime.now, UTC)
    endpoint = environment.get(ENDPOINT_VARIABLE) or None
    longest = timedelta(seconds=max(told.podcast_step_timeouts.values(), default=0))
    runner = CloudRunRunner.connect(
        told.podcast_project_id,
        told.podcast_region,
        suffix=told.podcast_name_suffix or "",
        credentials=TokenCredentials("none") if endpoint else None,
        endpoint=endpoint,
        look_back=LOOK_BACK + longest,
    )
    orchestrator = Orchestrator(
        settings.work,
        runner,
        slots=told.podcast_slots,
        now=now,
        jitter=random.SystemRandom().random,
        reviewed=lambda: settings.show().publish == "review",
        time_limits=told.podcast_step_timeouts,
    )
    intake = Intake(settings.input, orchestrator)
    return CloudController(settings, told, orchestrator, intake, FrontDesk(settings, orchestrator, intake, now))


def load_controller_environment(environment: Mapping[str, str]) -> ControllerEnvironment:
    """What the controller is told (shared/deployment.py).

    Raises:
        PermanentError: a variable is missing or has a wrong value; names it.
    """
    values: dict[str, object] = {
        name.lower(): environment[name] for name, _, _ in ControllerEnvironment.variables() if environment.get(name)
    }
    try:
        values |= {name: json.loads(str(values[name])) for name in AS_JSON if name in values}
        return ControllerEnvironment.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        variable = str(first["loc"][0]).upper()
        raise PermanentError(
            f"{variable}: {first['msg']}", advice="`pulumi up` sets it; see shared/deployment.py."
        ) from error
    except json.JSONDecodeError as error:
        names = " or ".join(name.upper() for name in AS_JSON)
        raise PermanentError(f"{names} is not JSON: {error}", advice="`pulumi up` sets both.") from error
