"""A project is prepared on the real engine, by the real command, with its state in a real gs:// backend."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import support_language_host
import yaml
from support_bootstrap import REPOSITORY
from support_engine import Engine
from support_graph import Graph
from support_pulumi_cli import pulumi_cli
from support_servers.gcs import gcs_server
from support_servers.gcs_buckets import Buckets
from support_servers.proxy import Proxy, proxy
from support_settings import GOOGLE_PROJECT, ROOT

from shared.bootstrap import BOOTSTRAP_PROJECT, Bootstrapped

BUCKET = f"{GOOGLE_PROJECT}-podcast-state"


@dataclass
class Ran:
    """What one run of a command said, and how it asked Cloud Storage."""

    code: int
    said: str
    written: list[str] = field(default_factory=list)


@dataclass
class Life:
    """One project, from nothing to its end."""

    first_preview: Ran
    after_first_preview: Mapping[str, object]
    run: Ran
    graph: Graph
    state: str
    made: Bootstrapped
    second_preview: Ran
    second_run: Ran
    checkout: list[str]
    plain_destroy: Ran
    destroy: Ran
    left: Graph


class Machine:
    """Pulumi and its language host on PATH, and a Cloud Storage; nothing of the person's own Pulumi."""

    def __init__(self, folder: Path, engine: Engine, storage: Proxy) -> None:
        tools = folder / "tools"
        tools.mkdir()
        support_language_host.install(tools)
        (tools / "pulumi").symlink_to(pulumi_cli() / "bin" / "pulumi")
        self._storage = storage
        self.environment = {
            **os.environ,
            **engine.environment,
            "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "STORAGE_EMULATOR_HOST": storage.address.removeprefix("http://"),
            "GOOGLE_OAUTH_ACCESS_TOKEN": "for-tests",
        }
        self._project = folder / "by-hand"
        self._project.mkdir()
        project = yaml.safe_load((ROOT / "infra" / "bootstrap" / "Pulumi.yaml").read_text("utf-8"))
        (self._project / "Pulumi.yaml").write_text(yaml.safe_dump({**project, "main": str(ROOT / "infra/bootstrap")}))

    def bootstrap(self, *arguments: str) -> Ran:
        return self._ran([sys.executable, ROOT / "tests/support_prepare.py", self._storage.address, *arguments])

    def pulumi(self, *arguments: str) -> Ran:
        self.environment |= {"PULUMI_BACKEND_URL": f"gs://{BUCKET}", "PULUMI_CONFIG_PASSPHRASE": ""}
        command = ["pulumi", *arguments, "--stack", GOOGLE_PROJECT, "--non-interactive", "--cwd", str(self._project)]
        return self._ran(command)

    def exported(self) -> str:
        return self.pulumi("stack", "export").said

    def _ran(self, command: Sequence[str | Path]) -> Ran:
        self._storage.behave()
        ran = subprocess.run(
            command,
            env=self.environment,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        written = [
            f"{each.method} {each.target}" for each in self._storage.requests if each.method not in ("GET", "HEAD")
        ]
        return Ran(ran.returncode, ran.stdout if not ran.returncode else ran.stdout + ran.stderr, written)


@pytest.fixture(scope="module")
def life(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Life]:
    folder = tmp_path_factory.mktemp("bootstrap")
    engine = Engine(folder / "engine")
    try:
        with gcs_server(folder, for_go=True) as server:
            buckets = Buckets(server)
            with proxy(server, buckets) as storage:
                yield live(Machine(folder, engine, storage), buckets)
    finally:
        engine.close()


def live(machine: Machine, buckets: Buckets) -> Life:
    first_preview = machine.bootstrap(REPOSITORY, "--preview")
    after_first_preview = dict(buckets.settings)
    run = machine.bootstrap(REPOSITORY)
    assert run.code == 0, run.said
    state = machine.exported()
    second_preview = machine.bootstrap(REPOSITORY, "--preview")
    second_run = machine.bootstrap("-")
    resources = json.loads(state)["deployment"]
    return Life(
        first_preview=first_preview,
        after_first_preview=after_first_preview,
        run=run,
        graph=Graph.of_state(resources),
        state=state,
        made=Bootstrapped.model_validate(resources["resources"][0]["outputs"]["bootstrapped"]),
        second_preview=second_preview,
        second_run=second_run,
        checkout=[each.name for each in (ROOT / "infra" / "bootstrap").iterdir() if each.name.startswith("Pulumi.")],
        plain_destroy=machine.pulumi("destroy", "--yes"),
        destroy=machine.pulumi("destroy", "--yes", "--exclude-protected"),
        left=Graph.of_state(json.loads(machine.exported())["deployment"]),
    )


def test_a_preview_of_a_new_project_shows_everything_and_makes_not_even_the_bucket(life: Life) -> None:
    assert life.first_preview.code == 0, life.first_preview.said
    assert f"gs://{BUCKET} would be made." in life.first_preview.said
    assert "46 to create" in life.first_preview.said
    assert life.after_first_preview == {}
    assert life.first_preview.written == []


def test_one_run_makes_bucket_keys_and_the_way_in(life: Life) -> None:
    assert f"gs://{BUCKET} was made." in life.run.said
    assert {node["name"] for node in life.graph.of("CryptoKey")} == {"stacks", "previews"}
    assert len(life.graph.of("WorkloadIdentityPoolProvider")) == 1
    assert life.made.secrets_provider == (
        f"gcpkms://projects/{GOOGLE_PROJECT}/locations/asia-northeast1/keyRings/podcast-automator/cryptoKeys/stacks"
    )
    assert life.made.github is not None
    assert life.made.github.workload_identity_provider == (
        "projects/123456789012/locations/global/workloadIdentityPools/podcast-github/providers/github-actions"
    )


def test_what_comes_next_is_said_with_what_was_made(life: Life) -> None:
    assert life.made.github is not None
    for made in (
        life.made.secrets_provider,
        life.made.preview_secrets_provider,
        life.made.github.workload_identity_provider,
        life.made.github.preview_service_account,
        life.made.github.deploy_service_account,
    ):
        assert made in life.run.said


def test_everything_waits_for_the_apis_and_goes_through_our_own_provider(life: Life) -> None:
    enabled = {node.urn for node in life.graph.of("gcp:projects/service:Service")}
    assert enabled <= set(life.graph.one("pulumi:providers:gcp", "google").dependencies)
    assert [node.urn for node in life.graph.nodes if "::default" in node.provider] == []


def test_the_api_about_projects_comes_before_every_other(life: Life) -> None:
    first = life.graph.one("gcp:projects/service:Service", "api-cloudresourcemanager").urn
    others = [node for node in life.graph.of("gcp:projects/service:Service") if node.urn != first]
    assert len(others) > 4
    assert [node.urn for node in others if first not in node.dependencies] == []


def test_the_state_holds_no_secret(life: Life) -> None:
    assert "ciphertext" not in life.state
    assert [node.urn for node in life.graph.nodes if "key:Key" in node.type] == []


def test_a_second_preview_finds_nothing_to_change_and_only_reads_the_state(life: Life) -> None:
    """So a preview needs no more than to read the bucket: it takes no lock."""
    assert life.second_preview.code == 0, life.second_preview.said
    assert "46 unchanged" in life.second_preview.said
    assert life.second_preview.written == []


def test_a_second_run_changes_nothing_even_where_the_repository_is_not_named_again(life: Life) -> None:
    assert life.second_run.code == 0, life.second_run.said
    assert f"gs://{BUCKET} is there." in life.second_run.said
    assert "46 unchanged" in life.second_run.said
    assert REPOSITORY in life.second_run.said


def test_the_checkout_stays_as_it_is(life: Life) -> None:
    assert life.checkout == ["Pulumi.yaml"]


def test_keys_refuse_to_go_and_all_the_rest_goes(life: Life) -> None:
    assert life.plain_destroy.code != 0
    assert "protect" in life.plain_destroy.said
    assert life.destroy.code == 0, life.destroy.said
    left = {node.type for node in life.left.nodes if node.type.startswith("gcp:")}
    assert left == {
        "gcp:kms/keyRing:KeyRing",
        "gcp:kms/cryptoKey:CryptoKey",
        # What keys go through waits for them.
        "gcp:projects/service:Service",
    }


def test_pulumi_is_asked_for_the_program_by_the_name_that_its_file_has() -> None:
    project = yaml.safe_load((ROOT / "infra" / "bootstrap" / "Pulumi.yaml").read_text("utf-8"))
    assert project["name"] == BOOTSTRAP_PROJECT
