"""The program follows the contract, and is what its house rules say."""

from __future__ import annotations

import ast
import dataclasses
import importlib.metadata
import inspect
import json
import pkgutil
import subprocess
import sys
from typing import Annotated

import pulumi
import pytest
import yaml
from pulumi.runtime import mocks
from support_settings import ROOT, declare, dev_settings, pulumi_values

import infra
from infra.environment import variables
from infra.naming import Names
from infra.program import main
from shared.contract import (
    NOTIFY,
    STEPS,
    UPLOAD,
    Grant,
    Resource,
    Resources,
    StepEnvironment,
    ValueSource,
)


class TranslateEnvironment(StepEnvironment):
    """Environment of a step that a test adds."""

    vertex_ai_location: Annotated[str, ValueSource.AI_LOCATION]
    r2_custom_domain: Annotated[str | None, ValueSource.R2_CUSTOM_DOMAIN] = None


TRANSLATE = dataclasses.replace(
    UPLOAD,
    name="translate",
    environment=TranslateEnvironment,
    resources=Resources(cpu="4", memory="8Gi", timeout_seconds=1800),
    grants=(Grant("roles/aiplatform.user", Resource.PROJECT), Grant("roles/storage.objectUser", Resource.WORK_BUCKET)),
)


def test_a_step_added_to_the_contract_is_a_job_with_identity_environment_and_permissions() -> None:
    graph = declare(dev_settings(orchestration="pubsub"), steps=(*STEPS, TRANSLATE))
    job = graph.one("gcp:cloudrunv2/job:Job", "job-translate")
    (container,) = job["template.template.containers"]
    account = graph.one("Account", "account-translate")
    assert job["name"] == "translate-job"
    assert "/translate-job@sha256:" in container["image"]
    assert job["template.template.serviceAccount"] == account.outputs["email"]
    assert job["template.template.timeout"] == "1800s"
    assert container["resources"]["limits"] == {"cpu": "4", "memory": "8Gi"}
    told = {each["name"]: each["value"] for each in container["envs"]}
    assert told["VERTEX_AI_LOCATION"] == "global"
    assert "R2_CUSTOM_DOMAIN" not in told
    roles = {
        (node["role"], node.type.rpartition(":")[2])
        for node in graph.bindings()
        if node["member"] == account.outputs["member"]
    }
    assert {("roles/aiplatform.user", "IAMMember"), ("roles/storage.objectUser", "BucketIAMMember")} <= roles
    notify = graph.one("gcp:cloudrunv2/job:Job", "job-notify")
    assert "topics/translate-job" in str(notify.inputs)
    runs = {node["name"] for node in graph.of("JobIamMember") if node["role"] == "roles/run.jobsExecutorWithOverrides"}
    assert "translate-job" in runs


def test_a_variable_without_a_value_stops_the_program() -> None:
    with pytest.raises(LookupError, match="DISCORD_WEBHOOK_SECRET_NAME needs discord_webhook_secret_name"):
        variables([NOTIFY.environment], {})


def test_every_source_of_a_value_is_known_to_infra() -> None:
    """Whatever the contract may name, `declare` fills or leaves out on purpose."""
    declare(dev_settings(orchestration="pubsub", domain="podcast.example.com", cloudflare_zone_id="f" * 32), "prod")


NAMED = ("name", "accountId", "secretId", "repositoryId")


def names_of(stack: str) -> set[str]:
    """What a stack calls the things that have a name of their own in a project."""
    graph = declare(dev_settings(orchestration="pubsub"), stack)
    kinds = ("Account", "Bucket", "Metric", "R2Bucket", "Repository", "Secret", "Subscription", "Topic", "Trigger")
    nodes = [*graph.of(*kinds), *graph.of("gcp:cloudrunv2/service:Service"), *graph.of("Job")]
    return {next(str(node[key]) for key in NAMED if key in node.inputs) for node in nodes}


def test_outside_dev_every_name_carries_the_stacks_so_that_two_live_in_one_project() -> None:
    prod = names_of("prod")
    assert len(prod) > 30
    assert {name for name in prod if "-prod" not in name} == set()
    assert prod & names_of("dev") == set()


def test_the_products_own_names_are_those_of_dev() -> None:
    graph = declare(dev_settings())
    assert {node["name"] for node in graph.of("gcp:cloudrunv2/job:Job")} == {
        "fetch-job",
        "process-job",
        "upload-job",
        "notify-job",
    }
    (service,) = graph.of("gcp:cloudrunv2/service:Service")
    assert service["name"] == "podcast-controller"
    assert service["location"] == "asia-northeast1"
    assert graph.one("gcp:storage/bucket:Bucket", "input")["name"] == "podcast-input-dev"


