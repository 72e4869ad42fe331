"""The bucket in which Pulumi keeps the state of every stack. It comes first: bootstrap's own state lies in it too."""

from __future__ import annotations

from typing import Final, Self

import google.auth
import requests
from google.auth.credentials import AnonymousCredentials
from google.auth.transport.requests import AuthorizedSession
from google.cloud.storage import Bucket, Client

from shared.errors import ConflictError, PermanentError
from shared.google_errors import google_errors

TIMEOUT: Final = 30.0
KEPT_VERSIONS: Final = 50
KEPT_DAYS: Final = 90
"""An earlier state is removed once it is this old and so many newer ones exist."""


class StateBuckets:
    """State buckets of one project."""

    def __init__(self, client: Client, project: str) -> None:
        self._client = client
        self._project = project

    @classmethod
    def connect(cls, project: str, *, endpoint: str | None = None) -> Self:
        """With the credentials of the environment, or with none for an `endpoint` of one's own.

        Raises:
            PermanentError: there are no credentials.
        """
        if endpoint is None:
            with google_errors(f"reach Cloud Storage in {project}"):
                credentials, _ = google.auth.default(scopes=Client.SCOPE, quota_project_id=project)
            session: requests.Session = AuthorizedSession(credentials)
        else:
            credentials, session = AnonymousCredentials(), requests.Session()
        options = {} if endpoint is None else {"api_endpoint": endpoint}
        return cls(Client(project=project, credentials=credentials, _http=session, client_options=options), project)

    def exists(self, name: str) -> bool:
        """Whether the project has this bucket."""
        return self._find(name) is not None

    def prepare(self, name: str, region: str) -> str:
        """Makes the bucket, or puts right what an existing one of the project lacks. Gives a sentence about it.

        Raises:
            PermanentError: the name is somebody else's.
        """
        found = self._find(name)
        if found is None:
            self._make(name, region)
            return f"gs://{name} was made."
        lacking = _lacking(found)
        if not lacking:
            return f"gs://{name} is there."
        _secure(found)
        with google_errors(f"change gs://{name}"):
            found.patch(timeout=TIMEOUT)
        return f"gs://{name} is there; it lacked {', '.join(lacking)}, and has it now."

    def _find(self, name: str) -> Bucket | None:
        # The project's own list: a bucket that is merely readable may be anybody's.
        with google_errors(f"list the buckets of {self._project}"):
            listed = self._client.list_buckets(project=self._project, prefix=name, timeout=TIMEOUT)
            return next((each for each in listed if each.name == name), None)

    def _make(self, name: str, region: str) -> None:
        bucket = self._client.bucket(name)
        _secure(bucket)
        bucket.labels = {"app": "podcast-automator"}
        bucket.add_lifecycle_delete_rule(number_of_newer_versions=KEPT_VERSIONS, days_since_noncurrent_time=KEPT_DAYS)
        try:
            with google_errors(f"make gs://{name}"):
                self._client.create_bucket(bucket, project=self._project, location=region, timeout=TIMEOUT)
        except ConflictError as error:
            raise PermanentError(
                f"the bucket name {name} belongs to somebody else, and bucket names are global",
                advice="Choose a name of your own: --state-bucket NAME",
            ) from error


def _lacking(bucket: Bucket) -> list[str]:
    access = bucket.iam_configuration
    settings = {
        "uniform access": access.uniform_bucket_level_access_enabled,
        "public access prevention": access.public_access_prevention == "enforced",
        "versioning": bucket.versioning_enabled,
    }
    return [name for name, there in settings.items() if not there]


def _secure(bucket: Bucket) -> None:
    bucket.iam_configuration.uniform_bucket_level_access_enabled = True
    bucket.iam_configuration.public_access_prevention = "enforced"
    bucket.versioning_enabled = True
