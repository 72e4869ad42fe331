"""`podcast bootstrap` with Cloud Storage on this machine, in a process of its own.

    python tests/support_prepare.py ENDPOINT REPOSITORY|- [--preview]

Google's client is told its endpoint here; Pulumi finds the same one in STORAGE_EMULATOR_HOST, which Google's client
would read too, and spell otherwise.
"""

from __future__ import annotations

import os
import sys
from functools import partial

from controller.bootstrap.prepare import bootstrap, settings_from
from controller.bootstrap.state_bucket import StateBuckets
from shared.errors import PodcastError

PROJECT = "my-project-123456"
NUMBER = 456789123


def run(endpoint: str, repository: str, *flags: str) -> None:
    """Prepares the project, or says why not as the command would."""
    environment = dict(os.environ)
    os.environ.pop("STORAGE_EMULATOR_HOST", None)
    named = None if repository == "-" else repository
    try:
        bootstrap(
            settings_from(PROJECT, "asia-northeast1", named, NUMBER if named else None, None),
            preview="--preview" in flags,
            connect=partial(StateBuckets.connect, endpoint=endpoint),
            environment=environment,
            say=print,
        )
    except PodcastError as error:
        print(f"{error.message}. {error.advice}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    run(*sys.argv[1:])
