"""What is said at the end fits the workflows and the settings of the project."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
import yaml

from controller.bootstrap.next_steps import CLOUDFLARE_RIGHTS, next_steps
from shared.bootstrap import DEPLOY_BRANCH, ENVIRONMENTS, Bootstrapped, BootstrapSettings, Federation

ROOT = Path(__file__).resolve().parents[3]
WORKFLOWS = ROOT / ".github" / "workflows"
SETTINGS = BootstrapSettings(project="my-project-123456", repository="our-team/our-podcast", repository_id=7)
RING = "gcpkms://projects/my-project-123456/locations/asia-northeast1/keyRings/podcast-automator/cryptoKeys"
MADE = Bootstrapped(
    secrets_provider=f"{RING}/stacks",
    preview_secrets_provider=f"{RING}/previews",
    github=Federation(
        repository="our-team/our-podcast",
        repository_id=7,
        workload_identity_provider="projects/1/locations/global/workloadIdentityPools/podcast-github/providers/github-actions",
        preview_service_account="podcast-ci-preview@my-project-123456.iam.gserviceaccount.com",
        deploy_service_account="podcast-ci-deploy@my-project-123456.iam.gserviceaccount.com",
    ),
)


def commands() -> list[str]:
    text = next_steps(SETTINGS, MADE).replace("\\\n", " ")
    return [line.strip() for line in text.splitlines() if line.startswith("  ") and not line.strip().startswith("#")]


def test_every_variable_that_a_workflow_asks_for_is_set_and_no_other() -> None:
    asked = {name for file in WORKFLOWS.iterdir() for name in re.findall(r"\bvars\.(\w+)", file.read_text("utf-8"))}
    given = set(re.findall(r"gh variable set (\w+)", next_steps(SETTINGS, MADE)))
    assert given == asked


def test_the_environments_are_those_in_which_workflows_deploy() -> None:
    up = yaml.safe_load((WORKFLOWS / "up.yml").read_text("utf-8"))
    deploys = {job["with"]["environment"] for job in up["jobs"].values() if "environment" in job.get("with", {})}
    assert deploys == set(ENVIRONMENTS)
    assert up[True]["push"]["branches"] == [DEPLOY_BRANCH]
    made = {match for each in commands() for match in re.findall(r"--method PUT \S+/environments/(\w+)", each)}
    assert made == deploys


def test_an_environment_takes_nothing_but_main_and_prod_waits_for_a_person() -> None:
    for name in ENVIRONMENTS:
        (made,) = [
            each for each in commands() if f"--method PUT repos/our-team/our-podcast/environments/{name} " in each
        ]
        assert "custom_branch_policies]=true" in made
        assert ("reviewers[][id]" in made) == (name == "prod")
        assert any(f"environments/{name}/deployment-branch-policies -f name=main" in each for each in commands())


def test_the_account_that_deploys_is_known_only_within_environments() -> None:
    told = [each for each in commands() if "GCP_DEPLOY_SERVICE_ACCOUNT" in each]
    assert len(told) == len(ENVIRONMENTS)
    assert all(re.search(r"--env (dev|prod) ", each) for each in told)


def test_what_is_previewed_is_encrypted_with_the_only_key_that_a_preview_may_use() -> None:
    assert f'pulumi stack init dev --secrets-provider="{RING}/stacks"' in commands()
    assert f'pulumi stack init preview --secrets-provider="{RING}/previews"' in commands()
    assert any(
        each.startswith("gh variable set PREVIEW_STACK") and each.endswith("--body preview") for each in commands()
    )


def test_both_placeholders_of_the_stack_file_are_replaced() -> None:
    stack = yaml.safe_load((ROOT / "Pulumi.dev.yaml").read_text("utf-8"))["config"]
    placeholders = {key.partition(":")[2] for key, value in stack.items() if "REPLACE-WITH-" in str(value)}
    replaced = {match for each in commands() for match in re.findall(r"config set (\w+) .* --stack dev", each)}
    assert placeholders == replaced


def test_another_region_than_the_default_is_set_in_each_stack() -> None:
    text = next_steps(SETTINGS.model_copy(update={"region": "europe-west3"}), MADE)
    assert "config set region europe-west3 --stack dev" in text
    assert "config set region europe-west3 --stack preview" in text
    assert "config set region" not in next_steps(SETTINGS, MADE)


def test_without_a_repository_only_the_first_stack_comes_next() -> None:
    text = next_steps(SETTINGS, MADE.model_copy(update={"github": None}))
    assert "pulumi up --stack dev" in text
    assert "gh " not in text


def test_readme_and_operations_name_the_same_rights_of_the_token() -> None:
    rights = re.findall(r"(?:Account API Tokens|Workers R2 Storage|Zone|DNS): (?:Edit|Read)", CLOUDFLARE_RIGHTS)
    assert len(rights) == CLOUDFLARE_RIGHTS.count(":")
    for file in ("README.md", "README.ja.md", "docs/operations.md"):
        text = (ROOT / file).read_text("utf-8")
        assert [right for right in rights if right not in text] == [], file


@pytest.mark.parametrize("file", ["README.md", "README.ja.md"])
def test_between_bootstrap_and_up_readme_says_what_comes_next(file: str) -> None:
    text = (ROOT / file).read_text("utf-8")
    between = text[text.index("podcast bootstrap") : text.index("pulumi up --stack dev")]
    assert [word for word in ("login", "stack init", "Cloudflare") if word not in between] == []


def test_operations_name_githubs_command_and_what_spares_it() -> None:
    text = (ROOT / "docs" / "operations.md").read_text("utf-8")
    needed = text[text.index("## What you need once") : text.index("## The first time")]
    assert "`gh`" in needed
    assert "`--repository-id`" in needed


def test_every_command_is_one_that_a_shell_can_read() -> None:
    script = "\n".join(line for line in next_steps(SETTINGS, MADE).splitlines() if line.startswith("  "))
    read = subprocess.run(["bash", "-n"], input=script, capture_output=True, text=True, check=False)
    assert read.returncode == 0, read.stderr
