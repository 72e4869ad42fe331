"""Upload from GCS to R2 as a stream, against boto3's own `upload_fileobj` from the disk; and its peak memory.

Both go to the same S3 server on this machine, which is a third process: what counts is the ratio. The memory is that of
the program that uploads, with everything it has loaded.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

MEGABYTE = 1_000_000
BUCKET = "bench"
LIMIT = 200
"""Megabytes that the upload may use at most, whatever the size of the file."""
BLOCK = os.urandom(MEGABYTE)


def blocks(megabytes: int) -> Iterator[bytes]:
    """So much noise, the same every time."""
    for _ in range(megabytes):
        yield BLOCK


def put_into_gcs(address: str, name: str, megabytes: int) -> None:
    """Stores an object in one streamed request."""
    url = urlsplit(address)
    connection = http.client.HTTPConnection(str(url.hostname), url.port)
    target = f"/upload/storage/v1/b/{BUCKET}/o?uploadType=media&name={name}"
    headers = {"Content-Length": str(megabytes * MEGABYTE), "Content-Type": "audio/mpeg"}
    connection.request("POST", target, blocks(megabytes), headers)
    if connection.getresponse().status != http.client.OK:
        raise SystemExit("the GCS server did not take the object")
    connection.close()


def upload_from_gcs(gcs: str, s3: str, name: str) -> None:
    """Ours: what upload-job does with a source that needs no mastering."""
    from pydantic import SecretStr  # noqa: PLC0415 - each way loads only what it needs

    from shared.cdn import R2Client, R2Keys  # noqa: PLC0415 - likewise
    from shared.storage import GCSClient  # noqa: PLC0415 - likewise

    source = GCSClient.connect(BUCKET, endpoint=gcs)
    keys = R2Keys(access_key_id="key", secret_access_key=SecretStr("secret"))
    target = R2Client.connect(BUCKET, endpoint=s3, keys=keys)
    target.copy_from(source, name, version=source.stat(name).version, name="ours.mp3")
    target.delete("ours.mp3")


def upload_from_disk(s3: str, path: Path) -> None:
    """Theirs: boto3 with its defaults, but for what R2 needs."""
    import boto3  # noqa: PLC0415 - each way loads only what it needs
    from botocore.config import Config  # noqa: PLC0415 - likewise

    client = boto3.client(
        "s3",
        endpoint_url=s3,
        region_name="auto",
        aws_access_key_id="key",
        aws_secret_access_key="secret",  # noqa: S106 - the server knows no users
        config=Config(request_checksum_calculation="when_required", s3={"addressing_style": "path"}),
    )
    with path.open("rb") as file:
        client.upload_fileobj(file, BUCKET, "theirs.mp3")
    client.delete_object(Bucket=BUCKET, Key="theirs.mp3")


def alone(*arguments: str) -> tuple[float, float]:
    """One upload in a process of its own: seconds without loading, and peak memory in MB."""
    command = [sys.executable, "-m", "benchmarks.cdn", "--one", *arguments]
    measured = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    return measured["seconds"], measured["memory"]


def one(way: str, *arguments: str) -> None:
    """What `alone` starts."""
    import boto3  # noqa: F401, PLC0415 - loading is no part of the time
    import google.cloud.storage  # noqa: F401, PLC0415 - likewise

    from shared.logger import configure_logging  # noqa: PLC0415 - likewise

    configure_logging()
    start = time.perf_counter()
    if way == "gcs":
        upload_from_gcs(*arguments)
    else:
        upload_from_disk(arguments[0], Path(arguments[1]))
    seconds = time.perf_counter() - start
    # Linux counts in KiB.
    print(json.dumps({"seconds": seconds, "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6}))


def compare(megabytes: int, small: int, large: int, rounds: int) -> bool:
    """Prints the ratio and the memory; whether the memory is within its limit and does not grow."""
    sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
    from support_servers.fixtures import make_gcs_bucket, make_s3_bucket  # noqa: PLC0415 - the path is set now
    from support_servers.gcs import gcs_server  # noqa: PLC0415 - likewise
    from support_servers.s3 import s3_server  # noqa: PLC0415 - likewise

    with tempfile.TemporaryDirectory() as folder, gcs_server(Path(folder)) as gcs, s3_server(Path(folder)) as s3:
        make_gcs_bucket(gcs, BUCKET)
        make_s3_bucket(s3, BUCKET)
        file = Path(folder, "theirs.mp3")
        with file.open("wb") as writer:
            writer.writelines(blocks(megabytes))
        memory = {}
        for size in dict.fromkeys([small, large, megabytes]):
            put_into_gcs(gcs, f"{size}.mp3", size)
            if size != megabytes:
                _, memory[size] = alone("gcs", gcs, s3, f"{size}.mp3")
        # In turns, and the best of each: other work on this machine hits both alike.
        turns = [
            (alone("disk", s3, str(file)), alone("gcs", gcs, s3, f"{megabytes}.mp3")) for _ in range(max(1, rounds))
        ]
    theirs = min(seconds for (seconds, _), _ in turns)
    ours = min(seconds for _, (seconds, _) in turns)
    their_memory = max(peak for (_, peak), _ in turns)
    memory[megabytes] = max(peak for _, (_, peak) in turns)
    print(f"{megabytes} MB from GCS to R2, streamed: {megabytes / ours:.0f} MB/s, {memory[megabytes]:.0f} MB of memory")
    print(f"{megabytes} MB from disk, upload_fileobj: {megabytes / theirs:.0f} MB/s, {their_memory:.0f} MB of memory")
    print(f"throughput, ours to boto3's: {theirs / ours:.2f}")
    print(f"memory for {large} MB to memory for {small} MB: {memory[large] / memory[small]:.2f}")
    print(f"most memory: {max(memory.values()):.0f} MB, at most {LIMIT} MB")
    return max(memory.values()) <= LIMIT


def main() -> int:
    """The bench, or with `--one` a single upload of it."""
    if sys.argv[1:2] == ["--one"]:
        one(*sys.argv[2:])
        return 0
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=1000, help="size of the file that is compared")
    parser.add_argument("--small", type=int, default=100, help="size for the small peak of memory, MB")
    parser.add_argument("--large", type=int, default=2000, help="size for the large peak of memory, MB")
    parser.add_argument("--rounds", type=int, default=2, help="how often the two are compared")
    arguments = parser.parse_args()
    return 0 if compare(arguments.megabytes, arguments.small, arguments.large, arguments.rounds) else 1


if __name__ == "__main__":
    sys.exit(main())
