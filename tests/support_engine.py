"""The real Pulumi engine with stand-ins for the clouds: a file backend, one folder, nothing outside of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import pulumi_cloudflare
import pulumi_docker
import pulumi_gcp
import yaml
from pulumi import automation
from semver import VersionInfo
from support_pulumi_cli import VERSION, pulumi_cli

ROOT = Path(__file__).resolve().parent.parent
PASSPHRASE = "only for tests"
PROJECT = "podcast-automator"


class Engine:
    """Runs programs on the engine."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._home = folder / "home"
        self._state = folder / "state"
        self.root = folder / "project"
        self.program_folder = self.root / "infra"
        for each in (self._home, self._state, self.program_folder):
            each.mkdir(parents=True)
        self.environment = {
            "PULUMI_HOME": str(self._home),
            "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        }
        self._command = automation.PulumiCommand(str(pulumi_cli()), VersionInfo.parse(VERSION))
        self._providers = [self._start(sdk) for sdk in (pulumi_gcp, pulumi_cloudflare, pulumi_docker)]
        # The engine speaks to these instead of starting a plugin for every run.
        addresses = ",".join(f"{name}:{port}" for name, port, _ in self._providers)
        self.environment["PULUMI_DEBUG_PROVIDERS"] = addresses

    def close(self) -> None:
        """Ends the stand-ins."""
        for _, _, process in self._providers:
            process.terminate()
            process.communicate()

    def _start(self, sdk: ModuleType) -> tuple[str, int, subprocess.Popen[str]]:
        plugin = json.loads((Path(str(sdk.__file__)).parent / "pulumi-plugin.json").read_text("utf-8"))
        process = subprocess.Popen(
            [sys.executable, "-m", "standin_clouds", plugin["name"], plugin["version"]],
            stdout=subprocess.PIPE,
            text=True,
            # Where Pulumi starts its plugins: the program's folder.
            cwd=self.program_folder,
            env={**os.environ, "PYTHONPATH": f"{ROOT / 'tests'}:{ROOT}"},
        )
        assert process.stdout
        return plugin["name"], int(process.stdout.readline()), process

    def stack(
        self,
        name: str,
        program: Callable[[], None],
        config: Mapping[str, Any],
        secrets: Mapping[str, str] | None = None,
    ) -> Stack:
        """A stack with this configuration, as its file would have it."""
        settings = automation.ProjectSettings(
            name=PROJECT,
            runtime="python",
            main=str(self.program_folder),
            backend=automation.ProjectBackend(url=f"file://{self._state}"),
        )
        folder = self._folder / "stacks" / name
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / f"Pulumi.{name}.yaml"
        file.write_text(yaml.safe_dump({"config": {f"{PROJECT}:{key}": value for key, value in config.items()}}))
        options = automation.LocalWorkspaceOptions(
            work_dir=str(folder),
            project_settings=settings,
            env_vars=self.environment,
            pulumi_command=self._command,
            secrets_provider="passphrase",
        )
        made = automation.create_or_select_stack(name, PROJECT, program=program, opts=options)
        for key, value in (secrets or {}).items():
            made.set_config(f"{PROJECT}:{key}", automation.ConfigValue(value, secret=True))
        return Stack(made, self._state / ".pulumi" / "stacks" / PROJECT / f"{name}.json")


class Stack:
    """One stack on the engine.

    Each run returns what it did to which resource, by URN: create, update, replace, delete …; unchanged ones are left
    out. It raises automation.CommandError where the engine, the program or a provider refuses.
    """

    def __init__(self, stack: automation.Stack, state_file: Path) -> None:
        self._stack = stack
        self.protected: list[str] = []
        """URNs of what the last run would keep from being deleted."""
        self._state_file = state_file

    def preview(self) -> dict[str, str]:
        """What `up` would do."""
        return self._recorded(self._stack.preview)

    def up(self) -> dict[str, str]:
        """Does it."""
        return self._recorded(self._stack.up)

    def refresh(self) -> dict[str, str]:
        """Compares the state with what there is."""
        return self._recorded(self._stack.refresh)

    def destroy(self) -> dict[str, str]:
        """Removes everything."""
        return self._recorded(self._stack.destroy)

    def set(self, key: str, value: str) -> None:
        """Changes one setting."""
        self._stack.set_config(f"{PROJECT}:{key}", automation.ConfigValue(value), path="." in key)

    def state(self) -> str:
        """The state, with secrets as they are."""
        return json.dumps(self._stack.export_stack().deployment)

    def state_file(self) -> str:
        """The state file's text, as it lies in the backend."""
        return self._state_file.read_text("utf-8")

    def outputs(self) -> automation.OutputMap:
        """What the program exports."""
        return self._stack.outputs()

    def _recorded(self, run: Callable[..., object]) -> dict[str, str]:
        operations: dict[str, str] = {}
        self.protected = []

        def on_event(event: automation.EngineEvent) -> None:
            planned = event.resource_pre_event
            if planned and planned.metadata.op not in ("same", "read", "refresh"):
                if planned.metadata.new and planned.metadata.new.protect:
                    self.protected.append(planned.metadata.urn)
                operations[planned.metadata.urn] = str(getattr(planned.metadata.op, "value", planned.metadata.op))

        run(on_event=on_event)
        return operations
