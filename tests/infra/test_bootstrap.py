"""What a prepared project is, whatever else it has."""

from __future__ import annotations

import functools
import importlib.metadata
import inspect
import pkgutil
import sys
from collections import Counter
from typing import Any

import celpy
import pulumi
import pytest
import yaml
from celpy.adapter import json_to_cel
from support_bootstrap import REPOSITORY, REPOSITORY_ID, declare_bootstrap, settings
from support_graph import Graph
from support_settings import GOOGLE_PROJECT, MODES, ROOT, declare, dev_settings

import infra.bootstrap
from infra.bootstrap.federation import attribute_condition, attribute_mapping
from infra.bootstrap.rights import granted_on_project, may_grant_only

PREVIEW = f"serviceAccount:podcast-ci-preview@{GOOGLE_PROJECT}.iam.gserviceaccount.com"
DEPLOY = f"serviceAccount:podcast-ci-deploy@{GOOGLE_PROJECT}.iam.gserviceaccount.com"


@functools.cache
def prepared() -> Graph:
    return declare_bootstrap()


def roles_of(member: str) -> set[str]:
    return {node["role"] for node in prepared().bindings() if node["member"] == member}


# A token of GitHub's, as https://docs.github.com/en/actions/reference/openid-connect-reference shows it.
PUSHED: dict[str, str] = {
    "sub": "repo:our-team-11/our-podcast-456789123:environment:dev",
    "environment": "dev",
    "event_name": "push",
    "ref": "refs/heads/main",
    "repository": REPOSITORY,
    "repository_id": str(REPOSITORY_ID),
    "run_id": "987654321",
}
PULLED = {
    **{name: value for name, value in PUSHED.items() if name != "environment"},
    "sub": f"repo:{REPOSITORY}:pull_request",
    "event_name": "pull_request",
    "ref": "refs/pull/7/merge",
}

WHO_COMES_IN: dict[str, tuple[dict[str, str], str]] = {
    "what is on main, in an environment": (PUSHED, "deploy"),
    "the other environment": ({**PUSHED, "sub": f"repo:{REPOSITORY}:environment:prod"}, "deploy"),
    "main without an environment": ({**PUSHED, "sub": f"repo:{REPOSITORY}:ref:refs/heads/main"}, "none"),
    "an environment that nobody guards": ({**PUSHED, "sub": f"repo:{REPOSITORY}:environment:sandbox"}, "none"),
    "an environment with a colon in its name": (
        {**PUSHED, "sub": f"repo:{REPOSITORY}:environment:x%3Aenvironment%3Aprod"},
        "none",
    ),
    "a branch, in an environment": ({**PUSHED, "ref": "refs/heads/mine"}, "none"),
    "a tag called main": ({**PUSHED, "ref": "refs/tags/main"}, "none"),
    "a run started by hand": ({**PUSHED, "event_name": "workflow_dispatch"}, "none"),
    "a pull request": (PULLED, "preview"),
    "a pull request that names an environment": (
        {**PULLED, "sub": f"repo:{REPOSITORY}:environment:prod", "environment": "prod"},
        "preview",
    ),
    "a pull request's run with the rights of main": ({**PULLED, "event_name": "pull_request_target"}, "none"),
}


def evaluated(expression: str, token: dict[str, str]) -> Any:
    language = celpy.Environment()
    return language.program(language.compile(expression)).evaluate({"assertion": json_to_cel(token)})


@pytest.mark.parametrize("case", WHO_COMES_IN)
def test_a_run_comes_in_through_the_door_that_is_its_own(case: str) -> None:
    token, door = WHO_COMES_IN[case]
    assert evaluated(attribute_mapping()["attribute.door"], token) == door


@pytest.mark.parametrize(
    ("claim", "value"), [("repository", "our-team/another"), ("repository_id", "1"), ("repository_id", "4567891230")]
)
def test_a_token_of_another_repository_is_refused_even_under_the_same_name(claim: str, value: str) -> None:
    condition = attribute_condition(REPOSITORY, REPOSITORY_ID)
    assert evaluated(condition, PUSHED)
    assert not evaluated(condition, {**PUSHED, claim: value})


