"""What a deployed stack adds to the contract: variables of our own beside the product's table, and the controller.

The product's table (shared/contract.py) stays as the user wrote it; everything here begins with PODCAST_. Infra fills
it, `PODCAST_BACKEND=cloud` reads it.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict

from shared.contract import Grant, Resource, StepEnvironment, ValueSource

Orchestration = Literal["sequential", "pubsub"]
"""Who starts the next step: the controller, told by the last one, or a topic a step."""

SHOW_SETTINGS_KEY = "settings/show.json"
"""Object in the work bucket that holds the show's settings as JSON (shared/show.py). Infra writes it; a changed title
changes this one object and no job. Files that the settings name, such as the cover, lie beside it."""

EVENTS_PATH = "/events"
SWEEP_PATH = "/sweep"
SIGNALS_PATH = "/signals"
HEALTH_PATH = "/health"


UNSUFFIXED_STACK = "dev"

REPOSITORY_NAME = "podcast"
"""The Artifact Registry repository of the images."""
TRIGGER_NAME = "podcast-recordings"
SWEEP_NAME = "podcast-sweep"

GOOGLE_APIS: tuple[str, ...] = (
    "aiplatform",
    "artifactregistry",
    "cloudresourcemanager",
    "cloudscheduler",
    "cloudtrace",
    "eventarc",
    "iam",
    "iamcredentials",
    "logging",
    "monitoring",
    "pubsub",
    "run",
    "secretmanager",
    "serviceusage",
    "storage",
    "telemetry",
)
"""What must be switched on in the project, each before `.googleapis.com`: infra enables it, the doctor looks."""


def name_suffix(stack: str) -> str:
    """What follows the names of a stack's jobs, topics and secrets: nothing in `dev`, `-prod` in `prod`."""
    return "" if stack == UNSUFFIXED_STACK else f"-{stack}"


def podcast_command(words: str, stack: str | None) -> str:
    """The `podcast` command that people are told to run, against this stack or, without one, on their laptop."""
    return f"podcast {words}" if stack is None else f"podcast {words} --stack {stack}"


def dead_letter_name(topic: str) -> str:
    """What the topic for a topic's dead letters is called, and the subscription that keeps them."""
    return f"{topic}-dead"


SERVICE_AGENTS = ("eventarc", "pubsub", "aiplatform")
"""The services of Google's whose own agents act for a stack."""


def agent_role(service: str) -> str:
    """The role that Google made for the service's agent, and gives it only where it makes the agent by itself.

    Source: https://cloud.google.com/iam/docs/create-service-agents.
    """
    return f"roles/{service}.serviceAgent"


class DeployedEnvironment(StepEnvironment):
    """What every deployable is told in the cloud."""

    podcast_backend: Annotated[Literal["cloud"], ValueSource.BACKEND]
    podcast_project_id: Annotated[str, ValueSource.PROJECT_ID]
    podcast_input_bucket: Annotated[str, ValueSource.INPUT_BUCKET]
    podcast_work_bucket: Annotated[str, ValueSource.WORK_BUCKET]
    podcast_public_url: Annotated[str, ValueSource.PUBLIC_URL]
    podcast_stack: Annotated[str, ValueSource.STACK]
    """What people call the stack in a command: `--stack NAME`."""


class JobEnvironment(DeployedEnvironment):
    """What every step is told in the cloud, beside the product's own table."""

    podcast_signal_url: Annotated[str, ValueSource.SIGNAL_URL]
    podcast_signal_topic: Annotated[str | None, ValueSource.SIGNAL_TOPIC] = None
    podcast_cost_cap_usd: Annotated[float, ValueSource.COST_CAP]
    podcast_fallback_model: Annotated[str | None, ValueSource.FALLBACK_MODEL] = None


class Callers(BaseModel):
    """Which accounts may use which of the controller's doors: lower-case e-mail addresses.

    Cloud Run's IAM has verified the token already; this maps the caller to routes. Whoever is in none of the lists but
    got past IAM is an operator: `operators` may be a group, whose members infra cannot know.
    """

    model_config = ConfigDict(frozen=True)

    events: tuple[str, ...]
    sweep: tuple[str, ...]
    signals: tuple[str, ...]


class ControllerEnvironment(DeployedEnvironment):
    """What the controller is told in the cloud."""

    podcast_region: Annotated[str, ValueSource.REGION]
    podcast_orchestration: Annotated[Orchestration, ValueSource.ORCHESTRATION]
    podcast_name_suffix: Annotated[str | None, ValueSource.NAME_SUFFIX] = None
    """What follows the name of each job and topic: nothing in the stack `dev`, `-prod` in `prod`."""
    podcast_slots: Annotated[int, ValueSource.SLOTS]
    podcast_step_timeouts: Annotated[dict[str, int], ValueSource.STEP_TIMEOUTS]
    """Seconds, by step, as JSON: the stack may give a step longer than the contract does."""
    podcast_callers: Annotated[Callers, ValueSource.CALLERS]
    """As JSON."""


CONTROLLER_NAME = "podcast-controller"

DEPLOYABLE_GRANTS: tuple[Grant, ...] = (
    # One trace an episode; Google offers nothing narrower than the project.
    Grant("roles/telemetry.tracesWriter", Resource.PROJECT),
)
"""What the controller and every step may do beside their own grants."""

CONTROLLER_GRANTS: tuple[Grant, ...] = (
    # Run with other arguments, and cancel; the plain invoker may do neither.
    Grant("roles/run.jobsExecutorWithOverrides", Resource.STEP_JOBS),
    # Read what became of an execution.
    Grant("roles/run.viewer", Resource.STEP_JOBS),
    Grant("roles/storage.objectUser", Resource.WORK_BUCKET),
    # An event may come without a generation: the controller looks the current one up.
    Grant("roles/storage.objectViewer", Resource.INPUT_BUCKET),
)
"""With topics the controller only listens: steps publish, each to the next one's (infra/permissions.py)."""


class DeployedStack(BaseModel):
    """The stack as its operators' tools need to know it: the output `deployed`, one JSON object, no secret in it.

    Infra writes it, `podcast … --stack NAME` reads it with `pulumi stack output`.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    stack: str
    project: str
    region: str
    orchestration: Orchestration
    input_bucket: str
    work_bucket: str
    public_bucket: str
    r2_endpoint: str
    controller: str
    """Name of the Cloud Run service."""
    controller_url: str
    feed_url: str
    site_url: str
    public_url: str
    jobs: dict[str, str]
    """Name of the Cloud Run Job, by step."""
    accounts: dict[str, str]
    """E-mail address of each service account, by role: the steps' names, controller, trigger, scheduler, push."""
    r2_keys_secret: str
    discord_webhook_secret: str | None
    """None where the stack tells nobody at Discord."""
    ai_model: str
    ai_fallback_model: str | None
    ai_location: str
