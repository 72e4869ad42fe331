"""What the workflows may do. That they are well-formed and follow good practice is what zizmor says in `make check`."""

import re

import pytest
import yaml
from support_docker import REPOSITORY

FOLDER = REPOSITORY / ".github" / "workflows"
TEXTS = {path.stem: path.read_text() for path in sorted(FOLDER.glob("*.yml"))}
WORKFLOWS = {name: yaml.safe_load(text) for name, text in TEXTS.items()}
every_workflow = pytest.mark.parametrize("name", WORKFLOWS)


def triggers(name):
    return WORKFLOWS[name][True]  # YAML takes the key `on` for true


def steps(name):
    return [step for job in WORKFLOWS[name]["jobs"].values() for step in job.get("steps", [])]


def pulumi_commands(name):
    return [each["with"]["command"] for each in steps(name) if each.get("uses", "").startswith("pulumi/actions@")]


@every_workflow
def test_every_action_is_pinned_to_a_commit_and_says_which_version_that_is(name):
    used = re.findall(r"uses: (\S+)(.*)", TEXTS[name])
    assert used
    for action, comment in used:
        assert action.startswith("./") or re.fullmatch(r"[\w.-]+/[\w.-]+@[0-9a-f]{40}", action), action
        assert action.startswith("./") or re.fullmatch(r" # v\d+\.\d+\.\d+", comment), action


@every_workflow
def test_no_workflow_holds_a_key_of_its_own(name):
    assert "secrets." not in TEXTS[name]
    assert "secrets:" not in TEXTS[name]
    assert "credentials_json" not in TEXTS[name]


@every_workflow
def test_a_job_may_do_only_what_it_says_itself(name):
    assert WORKFLOWS[name]["permissions"] == {}
    for job in WORKFLOWS[name]["jobs"].values():
        assert set(job["permissions"]) <= {"contents", "id-token", "pull-requests"}
        assert job["permissions"]["contents"] == "read"


def test_a_preview_changes_nothing_needs_no_daemon_and_comments_with_the_difference():
    assert pulumi_commands("preview") == ["preview"]
    pulumi = steps("preview")[-1]
    assert pulumi["with"]["diff"] is True
    assert pulumi["with"]["comment-on-pr"] is True
    assert not (REPOSITORY / pulumi["env"]["DOCKER_HOST"].removeprefix("unix:///")).exists()
    assert WORKFLOWS["preview"]["jobs"]["preview"]["permissions"] == {
        "contents": "read",
        "id-token": "write",
        "pull-requests": "write",
    }


def test_the_code_of_a_fork_never_meets_an_identity():
    assert "pull_request_target" not in "".join(TEXTS.values())
    (job,) = WORKFLOWS["preview"]["jobs"].values()
    assert "head.repo.full_name == github.repository" in job["if"]
    for name in WORKFLOWS:
        if "pull_request" in (triggers(name) or {}) and name != "preview":
            assert all("id-token" not in each["permissions"] for each in WORKFLOWS[name]["jobs"].values())


def test_a_preview_and_a_deployment_use_different_accounts():
    accounts = {
        name: [
            each["with"]["service_account"]
            for each in steps(name)
            if "google-github-actions/auth@" in each.get("uses", "")
        ]
        for name in ("preview", "up-stack")
    }
    assert accounts == {
        "preview": ["${{ vars.GCP_PREVIEW_SERVICE_ACCOUNT }}"],
        "up-stack": ["${{ vars.GCP_DEPLOY_SERVICE_ACCOUNT }}"],
    }


def test_only_what_is_on_main_and_passed_every_check_is_deployed():
    assert triggers("up") == {"push": {"branches": ["main"]}}
    assert list(triggers("up-stack")) == ["workflow_call"]
    jobs = WORKFLOWS["up"]["jobs"]
    assert jobs["check"]["uses"] == "./.github/workflows/check.yml"
    assert (jobs["dev"]["needs"], jobs["prod"]["needs"]) == ("check", "dev")
    assert pulumi_commands("up-stack") == ["up"]


def test_production_waits_for_its_environments_reviewers():
    assert WORKFLOWS["up"]["jobs"]["prod"]["with"]["environment"] == "prod"
    assert WORKFLOWS["up-stack"]["jobs"]["up"]["environment"] == "${{ inputs.environment }}"


def test_a_deployment_is_never_cut_off_half_way():
    assert WORKFLOWS["up"]["concurrency"] == {"group": "up", "cancel-in-progress": False}


def test_ci_runs_the_same_script_as_everybody():
    assert [step["run"] for step in steps("check") if "run" in step] == ["bash .ci/run"]