def test_googles_log_names_the_run_in_no_more_than_it_takes() -> None:
    subject = evaluated(attribute_mapping()["google.subject"], {**PUSHED, "repository": f"{'o' * 39}/{'n' * 100}"})
    assert subject == f"repository:{REPOSITORY_ID}:run:987654321"
    assert len(subject) <= 127


def test_the_providers_condition_names_the_one_repository() -> None:
    (provider,) = prepared().of("WorkloadIdentityPoolProvider")
    assert f"assertion.repository == '{REPOSITORY}'" in provider["attributeCondition"]
    assert f"assertion.repository_id == '{REPOSITORY_ID}'" in provider["attributeCondition"]
    assert provider["oidc.issuerUri"] == "https://token.actions.githubusercontent.com"


def test_only_a_deployment_from_main_may_act_as_the_account_that_deploys() -> None:
    doors = {
        (node["serviceAccountId"].rpartition("/")[2].partition("@")[0], node["member"].rpartition("/attribute.")[2])
        for node in prepared().of("gcp:serviceaccount/iAMMember:IAMMember")
    }
    assert doors == {("podcast-ci-deploy", "door/deploy"), ("podcast-ci-preview", "door/preview")}
    assert {node["role"] for node in prepared().of("gcp:serviceaccount/iAMMember:IAMMember")} == {
        "roles/iam.workloadIdentityUser"
    }


def test_no_key_of_an_account_exists_anywhere() -> None:
    everything = [*prepared().nodes, *declare(dev_settings(**MODES["pubsub-domain-discord-budget"])).nodes]
    assert not [node.type for node in everything if "serviceaccount/key" in node.type.lower()]


def test_a_preview_can_read_and_change_nothing() -> None:
    assert roles_of(PREVIEW) == {
        "roles/browser",
        "roles/serviceusage.serviceUsageConsumer",
        "roles/storage.objectViewer",
        "roles/cloudkms.cryptoKeyDecrypter",
    }
    (state,) = [node for node in prepared().of("BucketIAMMember") if node["member"] == PREVIEW]
    assert state["bucket"] == f"{GOOGLE_PROJECT}-podcast-state"


def test_a_preview_opens_no_secret_but_those_of_the_stack_for_previews() -> None:
    opens = {(node["member"], node["cryptoKeyId"].rpartition("/")[2]) for node in prepared().of("CryptoKeyIAMMember")}
    assert opens == {(PREVIEW, "previews"), (DEPLOY, "previews"), (DEPLOY, "stacks")}


def test_no_role_is_primitive_and_nothing_is_granted_to_everybody() -> None:
    for node in prepared().bindings():
        assert node["role"] not in {"roles/owner", "roles/editor", "roles/viewer"}, node.urn
        assert node["member"].partition(":")[0] in {"serviceAccount", "principalSet"}, node.urn


def test_whoever_deploys_may_grant_what_the_program_grants_on_the_project_and_nothing_else() -> None:
    graphs = [declare(dev_settings(**MODES[mode])) for mode in ("sequential", "pubsub-domain-discord-budget")]
    granted = {node["role"] for graph in graphs for node in graph.of("gcp:projects/iAMMember:IAMMember")}
    assert set(granted_on_project()) == granted
    (admin,) = [node for node in prepared().bindings() if "projectIamAdmin" in node["role"]]
    assert admin["condition.expression"] == may_grant_only()
    for role in granted:
        assert f"'{role}'" in may_grant_only()


# Which of its roles lets the account that deploys make each kind of resource that the program declares.
MADE_WITH = {
    "gcp:artifactregistry": "roles/artifactregistry.admin",
    "gcp:cloudrunv2": "roles/run.admin",
    "gcp:cloudscheduler": "roles/cloudscheduler.admin",
    "gcp:eventarc": "roles/eventarc.admin",
    "gcp:logging": "roles/logging.configWriter",
    "gcp:monitoring/alertPolicy": "roles/monitoring.alertPolicyEditor",
    "gcp:monitoring/dashboard": "roles/monitoring.dashboardEditor",
    "gcp:monitoring/notificationChannel": "roles/monitoring.notificationChannelEditor",
    "gcp:projects/iAMMember": "roles/resourcemanager.projectIamAdmin",
    "gcp:projects/service": "roles/serviceusage.serviceUsageAdmin",
    "gcp:pubsub": "roles/pubsub.admin",
    "gcp:secretmanager": "roles/secretmanager.admin",
    "gcp:serviceaccount/account": f"projects/{GOOGLE_PROJECT}/roles/podcastAccountManager",
    "gcp:storage": "roles/storage.admin",
}
OUTSIDE_OF_THE_PROJECT = "gcp:billing/budget"


