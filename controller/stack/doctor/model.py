"""The models: each answers process-job's account in its location, and Vertex AI may read what it is to listen to.

Tokens are counted, nothing is generated: it goes through the same door as a question and costs nothing
(https://cloud.google.com/vertex-ai/generative-ai/docs/reference/rest/v1/projects.locations.publishers.models/countTokens).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime
from functools import partial
from http import HTTPStatus
from json import JSONDecodeError
from typing import Any

import httpx
from google.genai import errors
from pydantic import ValidationError

from controller.stack.doctor.access import Access
from controller.stack.doctor.agents import agent_of
from controller.stack.doctor.asking import Unanswered, asking, once
from controller.stack.doctor.google import Google
from controller.stack.doctor.probing import Finding, Probe, fault, untested
from shared.ai.prices import CURRENT_MODELS
from shared.ai.vertex.connection import connect
from shared.contract import PROCESS, Grant, Resource
from shared.deployment import DeployedStack
from shared.http_errors import reason_of

READERS = frozenset({"roles/storage.objectViewer", "roles/storage.objectUser", "roles/storage.objectAdmin"})
"""Roles on a bucket that let their holder read its objects."""


def probes(google: Google, access: Access, deployed: DeployedStack) -> list[Probe]:
    """One look a model, and one at the bucket's policy."""
    keys = {"ai_model": deployed.ai_model, "ai_fallback_model": deployed.ai_fallback_model}
    return [
        *(
            Probe(f"Model {model}", partial(_look, google, access, deployed, key, model))
            for key, model in keys.items()
            if model and (key == "ai_model" or model != deployed.ai_model)
        ),
        Probe("Vertex AI's agent", partial(_look_at_agent, google, deployed), needs="roles/iam.securityReviewer"),
    ]


def _look(google: Google, access: Access, deployed: DeployedStack, key: str, model: str) -> Finding:
    if access.lacks(PROCESS.name, Grant("roles/aiplatform.user", Resource.PROJECT)):
        return untested("process's account may not use Vertex AI: see its own line")
    return model_finding(deployed, key, _count(google, deployed, model))


def _count(google: Google, deployed: DeployedStack, model: str) -> tuple[int, str] | None:
    """Status and words with which the API refuses; None where it counts."""
    caller = google.as_account(PROCESS.name)
    base = google.endpoints.of("aiplatform") if google.endpoints.base else None
    connection = connect(
        deployed.project,
        deployed.ai_location,
        today=lambda: datetime.now(UTC).date(),
        credentials=caller.credentials,
        base_url=base,
        patience=once(google.limit),
    )
    with closing(connection), asking(f"ask {model}"):
        try:
            connection.client.models.count_tokens(model=model, contents="Hello.")
        except errors.APIError as error:
            return error.code, error.message or ""
        except (errors.UnknownApiResponseError, JSONDecodeError, ValidationError):
            raise Unanswered(f"what came back of {model} is not the API's answer") from None
        except httpx.HTTPError as error:
            raise Unanswered(f"could not reach {model} in {deployed.ai_location}: {reason_of(error)}") from error
    return None


def model_finding(deployed: DeployedStack, key: str, refused: tuple[int, str] | None) -> Finding:
    """Whether the model answers.

    Args:
        deployed: the stack.
        key: the stack's setting that names the model.
        refused: status and words of the API.
    """
    place = deployed.ai_location
    if refused is None:
        return Finding(f"answers in {place}")
    status, said = refused
    short = " ".join(said.split())[:200]
    end = f"--stack {deployed.stack} && pulumi up --stack {deployed.stack}"
    if status == HTTPStatus.NOT_FOUND:
        return fault(
            f"does not answer in {place} ({short})",
            f"pulumi config set ai_location global {end}, or pulumi config set {key} MODEL {end} "
            f"(current models: {', '.join(CURRENT_MODELS)})",
        )
    if status == HTTPStatus.FORBIDDEN:
        return fault(
            f"is refused to process's account ({short})",
            f"gcloud services enable aiplatform.googleapis.com --project={deployed.project}, and look whether a policy "
            "of the organisation forbids the model",
        )
    if status == HTTPStatus.BAD_REQUEST:
        return fault(f"is not asked like this ({short})", f"pulumi config set {key} MODEL {end}")
    return untested(f"the API answered {status} ({short})")


def _look_at_agent(google: Google, deployed: DeployedStack) -> Finding:
    """https://cloud.google.com/vertex-ai/docs/general/access-control#service-agents names the agent."""
    agent = agent_of("aiplatform", google.number())
    with asking(f"read who may read {deployed.work_bucket}"):
        policy = (
            google.operator()
            .storage()
            .bucket(deployed.work_bucket)
            .get_iam_policy(requested_policy_version=3, timeout=google.limit, retry=None)
        )
        bindings: Sequence[Mapping[str, Any]] = policy.bindings
    return agent_finding(deployed, agent, bindings)


def agent_finding(deployed: DeployedStack, agent: str, bindings: Iterable[Mapping[str, Any]]) -> Finding:
    """Whether the model can read the recordings that it is handed by their address.

    Args:
        deployed: the stack.
        agent: as IAM writes it.
        bindings: of the work bucket's policy.
    """
    for binding in bindings:
        if binding["role"] in READERS and agent in binding["members"] and not binding.get("condition"):
            return Finding(f"may read {deployed.work_bucket}")
    return fault(f"may not read {deployed.work_bucket}", f"pulumi up --refresh --stack {deployed.stack}")
