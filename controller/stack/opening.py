"""From `--stack NAME` to a desk: who the operator is, where the controller is, and the way into the input bucket."""

from __future__ import annotations

import os
from functools import partial
from typing import Final

from controller.stack.desk import RemoteDesk
from controller.stack.gateway import Gateway
from controller.stack.identity import LOG_IN, Identity, without_quota_warning
from controller.stack.outputs import read_stack
from shared.deployment import DeployedStack
from shared.retries import Patience
from shared.storage import GCSClient

GCS_ENDPOINT: Final = "PODCAST_GCS_ENDPOINT"
"""Points at a GCS of one's own, as for deployed programs (shared/cloud_config.py)."""


def open_stack(stack: str, *, patience: Patience | None = None) -> RemoteDesk:
    """The desk of a deployed stack; nothing is asked of it yet. Whoever asks closes it.

    Args:
        stack: as `--stack` names it (controller/stack/outputs.py).
        patience: how often a request is tried.

    Raises:
        PermanentError: the stack is not known, or the operator is not logged in.
    """
    deployed = read_stack(stack)
    identity = Identity.of_operator(deployed.controller_url)
    gateway = Gateway(deployed.controller_url, identity, stack=stack, patience=patience)
    return RemoteDesk(gateway, deployed, partial(_input_bucket, deployed, stack, patience))


def _input_bucket(deployed: DeployedStack, stack: str, patience: Patience | None) -> GCSClient:
    advice = {
        401: f"{LOG_IN}.",
        403: f"Have yourself named among the operators of {stack}; a fresh grant takes minutes.",
        404: f"Bring the stack up to date: pulumi up --stack {deployed.stack}",
    }
    with without_quota_warning():
        return GCSClient.connect(
            deployed.input_bucket,
            project=deployed.project,
            endpoint=os.environ.get(GCS_ENDPOINT) or None,
            patience=patience,
            advice=advice,
        )
