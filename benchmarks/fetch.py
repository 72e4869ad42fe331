"""How much of a recording passes through fetch-job when it lies in GCS: its headers, and nothing else."""

from __future__ import annotations

import argparse
import http.client
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

MEGABYTE = 1_000_000
BUCKET = "bench"
LIMIT = 5
"""Megabytes that may pass through the job, however long the recording is."""
RATE = 48_000


def recording(megabytes: int, header: bytes) -> Iterator[bytes]:
    """A WAV file of silence."""
    yield header
    silence = bytes(MEGABYTE)
    for _ in range(megabytes):
        yield silence


def main() -> int:
    """Prints the size of the recording and what of it went through the job."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=2000, help="size of the recording")
    megabytes = parser.parse_args().megabytes
    sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
    from support_audio import wav_header  # noqa: PLC0415 - the path is set now
    from support_servers.fixtures import make_gcs_bucket  # noqa: PLC0415 - likewise
    from support_servers.gcs import gcs_server  # noqa: PLC0415 - likewise
    from support_servers.proxy import proxy  # noqa: PLC0415 - likewise

    with tempfile.TemporaryDirectory() as folder, gcs_server(Path(folder)) as gcs, proxy(gcs) as door:
        make_gcs_bucket(gcs, BUCKET)
        header = wav_header(megabytes * MEGABYTE, RATE)
        url = urlsplit(gcs)
        connection = http.client.HTTPConnection(str(url.hostname), url.port)
        headers = {"Content-Length": str(len(header) + megabytes * MEGABYTE)}
        target = f"/upload/storage/v1/b/{BUCKET}/o?uploadType=media&name=talk.wav"
        connection.request("POST", target, recording(megabytes, header), headers)
        if connection.getresponse().status != http.client.OK:
            raise SystemExit("the GCS server did not take the recording")
        connection.close()
        environment = os.environ | {
            "PODCAST_BACKEND": "cloud",
            "GCP_PROJECT_ID": "none",
            "PODCAST_INPUT_BUCKET": BUCKET,
            "PODCAST_WORK_BUCKET": BUCKET,
            "PODCAST_GCS_ENDPOINT": door.address,
        }
        arguments = ["--job-id=bench", f"--bucket={BUCKET}", "--object-name=talk.wav"]
        command = [
            sys.executable,
            "-m",
            "jobs.fetch",
            *arguments,
            f"--output-path=gs://{BUCKET}/audio/bench/source.wav",
        ]
        done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True)
        moved = (door.answered + sum(len(request.body) for request in door.requests)) / MEGABYTE
    print(f"a recording of {json.loads(done.stdout)['file_size'] / MEGABYTE:.0f} MB is pinned and described")
    print(f"through the job: {moved:.2f} MB, at most {LIMIT} MB")
    return 0 if moved <= LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())
