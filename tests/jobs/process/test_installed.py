"""The embedded analyst where it is not installed, as in the image of process-job."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from jobs.process.local import installed

ROOT = Path(__file__).resolve().parents[3]
LOCAL = {"moonshine_voice", "sumy", "yake"}


@pytest.fixture
def image(tmp_path) -> Path:
    """Every package that is installed here but those of the embedded analyst."""
    packages: Path = tmp_path / "packages"
    packages.mkdir()
    for each in Path(sysconfig.get_path("purelib")).iterdir():
        if each.name not in LOCAL and each.suffix != ".pth":
            (packages / each.name).symlink_to(each)
    return packages


def test_without_its_packages_the_embedded_analyst_is_refused_for_good_with_what_is_missing(image, tmp_path) -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-S",
            "-m",
            "jobs.process",
            "--job-id=j",
            "--audio-file=/talk.mp3",
            "--gcs-uri=gs://b/talk.mp3",
        ],
        env=os.environ | {"PYTHONPATH": f"{ROOT}:{image}", "PODCAST_AI": "local", "PODCAST_DATA": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    error = json.loads(done.stdout)["error"]
    assert (error["type"], error["retryable"]) == ("PermanentError", False)
    assert "moonshine_voice, sumy, yake are missing" in error["message"]
    assert "PODCAST_AI=vertex" in error["advice"]
    assert "podcast-automator[local]" in error["advice"]


def test_what_is_looked_for_is_what_the_embedded_analyst_imports() -> None:
    sources = [path.read_text("utf-8") for path in (ROOT / "jobs/process/local").glob("*.py")]
    imported = {
        line.split()[1].partition(".")[0]
        for source in sources
        for line in source.splitlines()
        if line.strip().startswith(("from ", "import "))
    }
    ours = {"jobs", "shared", "__future__", "numpy"}
    assert imported - ours - set(sys.stdlib_module_names) == set(installed.PACKAGES)
