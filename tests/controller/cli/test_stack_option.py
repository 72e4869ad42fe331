"""`--stack` costs nothing who does not use it, and says what is missing to who does."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from support_operator import Operator, operator

RECORDING = "talk.mp3"


def python(program: str, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, cwd=folder)


def test_a_laptop_loads_no_client_of_google() -> None:
    ran = python("import sys, controller.cli.app; print(*sys.modules)")
    assert "controller.cli.publish" in ran.stdout, ran.stderr
    assert not [
        name for name in ran.stdout.split() if name.startswith(("google.auth", "google.cloud.", "controller.stack."))
    ]


@pytest.mark.parametrize("words", [["jobs"], ["show", "x"], ["retry", "x"], ["publish", RECORDING], ["dashboard"]])
def test_a_missing_library_is_named_with_what_brings_it(words: list[str], tmp_path: Path) -> None:
    (tmp_path / RECORDING).write_bytes(b"sound")
    arguments = ["podcast", *words, "--stack", "dev"]
    ran = python(
        "import sys; sys.modules['google.auth'] = None\n"
        f"sys.argv = {arguments}\nfrom controller.cli import main; main()",
        tmp_path,
    )
    assert ran.returncode == 1
    assert "google.auth is not installed, and --stack needs it" in ran.stderr
    assert "[controller,local]" in ran.stderr
    assert len(ran.stderr.splitlines()) == 1


@pytest.fixture
def somebody(tmp_path: Path) -> Operator:
    with operator(tmp_path) as made:
        (tmp_path / RECORDING).write_bytes(b"sound")
        made.pulumi("echo \"error: no stack named 'nope' found\" >&2; exit 6")
        return made


@pytest.mark.parametrize(
    "words",
    [["jobs"], ["show", "x"], ["retry", "x"], ["publish", RECORDING], ["dashboard"], ["dead-letters"], ["doctor"]],
)
def test_a_stack_that_is_not_there_is_one_line_and_exit_1(words: list[str], somebody: Operator) -> None:
    ran = somebody.run(*words, "--stack", "nope")
    assert ran.returncode == 1
    assert "there is no stack nope" in ran.stderr
    assert "pulumi stack ls" in ran.stderr
    assert len(ran.stderr.splitlines()) == 1


def test_a_mistyped_path_is_told_before_login_or_stack_are_looked_at(somebody: Operator) -> None:
    ran = somebody.run("publish", "no/such.mp3", "notes.txt", "--stack", "nope")
    assert ran.returncode == 1
    assert [line.split(":")[0] for line in ran.stderr.splitlines()] == ["no/such.mp3", "notes.txt"]
    assert ran.stderr.count("there is no such file") == 2
    assert not (somebody.folder / "asked").exists()


def test_a_mistyped_path_beside_a_recording_is_told_and_the_recording_goes_on(somebody: Operator) -> None:
    ran = somebody.run("publish", "no/such.mp3", RECORDING, "--stack", "nope")
    assert ran.returncode == 1
    first, then = ran.stderr.splitlines()
    assert first.startswith("no/such.mp3: there is no such file")
    assert "there is no stack nope" in then
