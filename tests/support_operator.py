"""Somebody who operates a deployed stack: their key file, the `pulumi` on their PATH, their `podcast` command."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
from support_servers.google_tokens import GoogleTokens, token_server
from support_servers.vertex import service_account
from support_stack import Stack

from shared.deployment import DeployedStack

PODCAST = Path(sys.executable).with_name("podcast")
EMAIL = "operator@a-project.iam.gserviceaccount.com"


def deployed_stack(**differing: Any) -> DeployedStack:
    """A stack as its output tells it, but for what differs."""
    told: dict[str, Any] = {
        "stack": "dev",
        "project": "a-project",
        "region": "asia-northeast1",
        "orchestration": "sequential",
        "input_bucket": "podcast-input-dev",
        "work_bucket": "podcast-work-dev",
        "public_bucket": "podcast-public-dev",
        "r2_endpoint": "https://account.r2.cloudflarestorage.com",
        "controller": "podcast-controller",
        "controller_url": "https://podcast-controller.example",
        "feed_url": "https://listen.example/feed.rss",
        "site_url": "https://listen.example/index.html",
        "public_url": "https://listen.example",
        "jobs": {},
        "accounts": {},
        "r2_keys_secret": "r2-keys",
        "discord_webhook_secret": None,
        "ai_model": "gemini-3.8-flash",
        "ai_fallback_model": None,
        "ai_location": "global",
    }
    return DeployedStack.model_validate(told | differing)


@dataclass
class Operator:
    """Their machine. `outputs` is what their `pulumi` prints."""

    folder: Path
    tokens: GoogleTokens
    email: str = EMAIL
    outputs: dict[str, Any] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.bin = self.folder / "bin"
        self.bin.mkdir()
        key = service_account(self.tokens.url) | {"client_email": self.email}
        self.key_file = self.folder / "key.json"
        self.key_file.write_text(json.dumps(key))
        public = load_pem_private_key(key["private_key"].encode(), None).public_key()
        pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        self.tokens.certificates[self.email] = pem.decode()
        self.pulumi('cat "$OUTPUTS"')

    def pulumi(self, script: str) -> None:
        """Their `pulumi` does this."""
        path = self.bin / "pulumi"
        path.write_text(f'#!/bin/sh\nOUTPUTS={self.folder}/outputs.json\necho "$@" >> {self.folder}/asked\n{script}\n')
        path.chmod(0o755)

    def environment(self) -> dict[str, str]:
        (self.folder / "outputs.json").write_text(json.dumps(self.outputs))
        clean = {name: value for name, value in os.environ.items() if not name.startswith("PODCAST_")}
        ours = {
            "PATH": f"{self.bin}:{os.environ['PATH']}",
            "GOOGLE_APPLICATION_CREDENTIALS": str(self.key_file),
            "COLUMNS": "200",
        }
        return clean | ours | self.variables

    def start(self, *arguments: str | Path) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [str(PODCAST), *map(str, arguments)],
            env=self.environment(),
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(PODCAST), *map(str, arguments)],
            env=self.environment(),
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )


def line_with(word: str, process: subprocess.Popen[str]) -> str:
    """The first line on stdout that has the word, once it is there."""
    assert process.stdout is not None
    for line in process.stdout:
        if word in line:
            return line
    assert process.stderr is not None
    raise AssertionError(process.stderr.read())


def interrupt(process: subprocess.Popen[str]) -> tuple[str, str]:
    """Ctrl-C; what was printed."""
    process.send_signal(signal.SIGINT)
    assert process.stdout is not None
    assert process.stderr is not None
    # Not communicate(): it passes over what reading line by line has already taken out of the pipe.
    with process:
        return process.stdout.read(), process.stderr.read()


@contextmanager
def operator(folder: Path) -> Iterator[Operator]:
    folder.mkdir(parents=True, exist_ok=True)
    with token_server() as tokens:
        yield Operator(folder, tokens)


@contextmanager
def operator_of(stack: Stack, folder: Path) -> Iterator[Operator]:
    """Somebody whom the stack's `operators` name."""
    with operator(folder) as somebody:
        deployed = deployed_stack(controller_url=stack.address, input_bucket=stack.input.bucket)
        somebody.outputs = {"deployed": deployed.model_dump(mode="json")}
        somebody.variables["PODCAST_GCS_ENDPOINT"] = stack.controller.settings.gcs_endpoint or ""
        stack.iam.invokers.add(somebody.email)
        yield somebody


@contextmanager
def events_of(stack: Stack) -> Iterator[None]:
    """Eventarc and Cloud Scheduler at work: the controller hears of every new version in the input bucket."""
    stop = threading.Event()

    def look() -> None:
        told: set[tuple[str, str]] = set()
        while not stop.wait(0.05):
            for info in stack.input.list():
                if (info.name, info.version) not in told:
                    told.add((info.name, info.version))
                    stack.tell(info)
            stack.sweep()

    thread = threading.Thread(target=look, name="events")
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
