"""GitHub's number of the repository, asked of a real program called `gh`."""

from __future__ import annotations

from pathlib import Path

import pytest

from controller.bootstrap.repository import with_number
from shared.bootstrap import BootstrapSettings
from shared.errors import PermanentError

ASKED = BootstrapSettings(project="my-project-123456", repository="Our-Team/our-podcast")


def with_gh(folder: Path, script: str) -> dict[str, str]:
    program = folder / "gh"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return {"PATH": f"{folder}:/usr/bin:/bin"}


def test_the_number_comes_with_the_name_as_github_writes_it(tmp_path: Path) -> None:
    environment = with_gh(tmp_path, f'echo "$@" > {tmp_path}/asked; echo "our-team/our-podcast 456789123"')
    found = with_number(ASKED, environment)
    assert (found.repository, found.repository_id) == ("our-team/our-podcast", 456789123)
    assert (tmp_path / "asked").read_text().startswith("api repos/Our-Team/our-podcast --jq ")


def test_nobody_is_asked_where_the_number_is_known_or_no_repository_is_named() -> None:
    known = ASKED.model_copy(update={"repository_id": 7})
    assert with_number(known, {"PATH": ""}) == known
    alone = BootstrapSettings(project="my-project-123456")
    assert with_number(alone, {"PATH": ""}) == alone


def test_without_gh_both_ways_are_named(tmp_path: Path) -> None:
    with pytest.raises(PermanentError, match="there is no `gh`") as refused:
        with_number(ASKED, {"PATH": str(tmp_path)})
    assert "https://cli.github.com" in str(refused.value.advice)
    assert "--repository-id NUMBER" in str(refused.value.advice)


@pytest.mark.parametrize("script", ["echo 'gh: Not Found (HTTP 404)' >&2; exit 1", "echo '<html>Log in</html>'"])
def test_what_github_says_instead_is_repeated(tmp_path: Path, script: str) -> None:
    with pytest.raises(PermanentError, match=r"Not Found|Log in") as refused:
        with_number(ASKED, with_gh(tmp_path, script))
    assert "gh auth login" in str(refused.value.advice)
