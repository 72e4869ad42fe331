"""The real Pulumi engine with stand-ins for the clouds: a file backend, one folder, nothing outside of it."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pulumi_cloudflare
import pulumi_docker
import pulumi_gcp
import yaml
from pulumi import automation
from semver import VersionInfo
from support_graph import Graph
from support_pulumi_cli import VERSION, pulumi_cli

ROOT = Path(__file__).resolve().parent.parent
PASSPHRASE = "only for tests"
PROJECT = "podcast-automator"

PLUGIN = """\
#!{python}
import sys
sys.path[:0] = {path!r}
from standin_clouds.provider import StandIn, main
main(sys.argv[1:], {version!r}, StandIn({package!r}))
"""


@dataclass
class Run:
    """What one run of the engine did."""

    operations: dict[str, str] = field(default_factory=dict)
    """What was done to each resource, by URN: create, update, replace, delete … ; unchanged ones are left out."""
    output: str = ""


class Engine:
    """Runs programs on the engine."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._home = folder / "home"
        self._state = folder / "state"
        self._work = folder / "project" / "infra"
        for each in (self._home, self._state, self._work):
            each.mkdir(parents=True)
        self.environment = {
            "PULUMI_HOME": str(self._home),
            "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        }
        for sdk in (pulumi_gcp, pulumi_cloudflare, pulumi_docker):
            self._install(sdk)
        self._command = automation.PulumiCommand(str(pulumi_cli()), VersionInfo.parse(VERSION))

    def _install(self, sdk: Any) -> None:
        plugin = json.loads((Path(sdk.__file__).parent / "pulumi-plugin.json").read_text())
        name, version = plugin["name"], plugin["version"]
        script = self._home / "plugins" / f"resource-{name}-v{version}" / f"pulumi-resource-{name}"
        script.parent.mkdir(parents=True)
        path = [str(ROOT / "tests"), str(ROOT)]
        script.write_text(PLUGIN.format(python=sys.executable, path=path, version=version, package=name))
        script.chmod(0o755)

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
            main=str(self._work),
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
        return Stack(made)


class Stack:
    """One stack on the engine."""

    def __init__(self, stack: automation.Stack) -> None:
        self._stack = stack

    def preview(self) -> Run:
        """What `up` would do. Raises automation.CommandError where the engine refuses."""
        with _recorded() as (run, options):
            self._stack.preview(**options)
        return run

    def up(self) -> Run:
        """Does it."""
        with _recorded() as (run, options):
            self._stack.up(**options)
        return run

    def refresh(self) -> Run:
        """Compares the state with what there is."""
        with _recorded() as (run, options):
            self._stack.refresh(**options)
        return run

    def destroy(self) -> Run:
        """Removes everything."""
        with _recorded() as (run, options):
            self._stack.destroy(**options)
        return run

    def set(self, key: str, value: Any) -> None:
        """Changes one setting."""
        text = value if isinstance(value, str) else json.dumps(value)
        self._stack.set_config(f"{PROJECT}:{key}", automation.ConfigValue(text), path="." in key)

    def graph(self) -> Graph:
        """What the state says that there is."""
        return Graph.of_state(self._stack.export_stack().deployment)

    def raw_state(self) -> str:
        """The state file's text."""
        return json.dumps(self._stack.export_stack().deployment)

    def outputs(self) -> automation.OutputMap:
        """What the program exports."""
        return self._stack.outputs()


@contextmanager
def _recorded() -> Iterator[tuple[Run, dict[str, Any]]]:
    run = Run()

    def on_event(event: automation.EngineEvent) -> None:
        planned = event.resource_pre_event
        if planned and planned.metadata.op not in ("same", "read", "refresh"):
            run.operations[planned.metadata.urn] = str(getattr(planned.metadata.op, "value", planned.metadata.op))

    lines: list[str] = []
    yield run, {"on_event": on_event, "on_output": lines.append}
    run.output = "\n".join(lines)
