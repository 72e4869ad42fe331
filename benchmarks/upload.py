"""Uploading a large episode against copying the same file, with the memory that it takes.

python benchmarks/upload.py [--megabytes 1000]
"""

from __future__ import annotations

import argparse
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import imageio_ffmpeg

MEGABYTE = 1_000_000
ONE_UPLOAD = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from jobs.job import JobContext
from jobs.progress import Progress
from jobs.upload import publication
from shared.config import LocalSettings
from shared.contract import UploadArguments
now = lambda: datetime.now(UTC)
settings = LocalSettings(data=Path(sys.argv[1]))
metadata = Path(sys.argv[3]).read_text()
arguments = UploadArguments(job_id="bench", audio_file=sys.argv[2], metadata_json=metadata)
progress = Progress(None, "bench", "upload", now=now)
publication.publish_episode(arguments, JobContext(settings=settings, progress=progress))
"""


def large_mp3(folder: Path, megabytes: int) -> tuple[Path, float]:
    """An MP3 at its loudness already, made of one encoded minute again and again; and its length in seconds."""
    minute = folder / "minute.mp3"
    tone = ["-f", "lavfi", "-i", "sine=frequency=440:sample_rate=44100:duration=60"]
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-y", "-loglevel", "error", *tone, "-b:a", "320k", "-write_xing", "0"]
    subprocess.run([*command, str(minute)], check=True)
    content = minute.read_bytes()
    times = max(1, megabytes * MEGABYTE // len(content))
    large = folder / "large.mp3"
    with large.open("wb") as writer:
        for _ in range(times):
            writer.write(content)
    return large, 60.0 * times


def main() -> None:
    """Prints the ratio and the peak memory of the whole process that uploads."""
    parser = argparse.ArgumentParser(description="A large upload against shutil.copyfile.")
    parser.add_argument("--megabytes", type=int, default=1000)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        source, seconds = large_mp3(folder, parser.parse_args().megabytes)
        metadata = folder / "metadata.json"
        metadata.write_text(
            f'{{"title": "Large", "summary": "", "transcript": "", "duration_seconds": {seconds},'
            ' "loudness": {"integrated_lufs": -19.0, "true_peak_dbtp": -6.0}}'
        )
        started = time.perf_counter()
        shutil.copyfile(source, folder / "copy.mp3")
        copying = time.perf_counter() - started
        command = [sys.executable, "-c", ONE_UPLOAD, str(folder / "data"), str(source), str(metadata)]
        started = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        uploading = time.perf_counter() - started
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        size = source.stat().st_size / MEGABYTE
        print(
            f"upload of {size:,.0f} MB, imports and all: {uploading / copying:.2f} × shutil.copyfile, "
            f"peak memory {peak:.0f} MB ({peak / size:.2f} × the file)"
        )


if __name__ == "__main__":
    main()
