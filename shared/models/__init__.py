"""The data that travels: a job's record, what an analyst found out, and what is published."""

from shared.models.catalogue import CatalogueEntry, PublishedAudio
from shared.models.edits import EpisodeEdits, LineEdit
from shared.models.job import (
    IN_THE_END,
    JobState,
    PodcastProcessingJob,
    Source,
    StepProgress,
    StepState,
)
from shared.models.metadata import (
    Chapter,
    Cost,
    Digest,
    Loudness,
    Minutes,
    ProcessingMetadata,
    Segment,
)

__all__ = [
    "IN_THE_END",
    "CatalogueEntry",
    "Chapter",
    "Cost",
    "Digest",
    "EpisodeEdits",
    "JobState",
    "LineEdit",
    "Loudness",
    "Minutes",
    "PodcastProcessingJob",
    "ProcessingMetadata",
    "PublishedAudio",
    "Segment",
    "Source",
    "StepProgress",
    "StepState",
]
