"""The two Google buckets: both are there, and where they are."""

from __future__ import annotations

from functools import partial
from http import HTTPStatus

from controller.stack.doctor.asking import Once, Unanswered, asking
from controller.stack.doctor.google import Google
from controller.stack.doctor.probing import Finding, Probe, fault
from shared.deployment import DeployedStack


class Buckets:
    """The input and the work bucket, each asked for once."""

    def __init__(self, google: Google, deployed: DeployedStack) -> None:
        self._google = google
        self._deployed = deployed
        self.input_location = Once(partial(self._location, deployed.input_bucket))
        """Where the input bucket is, as Cloud Storage writes it; None where there is none. Raises Unanswered."""
        self._work_location = Once(partial(self._location, deployed.work_bucket))

    def probes(self) -> list[Probe]:
        """One look a bucket."""
        both = {"Input bucket": self.input_location, "Work bucket": self._work_location}
        names = {"Input bucket": self._deployed.input_bucket, "Work bucket": self._deployed.work_bucket}
        return [Probe(subject, partial(self._look, names[subject], location)) for subject, location in both.items()]

    def _look(self, name: str, location: Once[str | None]) -> Finding:
        return bucket_finding(name, location(), self._deployed.stack)

    def _location(self, name: str) -> str | None:
        """https://cloud.google.com/storage/docs/json_api/v1/buckets/get."""
        bucket = self._google.operator().storage().bucket(name)
        try:
            with asking(f"look at the bucket {name}"):
                bucket.reload(timeout=self._google.limit, retry=None)
        except Unanswered as error:
            if error.status == HTTPStatus.NOT_FOUND:
                return None
            raise
        return str(bucket.location or "")


def bucket_finding(name: str, location: str | None, stack: str) -> Finding:
    """Whether the bucket is there."""
    if location is None:
        return fault(f"there is no {name}", f"pulumi up --refresh --stack {stack}")
    return Finding(f"{name} in {location.lower()}")
