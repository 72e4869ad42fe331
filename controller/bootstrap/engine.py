"""Pulumi's own command, run on infra/bootstrap. Nobody's login and no file of the checkout is changed."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import yaml

from controller.bootstrap.causes import advice_for
from shared.bootstrap import BOOTSTRAP_PROJECT, Bootstrapped, BootstrapSettings
from shared.errors import PermanentError

INSTALL: Final = "Install Pulumi: https://www.pulumi.com/docs/install/"


class Engine:
    """The program's one stack, called after the Google Cloud project.

    Args:
        settings: what the program is told.
        folder: an empty one, for Pulumi's files; it may be removed afterwards.
        environment: of the processes that are started.
        say: takes what Pulumi says, line by line.

    Raises:
        PermanentError: Pulumi, or the SDK that the program needs, is not installed.
    """

    def __init__(
        self, settings: BootstrapSettings, folder: Path, environment: Mapping[str, str], say: Callable[[str], None]
    ) -> None:
        cli = shutil.which("pulumi", path=environment.get("PATH"))
        if cli is None:
            raise PermanentError("there is no `pulumi` on PATH", advice=INSTALL)
        if find_spec("pulumi_gcp") is None:
            raise PermanentError("Pulumi's SDK is not installed in this environment", advice="Run: make check")
        self._cli = cli
        self._settings = settings
        self._folder = folder
        self._say = say
        self._environment = {
            **{name: value for name, value in environment.items() if name != "PULUMI_CONFIG_PASSPHRASE_FILE"},
            # The program keeps nothing secret; Pulumi wants to be told how it would.
            "PULUMI_CONFIG_PASSPHRASE": "",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
        }
        self._write_project()

    def preview(self, *, of_nothing: bool) -> None:
        """Shows what `up` would do and stores nothing; `of_nothing` where there is no state yet to compare with."""
        backend = self._settings.backend
        if of_nothing or not self._has_stack(backend):
            state = self._folder / "state"
            state.mkdir()
            backend = state.as_uri()
            self._make_stack(backend)
        else:
            self._remember(backend)
        self._run(backend, "preview", "--diff", "--stack", self._settings.project)

    def up(self) -> Bootstrapped:
        """Makes what is missing, changes what differs, and gives the program's output."""
        backend = self._settings.backend
        if self._has_stack(backend):
            self._remember(backend)
        else:
            self._make_stack(backend)
        self._run(backend, "up", "--yes", "--skip-preview", "--suppress-outputs", "--stack", self._settings.project)
        made = self._made(backend)
        if made is None:
            raise PermanentError("the program ended without its output", advice="Run it again.")
        return made

    def _made(self, backend: str) -> Bootstrapped | None:
        outputs = json.loads(self._asked(backend, "stack", "output", "--json", "--stack", self._settings.project))
        return Bootstrapped.model_validate(outputs["bootstrapped"]) if "bootstrapped" in outputs else None

    def _remember(self, backend: str) -> None:
        """A repository that is not named again keeps its way in: Google keeps a deleted pool's name for 30 days."""
        made = self._made(backend)
        if made and made.github and self._settings.repository is None:
            kept = {"repository": made.github.repository, "repository_id": made.github.repository_id}
            self._settings = self._settings.model_copy(update=kept)
            self._write_config()

    def _has_stack(self, backend: str) -> bool:
        listed = json.loads(self._asked(backend, "stack", "ls", "--json", "--project", BOOTSTRAP_PROJECT) or "[]")
        return any(each["name"].rpartition("/")[2] == self._settings.project for each in listed or [])

    def _make_stack(self, backend: str) -> None:
        self._asked(backend, "stack", "init", "--no-select", "--secrets-provider", "passphrase", self._settings.project)

    def _write_project(self) -> None:
        spec = find_spec("infra.bootstrap")
        if spec is None or spec.origin is None:
            raise PermanentError("infra/bootstrap is not installed here", advice="Run it in a checkout: make check")
        program = Path(spec.origin).parent
        project = yaml.safe_load((program / "Pulumi.yaml").read_text("utf-8"))
        # The stack's file lands beside this copy, not in the checkout.
        project["main"] = str(program)
        project["runtime"]["options"]["virtualenv"] = sys.prefix
        (self._folder / "Pulumi.yaml").write_text(yaml.safe_dump(project), "utf-8")
        self._write_config()

    def _write_config(self) -> None:
        values = self._settings.model_dump(exclude_none=True, exclude_defaults=True)
        config = {f"{BOOTSTRAP_PROJECT}:{name}": str(value) for name, value in values.items()}
        stack_file = self._folder / f"Pulumi.{self._settings.project}.yaml"
        stack_file.write_text(yaml.safe_dump({"config": config}), "utf-8")

    def _command(self, arguments: tuple[str, ...]) -> list[str]:
        return [self._cli, *arguments, "--non-interactive", "--color", "never", "--cwd", str(self._folder)]

    def _asked(self, backend: str, *arguments: str) -> str:
        ran = subprocess.run(
            self._command(arguments),
            env={**self._environment, "PULUMI_BACKEND_URL": backend},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if ran.returncode:
            raise self._failed(arguments, ran.stderr or ran.stdout)
        return ran.stdout

    def _run(self, backend: str, *arguments: str) -> None:
        said = []
        with subprocess.Popen(
            self._command(arguments),
            env={**self._environment, "PULUMI_BACKEND_URL": backend},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as running:
            for line in running.stdout or ():
                said.append(line)
                self._say(line.rstrip("\n"))
        if running.returncode:
            raise self._failed(arguments, "".join(said))

    def _failed(self, arguments: tuple[str, ...], said: str) -> PermanentError:
        reasons = [line.strip() for line in said.splitlines() if "error:" in line]
        reason = reasons[0] if reasons else f"it ended without a reason: {said.strip()[-400:]}"
        return PermanentError(
            f"pulumi {arguments[0]} did not succeed: {reason.removeprefix('error:').strip()}",
            advice=advice_for(said, self._settings.project)
            or "Mend what Pulumi says above, then run it again: what is made stays made.",
        )
