"""Clients of the cloud as tests build them: against servers on this machine, and without waiting."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pydantic import SecretStr
from support_servers.fixtures import Cloud

from shared.cdn import R2Client, R2Keys
from shared.retries import Patience
from shared.storage import GCSClient

QUICK = Patience(attempts=4, total=10, first_wait=0.001, longest_wait=0.01, connect=5, read=30)
"""Tries as often as tests need, waits for nothing."""
IMPATIENT = replace(QUICK, read=0.3)
"""Gives a silent server up soon."""
KEYS = R2Keys(access_key_id="an-access-key", secret_access_key=SecretStr("a-secret-key"))
SMALLEST_PART = 5 * 1024 * 1024


def gcs_client(cloud: Cloud, patience: Patience = QUICK, *, endpoint: str | None = None) -> GCSClient:
    return GCSClient.connect(cloud.bucket, endpoint=endpoint or cloud.endpoint, patience=patience)


def r2_client(cloud: Cloud, patience: Patience = QUICK, *, endpoint: str | None = None, **options: Any) -> R2Client:
    options.setdefault("part_size", SMALLEST_PART)
    return R2Client.connect(cloud.bucket, endpoint=endpoint or cloud.endpoint, keys=KEYS, patience=patience, **options)
