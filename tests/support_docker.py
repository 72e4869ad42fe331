"""Builds and starts the images, through the daemon that `tests/sandbox/with_docker` put into the environment."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import subprocess
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shared.contract import STEPS, Step

REPOSITORY = Path(__file__).parents[1]
LOCKED_DOWN = ("--rm", "--network=none", "--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges")
"""How a container is started when it may do nothing but its work."""

CONTEXT = (".dockerignore", "Dockerfile", "controller", "jobs", "requirements", "shared")
"""What of the repository a build may see."""


@dataclass(frozen=True)
class Deployable:
    """What gets an image of its own. `step` is None for the controller."""

    target: str
    extra: str
    packages: tuple[str, ...]
    step: Step | None = None


DEPLOYABLES = (
    Deployable("controller", "controller", ("controller", "shared")),
    *(Deployable(step.job_name, step.name, ("jobs", "shared"), step) for step in STEPS),
)


@dataclass(frozen=True)
class BuildStep:
    """One step of a build, as BuildKit names it: `[fetch-dependencies 2/2] RUN …`."""

    name: str
    cached: bool

    @property
    def installs(self) -> bool:
        """Whether it makes a layer of dependencies, rather than one of code."""
        return self.name.startswith("[installer ") or "-dependencies " in self.name.partition("]")[0]


class Docker:
    """The client, the base images and the names that a test run may use."""

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        missing = [
            name for name in ("DOCKER", "IMAGE_BASE", "IMAGE_BUILDER", "IMAGE_PREFIX") if name not in environment
        ]
        if missing:
            raise RuntimeError(f"{missing[0]} is not set: run this by `make images-test` or through {WITH_DOCKER}")
        self._client = environment["DOCKER"]
        self.base = environment["IMAGE_BASE"]
        self.builder = environment["IMAGE_BUILDER"]
        self._prefix = environment["IMAGE_PREFIX"]

    def image(self, deployable: Deployable) -> str:
        """The name of its image."""
        return f"{self._prefix}/{deployable.target}"

    def build(self, deployable: Deployable, context: Path = REPOSITORY, *options: str) -> list[BuildStep]:
        """Builds its image and tells which steps that took."""
        process = subprocess.run(
            [
                *(self._client, "build", "--progress=plain", "--network=host", "--platform=linux/amd64"),
                *(f"--build-arg=BASE={self.base}", f"--build-arg=BUILDER={self.builder}"),
                *(f"--target={deployable.target}", f"--tag={self.image(deployable)}", *options, str(context)),
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if process.returncode:
            raise RuntimeError(f"{deployable.target} could not be built:\n{process.stdout[-4000:]}")
        return steps_of(process.stdout)

    def context(self, folder: Path) -> Path:
        """A copy of what a build is handed, to change; the folder, which is made."""
        for name in CONTEXT:
            source, target = REPOSITORY / name, folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            if source.is_dir():
                shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy2(source, target)
        return folder

    def run(self, image: str, *command: str, options: Sequence[str] = LOCKED_DOWN) -> subprocess.CompletedProcess[str]:
        """Runs a command of the image to its end, /tmp being all that it may write to."""
        return subprocess.run(
            [self._client, "run", "--tmpfs=/tmp", *options, image, *command],
            capture_output=True,
            text=True,
            check=False,
        )

    def python(self, image: str, code: str, *arguments: str, user: str = "") -> Any:
        """What a Python program prints, as JSON, when the image's own interpreter runs it."""
        options = (*LOCKED_DOWN, "--entrypoint=python3", *((f"--user={user}",) if user else ()))
        process = self.run(image, "-c", code, *arguments, options=options)
        assert process.returncode == 0, process.stderr
        return json.loads(process.stdout)

    def inspect(self, kind: str, name: str) -> Any:
        """What the daemon knows of an image or a container."""
        return json.loads(self.ask(kind, "inspect", name))[0]

    def layers(self, image: str) -> list[str]:
        """The digests of its layers, the lowest first."""
        return list(self.inspect("image", image)["RootFS"]["Layers"])

    def ask(self, *arguments: str) -> str:
        """What the client prints."""
        return subprocess.run([self._client, *arguments], check=True, capture_output=True, text=True).stdout

    def logs(self, container: str) -> str:
        """What the container has written so far, to stdout and stderr."""
        command = [self._client, "logs", container]
        return subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True).stdout

    @contextmanager
    def volume(self, files: Mapping[str, bytes], owner: int) -> Iterator[str]:
        """A volume of `owner` that holds the files, for a daemon that may see none of ours; its name."""
        name = self.ask("volume", "create").strip()
        try:
            packed = io.BytesIO()
            with tarfile.open(fileobj=packed, mode="w") as archive:
                for path, content in files.items():
                    member = tarfile.TarInfo(path)
                    member.size = len(content)
                    archive.addfile(member, io.BytesIO(content))
            unpack = f"tar --extract --directory=/volume && chown --recursive {owner}:{owner} /volume"
            options = ("--rm", "--interactive", "--network=none", f"--volume={name}:/volume")
            command = [self._client, "run", *options, self.base, "sh", "-c", unpack]
            subprocess.run(command, input=packed.getvalue(), check=True, capture_output=True)
            yield name
        finally:
            self.ask("volume", "rm", "--force", name)

    def file_in(self, volume: str, path: str) -> bytes:
        """A file of the volume."""
        command = [self._client, "run", "--rm", "--network=none", f"--volume={volume}:/volume:ro", self.base]
        return subprocess.run([*command, "cat", f"/volume/{path}"], check=True, capture_output=True).stdout

    @contextmanager
    def container(self, image: str, *options: str, until: str) -> Iterator[str]:
        """A container of the image that has logged a line with `until` in it; its id. It is gone afterwards."""
        identity = self.ask("create", "--network=none", "--tmpfs=/tmp", *options, image).strip()
        try:
            self.ask("start", identity)
            command = [self._client, "logs", "--follow", identity]
            with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as logs:
                assert logs.stdout is not None
                seen = []
                for line in logs.stdout:
                    seen.append(line)
                    if until in line:
                        break
                else:
                    raise AssertionError(f"{image} ended without saying {until!r}:\n{''.join(seen)}")
                logs.terminate()
            yield identity
        finally:
            self.ask("rm", "--force", identity)


def steps_of(log: str) -> list[BuildStep]:
    """The steps in what BuildKit prints with `--progress=plain`: `#7 [stage 2/3] RUN …`, later `#7 CACHED`."""
    names = dict(re.findall(r"^#(\d+) (\[[^]]+\] .+)$", log, re.MULTILINE))
    cached = set(re.findall(r"^#(\d+) CACHED$", log, re.MULTILINE))
    return [
        BuildStep(name, number in cached)
        for number, name in names.items()
        if "] FROM " not in name and not name.startswith("[internal]")
    ]


WITH_DOCKER = REPOSITORY / "tests" / "sandbox" / "with_docker"
