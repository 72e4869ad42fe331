"""The whole stack, as a table of contents."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import pulumi
from pulumi.runtime.config import CONFIG, get_config_env, get_config_secret_keys_env

from infra.alerts import Alerts, AlertsArgs
from infra.buckets import Buckets, BucketsArgs
from infra.budget import Budget, BudgetArgs
from infra.clouds import Clouds, CloudsArgs
from infra.config import StackConfig
from infra.controller_service import ControllerService, ControllerServiceArgs
from infra.dashboard import Dashboard, DashboardArgs
from infra.environment import ValuesArgs, stack_values
from infra.events import RecordingEvents, RecordingEventsArgs
from infra.identities import Identities, IdentitiesArgs
from infra.images import Images, ImagesArgs
from infra.log_metrics import LogMetrics, LogMetricsArgs
from infra.naming import Names
from infra.outputs import OutputsArgs, export_outputs
from infra.permissions import Permissions, PermissionsArgs
from infra.public_bucket import PublicBucket, PublicBucketArgs
from infra.secret_store import SecretStore, SecretStoreArgs
from infra.stack_file import WrongConfig, read_config
from infra.step_jobs import StepJobs, StepJobsArgs
from infra.step_topics import StepTopics, StepTopicsArgs
from infra.sweep import Sweep, SweepArgs
from shared.contract import STEPS, Step

ROOT = Path(__file__).resolve().parent.parent


def define(config: StackConfig, *, steps: Sequence[Step] = STEPS, root: Path = ROOT) -> None:
    """Declares everything that the stack consists of."""
    names = Names.of(config)
    clouds = Clouds("clouds", CloudsArgs(config))
    use = clouds.options
    images = Images("images", ImagesArgs(config, names, steps, context=os.path.relpath(root)), use)
    identities = Identities("identities", IdentitiesArgs(names, steps, config.orchestration), use)
    buckets = Buckets("buckets", BucketsArgs(config, names, root), use)
    public = PublicBucket("public-bucket", PublicBucketArgs(config, names), use)
    secrets = SecretStore("secrets", SecretStoreArgs(config, names, public.s3_keys), use)
    values = stack_values(ValuesArgs(config, names, steps, public.url, public.endpoint))
    controller = ControllerService("service", ControllerServiceArgs(config, names, images, identities, values), use)
    topics = None
    if config.orchestration == "pubsub":
        topics = StepTopics("topics", StepTopicsArgs(names, steps, identities, controller), use)
    jobs = StepJobs("jobs", StepJobsArgs(config, names, steps, images, identities, controller, topics, values), use)
    Permissions(
        "permissions", PermissionsArgs(config, steps, identities, buckets, secrets, controller, jobs, topics), use
    )
    RecordingEvents("events", RecordingEventsArgs(config, names, buckets, identities, controller), use)
    Sweep("sweep", SweepArgs(config, names, identities, controller), use)
    metrics = LogMetrics("metrics", LogMetricsArgs(names, steps), use)
    alerts = Alerts("alerts", AlertsArgs(config, names, steps, metrics, topics), use)
    Dashboard("dashboard", DashboardArgs(names, steps, metrics), use)
    if config.billing_account and config.monthly_budget:
        budget = BudgetArgs(names, config.billing_account, config.monthly_budget, alerts.channels)
        Budget("budget", budget, use)
    export_outputs(OutputsArgs(config, names, steps, buckets, public, controller))


def main(root: Path = ROOT) -> None:
    """Reads the stack's configuration, and declares the stack or says what is wrong."""
    try:
        config = read_config(
            pulumi.get_stack(),
            # Pulumi has no public way to ask for all keys, and a mistyped one must not go unnoticed.
            {**get_config_env(), **CONFIG.get()},
            {*get_config_secret_keys_env(), *_secret_keys()},
            os.environ,
            root,
        )
    except WrongConfig as error:
        raise pulumi.RunError(str(error)) from None
    define(config, root=root)


def _secret_keys() -> set[str]:
    return {key for key in CONFIG.get() if pulumi.runtime.is_config_secret(key)}
