"""Which stack `--stack` means, and what is said where nobody can tell."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support_operator import deployed_stack

from controller.stack import outputs
from controller.stack.outputs import read_stack
from shared.errors import PermanentError

DEPLOYED = deployed_stack()
TOLD = DEPLOYED.model_dump(mode="json")


class Machine:
    """A machine with the `pulumi` that a test gives it."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        monkeypatch.setenv("PATH", f"{folder}/bin:/usr/bin:/bin")
        (folder / "bin").mkdir()

    def pulumi(self, *, prints: str = "", says: str = "", ends_with: int = 0) -> None:
        (self.folder / "prints").write_text(prints)
        (self.folder / "says").write_text(says)
        path = self.folder / "bin" / "pulumi"
        path.write_text(
            f'#!/bin/sh\necho "$@" > {self.folder}/asked\npwd > {self.folder}/where\n'
            f"cat {self.folder}/prints\ncat {self.folder}/says >&2\nexit {ends_with}\n"
        )
        path.chmod(0o755)


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(tmp_path, monkeypatch)


def test_a_stack_is_what_its_output_says(machine: Machine) -> None:
    machine.pulumi(prints=json.dumps({"input_bucket": "x", "deployed": TOLD}))
    assert read_stack("dev") == DEPLOYED
    assert (machine.folder / "asked").read_text().split()[-2:] == ["--stack", "dev"]


def test_the_checkout_says_which_project_is_meant_wherever_the_command_is_used(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.pulumi(prints=json.dumps({"deployed": TOLD}))
    monkeypatch.chdir(machine.folder)
    read_stack("dev")
    assert (Path((machine.folder / "where").read_text().strip()) / "Pulumi.yaml").is_file()


# What Pulumi 3.259 really prints, and what helps.
REFUSALS = {
    "not logged in": (
        "error: PULUMI_ACCESS_TOKEN must be set for login during non-interactive CLI sessions\n",
        "pulumi login gs://",
    ),
    "no such stack": ("error: no stack named 'dev' found\n", "pulumi stack init dev"),
    "no project": (
        "error: if you're using the --stack flag, pass the fully qualified name (organization/project/stack)\n",
        "Pulumi.yaml",
    ),
    "no credentials": (
        "error: missing google credentials: unable to find gcp credentials: google: could not find credentials.\n",
        "gcloud auth application-default login",
    ),
    "no passphrase": (
        "error: passphrase must be set with PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE\n",
        "PULUMI_CONFIG_PASSPHRASE",
    ),
    "anything else": ("error: the sky\n  has fallen\n", "pulumi stack output --json --stack dev"),
    "nothing": ("", "pulumi stack output --json --stack dev"),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_what_pulumi_refuses_is_said_with_the_command_that_helps(case: str, machine: Machine) -> None:
    says, helps = REFUSALS[case]
    machine.pulumi(says=says, ends_with=3)
    with pytest.raises(PermanentError) as caught:
        read_stack("dev")
    assert helps in (caught.value.advice or "")
    assert "\n" not in caught.value.message


def test_an_unknown_reason_is_repeated_in_pulumis_own_words(machine: Machine) -> None:
    machine.pulumi(says="error: the sky\n  has fallen", ends_with=255)
    with pytest.raises(PermanentError, match=r"the sky has fallen$"):
        read_stack("dev")


UNFIT = {
    "never deployed": ("{}", "never been deployed", "pulumi up --stack dev"),
    "an older version": ('{"input_bucket": "x"}', "older version", "pulumi up --stack dev"),
    "another version": ('{"deployed": {"stack": "dev"}}', "another version: project", "pulumi up --stack dev"),
    "no JSON": ("Welcome to Pulumi!", "not JSON", "pulumi stack output"),
    "a list": ("[]", "not JSON", "pulumi stack output"),
}


@pytest.mark.parametrize("case", UNFIT)
def test_outputs_that_tell_too_little_are_said_with_the_command_that_helps(case: str, machine: Machine) -> None:
    prints, message, helps = UNFIT[case]
    machine.pulumi(prints=prints)
    with pytest.raises(PermanentError, match=message) as caught:
        read_stack("dev")
    assert helps in (caught.value.advice or "")


def test_without_pulumi_a_file_is_offered_by_the_command_that_makes_it(machine: Machine) -> None:
    with pytest.raises(PermanentError, match="Pulumi is not installed") as caught:
        read_stack("us/podcast/dev")
    assert "pulumi stack output deployed --json --stack us/podcast/dev > dev.json" in (caught.value.advice or "")


def test_a_pulumi_that_hangs_is_not_waited_for(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    machine.pulumi()
    (machine.folder / "bin" / "pulumi").write_text("#!/bin/sh\nexec sleep 60\n")
    monkeypatch.setattr(outputs, "LONGEST", 0.2)
    with pytest.raises(PermanentError, match="said nothing"):
        read_stack("dev")


@pytest.mark.parametrize("content", [TOLD, {"deployed": TOLD, "input_bucket": "x"}], ids=["the output", "all outputs"])
def test_a_file_that_pulumi_wrote_stands_for_the_stack(content: object, machine: Machine) -> None:
    path = machine.folder / "dev.json"
    path.write_text(json.dumps(content))
    assert read_stack(str(path)) == DEPLOYED


@pytest.mark.parametrize("content", [None, b"", b"\xff", b"[]", b"{}", b'{"stack": 1}'])
def test_a_file_that_is_none_of_a_stack_is_told_with_the_command_that_writes_one(
    content: bytes | None, tmp_path: Path
) -> None:
    path = tmp_path / "dev.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(PermanentError) as caught:
        read_stack(str(path))
    assert f"--stack NAME > {path}" in (caught.value.advice or "")