def test_whoever_deploys_has_a_role_for_every_kind_of_resource_and_no_role_without_one() -> None:
    mode = MODES["pubsub-domain-discord-budget"]
    stack = declare(dev_settings(**mode, notification_emails=["you@example.com"]))
    kinds = {node.type for node in stack.nodes if node.type.startswith("gcp:")}
    needed = set()
    for kind in kinds:
        if kind.startswith(OUTSIDE_OF_THE_PROJECT):
            continue
        (prefix,) = [each for each in MADE_WITH if kind.startswith(each)]
        needed.add(MADE_WITH[prefix])
    attaches = "roles/iam.serviceAccountUser"
    reads_and_opens = {"roles/storage.objectUser", "roles/cloudkms.cryptoKeyDecrypter"}
    assert roles_of(DEPLOY) == {*needed, attaches, *reads_and_opens}


def test_no_grant_is_declared_twice() -> None:
    seen = Counter(
        (node.type, *sorted((key, str(value)) for key, value in node.inputs.items())) for node in prepared().bindings()
    )
    assert [grant for grant, times in seen.items() if times > 1] == []


def test_keys_turn_and_refuse_to_be_destroyed() -> None:
    keys = prepared().of("CryptoKey")
    assert {node["name"] for node in keys} == {"stacks", "previews"}
    for node in keys:
        assert int(node["rotationPeriod"].removesuffix("s")) <= 90 * 24 * 3600
        assert node["deletionPolicy"] == "PREVENT"


def test_without_a_repository_there_is_a_key_and_nobody_who_comes_in() -> None:
    alone = declare_bootstrap(settings(repository=None, repository_id=None))
    assert {node["name"] for node in alone.of("CryptoKey")} == {"stacks", "previews"}
    assert alone.of("WorkloadIdentityPool", "Account", "IAMMember", "IAMCustomRole") == []


def test_apis_stay_on_when_the_stack_is_destroyed() -> None:
    enabled = prepared().of("gcp:projects/service:Service")
    assert {"cloudkms.googleapis.com", "sts.googleapis.com", "iamcredentials.googleapis.com"} <= {
        node["service"] for node in enabled
    }
    assert {node["disableOnDestroy"] for node in enabled} == {False}


def test_pulumi_finds_the_program() -> None:
    folder = ROOT / "infra" / "bootstrap"
    project = yaml.safe_load((folder / "Pulumi.yaml").read_text("utf-8"))
    assert (folder / project["main"] / "__main__.py").is_file()
    assert (folder / project["runtime"]["options"]["virtualenv"]).resolve() == ROOT / ".venv"


def modules() -> list[str]:
    return [module.name for module in pkgutil.iter_modules(infra.bootstrap.__path__)]


def test_no_module_hides_one_of_python_or_of_a_library() -> None:
    """Pulumi puts the folder first on the import path."""
    installed = set(importlib.metadata.packages_distributions()) - {"infra"}
    assert set(modules()) & (set(sys.stdlib_module_names) | installed) == set()


def test_every_component_says_what_it_does_not_manage() -> None:
    found = []
    for name in set(modules()) - {"__main__"}:
        module = importlib.import_module(f"infra.bootstrap.{name}")
        found += [
            each
            for _, each in inspect.getmembers(module, inspect.isclass)
            if issubclass(each, pulumi.ComponentResource) and each.__module__ == module.__name__
        ]
    assert len(found) == 4
    assert [each.__name__ for each in found if "Does not manage" not in (each.__doc__ or "")] == []
