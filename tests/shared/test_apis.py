"""Every Google API that a program speaks to is one that infra switches on."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from google.auth.credentials import AnonymousCredentials
from google.cloud.run_v2 import ExecutionsClient, JobsClient, ServicesClient
from google.cloud.secretmanager import SecretManagerServiceClient
from google.cloud.storage import Client
from google.pubsub_v1 import PublisherClient

from shared.deployment import GOOGLE_APIS
from shared.tracing import GOOGLE

ROOT = Path(__file__).resolve().parent.parent.parent
NO_API = {"www", "oauth2", "type"}
"""Hosts without a switch: scopes, tokens and names of types."""


def hosts_in_code() -> set[str]:
    texts = [
        path.read_text("utf-8") for name in ("controller", "jobs", "shared") for path in (ROOT / name).rglob("*.py")
    ]
    return {host for text in texts for host in re.findall(r"\b([a-z0-9]+)\.googleapis\.com", text)} - NO_API


def test_every_host_that_the_code_names_is_switched_on() -> None:
    assert {"aiplatform", "telemetry"} <= hosts_in_code() <= set(GOOGLE_APIS)


@pytest.mark.parametrize(
    "host",
    [
        *(each.DEFAULT_ENDPOINT for each in (ExecutionsClient, JobsClient, ServicesClient)),
        PublisherClient.DEFAULT_ENDPOINT,
        SecretManagerServiceClient.DEFAULT_ENDPOINT,
        urlsplit(GOOGLE).hostname,
        urlsplit(Client(project="none", credentials=AnonymousCredentials()).api_endpoint).hostname,
    ],
)
def test_every_host_that_a_client_library_speaks_to_is_switched_on(host) -> None:
    assert host.partition(".")[0] in GOOGLE_APIS


def test_what_a_trace_needs_beside_the_host_that_takes_it_is_switched_on() -> None:
    # The OTLP endpoint writes into Cloud Trace, and the doctor acts as each account through the credentials API.
    assert {"cloudtrace", "iamcredentials"} <= set(GOOGLE_APIS)
