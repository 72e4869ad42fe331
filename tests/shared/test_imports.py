"""What a program loads before it is asked for anything."""

from __future__ import annotations

import subprocess
import sys

import pytest

CLOUD_CLIENTS = ["google.cloud.storage", "google.cloud.secretmanager", "boto3", "botocore", "grpc", "requests"]


@pytest.mark.parametrize("module", ["shared.contract", "shared.storage", "shared.config", "shared.cdn"])
def test_importing_loads_no_cloud_client(module) -> None:
    program = f"import {module}, sys; print([each for each in {CLOUD_CLIENTS!r} if each in sys.modules])"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert loaded.stdout.strip() == "[]"
