"""fetch-job: the source, copied at the very version that the job is about, and what its headers say of it."""

from __future__ import annotations

from pathlib import Path

from jobs.containers import container_of
from jobs.fetch.limits import check_length
from jobs.fetch.pin import copy_location, pin
from jobs.job import JobContext
from shared.contract import FetchArguments, FetchResult
from shared.errors import PodcastError


def run(arguments: FetchArguments, context: JobContext) -> FetchResult:
    """Copies the source, reads its headers, tags and cover.

    Raises:
        NotFound: the bucket or the source is not there.
        Superseded: a newer version of the source arrived.
        UnusableAudio: it cannot become an episode; the copy is removed again.
    """
    # PyAV takes its time to load; a wrong name is refused without it.
    container = container_of(arguments.object_name)
    target = copy_location(arguments.output_path, container.extension, is_folder=Path(arguments.output_path).is_dir())
    context.progress(0.0, "copying the source")
    store, name = context.settings.find(target)
    pinned = pin(
        context.settings.bucket(arguments.bucket), arguments.object_name, arguments.generation, into=store, name=name
    )
    from jobs.fetch.headers import read_headers, write_cover  # noqa: PLC0415 - PyAV is loaded only now

    try:
        context.progress(0.9, "reading its headers")
        with store.open(name) as source:
            headers = read_headers(source, arguments.object_name)
        check_length(arguments.object_name, headers.duration, context.settings.show().longest_episode_hours)
    except PodcastError:
        store.delete(name)
        raise
    return FetchResult(
        job_id=arguments.job_id,
        local_file=target,
        file_size=pinned.size,
        source_bucket=arguments.bucket,
        source_object=arguments.object_name,
        generation=pinned.generation,
        duration_seconds=headers.duration,
        codec=headers.codec,
        sample_rate=headers.sample_rate,
        channels=headers.channels,
        title=headers.title,
        cover_file=write_cover(headers.cover, store, beside=name),
    )