def test_every_account_id_fits_for_the_longest_stack_name() -> None:
    names = Names(stack="abcdefghij", project="p", input_bucket="b")
    roles = [*(step.name for step in STEPS), "controller", "trigger", "scheduler", "push"]
    assert max(len(names.account_id(role)) for role in roles) <= 30


@pytest.mark.parametrize("protect", [True, False])
def test_a_stack_that_protects_protects_its_secrets(protect) -> None:
    graph = declare(dev_settings(protect=protect))
    assert {node["deletionProtection"] for node in graph.of("Secret")} == {protect}


def test_the_show_goes_to_the_work_bucket_where_a_change_touches_nothing_else() -> None:
    graph = declare(dev_settings(show={"title": "Our show"}))
    settings = graph.one("BucketObject", "show-settings")
    assert settings["name"] == "settings/show.json"
    assert '"title":"Our show"' in settings["content"]
    assert not any("Our show" in str(node.inputs) for node in graph.nodes if node is not settings)


def modules() -> list[str]:
    return [module.name for module in pkgutil.iter_modules(infra.__path__)]


def test_no_module_of_infra_hides_one_of_python_or_of_a_library() -> None:
    """Pulumi puts the folder first on the import path."""
    installed = set(importlib.metadata.packages_distributions()) - {"infra"}
    assert set(modules()) & (set(sys.stdlib_module_names) | installed) == set()


def test_what_pulumi_runs_is_the_program() -> None:
    tree = ast.parse((ROOT / "infra" / "__main__.py").read_text("utf-8"))
    statements = [ast.unparse(node) for node in tree.body[1:]]
    assert statements == ["from infra.program import main", "main()"]


def test_pulumi_finds_the_program_and_learns_from_pip_which_providers_it_needs() -> None:
    project = yaml.safe_load((ROOT / "Pulumi.yaml").read_text("utf-8"))
    assert (ROOT / project["main"] / "__main__.py").is_file()
    assert project["runtime"] == {"name": "python", "options": {"toolchain": "pip", "virtualenv": ".venv"}}
    # As the language host asks: an environment without pip makes even a preview fail.
    asked = [sys.executable, "-m", "pip", "list", "--format", "json", "--disable-pip-version-check"]
    listed = json.loads(subprocess.run(asked, capture_output=True, check=True).stdout)
    assert {"pulumi", "pulumi-gcp", "pulumi-cloudflare", "pulumi-docker"} <= {
        each["name"].replace("_", "-") for each in listed
    }


def test_settings_are_read_as_pulumi_hands_them_to_a_program_of_its_own(monkeypatch) -> None:
    monkeypatch.setenv("PULUMI_CONFIG", json.dumps(pulumi_values(dev_settings(region="mars", discord_webhook="x"))))
    monkeypatch.setenv("PULUMI_CONFIG_SECRET_KEYS", json.dumps(["podcast-automator:discord_webhook"]))
    monkeypatch.setenv("CLOUDFLARE_API_TOKEN", "for-tests")
    pulumi.runtime.set_mocks(Nowhere(), project="podcast-automator", stack="dev", preview=False)
    with pytest.raises(pulumi.RunError, match=r'region = "mars"[\s\S]*discord_webhook = "…": is no Discord webhook'):
        main()


class Nowhere(mocks.Mocks):
    """Where nothing may be declared."""

    def new_resource(self, args):
        raise AssertionError(f"{args.name} was declared")

    def call(self, args):
        raise AssertionError(f"{args.token} was asked")


def components() -> list[type[pulumi.ComponentResource]]:
    found = []
    for name in modules():
        if name != "__main__":
            module = importlib.import_module(f"infra.{name}")
            found += [
                each
                for _, each in inspect.getmembers(module, inspect.isclass)
                if issubclass(each, pulumi.ComponentResource) and each.__module__ == module.__name__
            ]
    return found


def test_every_component_says_what_it_does_not_manage() -> None:
    assert len(components()) > 12
    silent = [each.__name__ for each in components() if "Does not manage" not in (each.__doc__ or "")]
    assert silent == []


def test_every_component_takes_one_typed_argument() -> None:
    for each in components():
        arguments = list(inspect.signature(each.__init__).parameters)[1:]
        assert arguments in (["name", "args", "opts"], ["name", "args"]), each.__name__
        module = importlib.import_module(each.__module__)
        assert dataclasses.is_dataclass(getattr(module, f"{each.__name__}Args"))
