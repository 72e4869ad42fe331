"""The repository's number, asked of GitHub through its own command."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from typing import Final

from shared.bootstrap import BootstrapSettings
from shared.errors import PermanentError

FIELDS: Final = 2


def with_number(settings: BootstrapSettings, environment: Mapping[str, str]) -> BootstrapSettings:
    """The settings with the repository's number, and its name in GitHub's own spelling, which tokens carry.

    Raises:
        PermanentError: `gh` is missing, or does not find the repository.
    """
    if settings.repository is None or settings.repository_id is not None:
        return settings
    name = settings.repository
    by_hand = f"Or say its number: --repository-id NUMBER, the `id` in https://api.github.com/repos/{name}"
    gh = shutil.which("gh", path=environment.get("PATH"))
    if gh is None:
        raise PermanentError(
            f"the number of {name} is needed, and there is no `gh` to ask GitHub for it",
            advice=f"Install it: https://cli.github.com. {by_hand}",
        )
    ran = subprocess.run(
        [gh, "api", f"repos/{name}", "--jq", '"\\(.full_name) \\(.id)"'],
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    said = ran.stdout.split()
    if ran.returncode or len(said) != FIELDS or not said[1].isdigit():
        raise PermanentError(
            f"GitHub did not say which repository {name} is: {ran.stderr.strip() or ran.stdout.strip()}",
            advice=f"Check the name, and log in with `gh auth login`. {by_hand}",
        )
    return settings.model_copy(update={"repository": said[0], "repository_id": int(said[1])})
