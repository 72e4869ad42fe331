"""What is said when Pulumi cannot do it; what it does when it can is in tests/infra/test_bootstrap_life.py."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from controller.bootstrap.causes import advice_for
from controller.bootstrap.engine import Engine
from shared.bootstrap import BootstrapSettings
from shared.errors import PermanentError

SETTINGS = BootstrapSettings(project="my-project-123456")
PODCAST = Path(sys.executable).with_name("podcast")

SAID = {
    "error: googleapi: Error 403: Cloud KMS API requires billing to be enabled": "Link my-project-123456 to a billing",
    "error: Error 403: Cloud Resource Manager API has not been used in project 1 before": "run it again then",
    "error: googleapi: Error 403: Permission denied to enable service": "the role Owner on my-project-123456",
    "error: Error 409: Requested entity already exists": "undelete podcast-github",
    'error: oauth2: "invalid_grant" "reauth related error"': "gcloud auth application-default login",
    "error: the stack is currently locked by 1 lock(s)": "pulumi cancel --stack my-project-123456",
    "error: failed to load language plugin python: no language plugin 'pulumi-language-python'": "Install Pulumi whole",
    "error: something that nobody foresaw": "Mend what Pulumi says above",
}


def with_pulumi(folder: Path, script: str) -> dict[str, str]:
    program = folder / "pulumi"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return {"PATH": f"{folder}:/usr/bin:/bin", "PULUMI_CONFIG_PASSPHRASE_FILE": "/of/somebody"}


@pytest.mark.parametrize("said", SAID)
def test_what_pulumi_says_comes_with_what_to_do(tmp_path: Path, said: str) -> None:
    # Listing finds the stack; bringing it up fails.
    script = f"""
case "$1 $2" in
"stack ls") echo '[{{"name": "organization/podcast-bootstrap/my-project-123456"}}]' ;;
"stack output") echo '{{}}' ;;
*) echo "Updating"; cat <<'END'
{said}
END
exit 255 ;;
esac"""
    heard: list[str] = []
    folder = tmp_path / "work"
    folder.mkdir()
    with pytest.raises(PermanentError) as refused:
        Engine(SETTINGS, folder, with_pulumi(tmp_path, script), heard.append).up()
    assert said.removeprefix("error: ") in refused.value.message
    assert SAID[said] in str(refused.value.advice)
    assert heard == ["Updating", said]


def test_pulumi_is_told_its_backend_and_nobodys_login_is_changed(tmp_path: Path) -> None:
    script = f'echo "$1 $2 $PULUMI_BACKEND_URL [$PULUMI_CONFIG_PASSPHRASE_FILE]" >> {tmp_path}/asked; echo "[]"; exit 0'
    folder = tmp_path / "work"
    folder.mkdir()
    with pytest.raises(PermanentError, match="without its output"):
        Engine(SETTINGS, folder, with_pulumi(tmp_path, script), print).up()
    asked = (tmp_path / "asked").read_text().splitlines()
    assert asked[:3] == [
        "stack ls gs://my-project-123456-podcast-state []",
        "stack init gs://my-project-123456-podcast-state []",
        "up --yes gs://my-project-123456-podcast-state []",
    ]
    assert not [each for each in asked if each.startswith("login")]


def test_without_pulumi_one_is_told_where_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(PermanentError, match="no `pulumi` on PATH") as refused:
        Engine(SETTINGS, tmp_path, {"PATH": str(tmp_path)}, print)
    assert "pulumi.com/docs/install" in str(refused.value.advice)


def test_what_nobody_knows_a_cause_of_gets_no_made_up_advice() -> None:
    assert advice_for("the moon is full", "my-project-123456") is None


def podcast(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [PODCAST, "bootstrap", *arguments],
        env={**os.environ, "PATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_command_ends_with_one_and_one_line_where_a_wish_is_wrong(tmp_path: Path) -> None:
    ran = podcast("--project", "Mine", folder=tmp_path)
    assert ran.returncode == 1
    assert ran.stderr.startswith("project: 'Mine' is no project id")
    assert len(ran.stderr.splitlines()) == 1
    assert ran.stdout == ""


def test_the_command_looks_for_pulumi_before_it_makes_anything(tmp_path: Path) -> None:
    ran = podcast("--project", "my-project-123456", folder=tmp_path)
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr == "there is no `pulumi` on PATH. Install Pulumi: https://www.pulumi.com/docs/install/\n"
