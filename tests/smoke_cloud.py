"""Proves on a deployed stack what no test here can: a recording that is published becomes an episode in the feed.

    make smoke-cloud STACK=dev EPISODE=talk.mp3

It needs what `podcast publish --stack` needs: an operator's login, and Pulumi's or a file with the stack's output. It
costs what an episode of that length costs, and leaves the episode in the feed.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

from moonshine_voice.utils import get_assets_path

from controller.stack.outputs import read_stack
from shared.errors import PodcastError
from shared.identity import episode_id_of

PODCAST = Path(sys.executable).with_name("podcast")
LONGEST = 10 * 60
"""Seconds until the feed must show an episode that is published: longer than any cache on the way keeps a feed."""
EVERY = 10
"""Seconds between two looks at the feed."""


class SmokeError(Exception):
    """The stack did not do what it should. The message ends with what to look at."""


def smoke(
    stack: str,
    episode: Path,
    *,
    now: Callable[[], float],
    wait: Callable[[float], None],
    podcast: Path = PODCAST,
) -> str:
    """Publishes the recording and waits for its episode; returns the feed's address."""
    deployed = read_stack(stack)
    # Under a name of its own, so that no episode is replaced and none is taken for it.
    name = f"smoke-{int(now())}{episode.suffix}"
    with tempfile.TemporaryDirectory() as folder:
        copy = shutil.copyfile(episode, Path(folder) / name)
        ran = subprocess.run([podcast, "publish", copy, "--stack", stack], check=False)
    if ran.returncode:
        raise SmokeError(f"it was not published; the reason is above. More: podcast doctor --stack {stack}")
    guid, feed = episode_id_of(deployed.input_bucket, name), deployed.feed_url
    print(f"published; waiting for episode {guid} in {feed}", flush=True)
    started = now()
    while now() - started < LONGEST:
        if guid in read(feed):
            print(f"it is there after {now() - started:.0f} s")
            return feed
        wait(EVERY)
    raise SmokeError(
        f"after {LONGEST // 60} minutes {feed} has no episode of {name}.\n"
        f"Does it wait for review? podcast jobs --stack {stack}\n"
        f"If it is completed, look at the R2 bucket and its public address: podcast doctor --stack {stack}"
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
    except PodcastError as error:
        print(f"{error.message}. {error.advice or ''}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
