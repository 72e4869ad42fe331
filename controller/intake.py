"""From a dropped object to a job: finds the version that was meant and hands it to the orchestrator."""

from __future__ import annotations

from controller.events import Dropped
from controller.orchestrator import Orchestrator
from shared.models import Source
from shared.storage import ObjectStore


class Intake:
    """Takes dropped objects in. Safe to call again for the same object: it stays the same job."""

    def __init__(self, input_store: ObjectStore, orchestrator: Orchestrator) -> None:
        self._input = input_store
        self._orchestrator = orchestrator

    def take(self, dropped: Dropped) -> str:
        """The id of the job for this object; a plain event means the newest version.

        Raises:
            NotFound: the object is not there.
            PermanentError: its name is no name for an object.
        """
        generation, size = dropped.generation, dropped.size
        if generation is None:
            info = self._input.stat(dropped.name)
            generation, size = int(info.version), info.size
        source = Source(bucket=dropped.bucket, object_name=dropped.name, generation=generation, size=size)
        return self._orchestrator.receive(source)
