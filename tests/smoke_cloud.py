"""Proves on a deployed stack what no test here can: a recording that is dropped becomes an episode in the feed.

    make smoke-cloud STACK=dev EPISODE=talk.mp3

It needs `pulumi` and `gcloud`, logged in, as for `pulumi up`. It costs what an episode of that length costs, and
leaves the episode in the feed.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from pathlib import Path

from moonshine_voice.utils import get_assets_path

from shared.identity import episode_id_of

LONGEST = 30 * 60
"""Seconds until the feed must have the episode; a short recording takes minutes, most of them to start jobs."""
EVERY = 10
"""Seconds between two looks at the feed."""


class SmokeError(Exception):
    """The stack did not do what it should. The message ends with what to look at."""


def output_of(command: Sequence[str]) -> str:
    """What the command prints. Raises SmokeError where it is missing or fails, with its own words."""
    try:
        ran = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        raise SmokeError(f"{command[0]} is not on PATH; docs/operations.md says what is needed") from error
    if ran.returncode:
        raise SmokeError(f"{' '.join(command)} failed:\n{ran.stderr.strip()}")
    return ran.stdout


def smoke(stack: str, episode: Path, *, now: Callable[[], float], wait: Callable[[float], None]) -> str:
    """Drops the recording and waits for its episode; returns the feed's address."""
    outputs = json.loads(output_of(["pulumi", "stack", "output", "--json", "--stack", stack]))
    missing = {"input_bucket", "feed_url"} - outputs.keys()
    if missing:
        raise SmokeError(
            f"the stack {stack} has no output {', '.join(sorted(missing))}; run: pulumi up --stack {stack}"
        )
    bucket, feed = outputs["input_bucket"], outputs["feed_url"]
    name = f"smoke-{int(now())}{episode.suffix}"
    output_of(["gcloud", "storage", "cp", "--quiet", str(episode), f"gs://{bucket}/{name}"])
    guid = episode_id_of(bucket, name)
    print(f"dropped gs://{bucket}/{name}; waiting for episode {guid} in {feed}", flush=True)
    started = now()
    while now() - started < LONGEST:
        if guid in read(feed):
            print(f"it is there after {now() - started:.0f} s")
            return str(feed)
        wait(EVERY)
    raise SmokeError(
        f"after {LONGEST // 60} minutes {feed} has no episode of gs://{bucket}/{name}.\n"
        f"Look where it is: podcast jobs --stack {stack}\n"
        f"If it is not there at all, the event did not arrive: look at the trigger and at the controller's log."
    )


def read(feed: str) -> str:
    """The feed's text; nothing where there is none yet: the first episode makes it."""
    # A cache on the way must not hide the episode.
    request = urllib.request.Request(
        feed, headers={"Cache-Control": "no-cache", "User-Agent": "podcast-automator smoke"}
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return str(answer.read().decode("utf-8", "replace"))
    except urllib.error.HTTPError as error:
        if error.code == 404:
            return ""
        raise SmokeError(f"{feed} answers {error.code}; look at the R2 bucket's public access in Cloudflare") from error
    except urllib.error.URLError as error:
        raise SmokeError(f"{feed} does not answer: {error.reason}; look at the domain in Cloudflare") from error


def main() -> int:
    """Runs it from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stack", default="dev")
    parser.add_argument("--episode", type=Path, default=Path(str(get_assets_path())) / "two_cities.wav")
    arguments = parser.parse_args()
    try:
        smoke(arguments.stack, arguments.episode, now=time.time, wait=time.sleep)
    except SmokeError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
