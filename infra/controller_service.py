"""The controller: a Cloud Run service that nobody may call but the accounts that need it and the operators."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from infra.config import StackConfig
from infra.environment import Values, variables
from infra.identities import CONTROLLER, Identities
from infra.images import Images
from infra.naming import Names
from shared.deployment import HEALTH_PATH, SIGNALS_PATH, ControllerEnvironment

CONCURRENCY = 40
"""Requests that one instance gets at once. The image answers in more threads than that (Dockerfile): an instance whose
threads all wait would not answer when it is asked whether it lives, and be ended with everything that it was doing."""


@dataclass(frozen=True)
class ControllerServiceArgs:
    """What it runs as, and what it is told."""

    config: StackConfig
    names: Names
    images: Images
    identities: Identities
    values: Values


class ControllerService(pulumi.ComponentResource):
    """The service with its probes.

    Its address is open to the internet, since Cloud Run Jobs call it from outside of any network; IAM lets in only
    those who hold run.invoker (permissions.py). Does not manage: who that is.
    """

    def __init__(self, name: str, args: ControllerServiceArgs, opts: pulumi.ResourceOptions) -> None:
        super().__init__("podcast:infra:ControllerService", name, None, opts)
        config = args.config
        self.service = gcp.cloudrunv2.Service(
            "controller",
            name=args.names.controller,
            location=config.region,
            ingress="INGRESS_TRAFFIC_ALL",
            deletion_protection=False,
            template={
                "service_account": args.identities.e_mail(CONTROLLER),
                "timeout": "300s",
                "max_instance_request_concurrency": CONCURRENCY,
                "scaling": {"min_instance_count": config.controller_min_instances, "max_instance_count": 10},
                "containers": [
                    {
                        "image": args.images.digest(CONTROLLER),
                        "envs": [
                            {"name": name, "value": value}
                            for name, value in variables([ControllerEnvironment], args.values)
                        ],
                        "ports": {"container_port": 8080},
                        "resources": {
                            "limits": {"cpu": "1", "memory": "512Mi"},
                            # All work happens within requests.
                            "cpu_idle": True,
                            "startup_cpu_boost": True,
                        },
                        "startup_probe": {
                            "http_get": {"path": HEALTH_PATH, "port": 8080},
                            "period_seconds": 2,
                            "timeout_seconds": 2,
                            "failure_threshold": 60,
                        },
                        "liveness_probe": {
                            "http_get": {"path": HEALTH_PATH, "port": 8080},
                            "period_seconds": 30,
                            # The CPU may be busy with a sweep; one second, the default, is soon over.
                            "timeout_seconds": 10,
                            "failure_threshold": 3,
                        },
                    }
                ],
            },
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.url = self.service.uri
        self.signal_url = pulumi.Output.concat(self.service.uri, SIGNALS_PATH)
        self.register_outputs({})
