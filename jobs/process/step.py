"""process-job: from the pinned source to a transcript with times, and what it is about."""

from __future__ import annotations

from jobs.job import JobContext
from shared.contract import ProcessArguments, ProcessResult


def run(arguments: ProcessArguments, context: JobContext) -> ProcessResult:
    """Surveys the recording, finds the speech, hears the words, makes sense of them.

    Raises:
        NotFound: the source is not there.
        UnusableAudio: the recording is truncated, silent, too long, wordless, or no recording at all.
        PermanentError: the language is not known to the analyst, or its words do not cover the speech.
    """
    from jobs.process.episode import process_episode  # noqa: PLC0415 - numpy, PyAV and the models are loaded only now

    metadata = process_episode(arguments, context)
    return ProcessResult(job_id=arguments.job_id, metadata=metadata, costs=context.paid)
