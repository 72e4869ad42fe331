"""Secrets from Google Secret Manager. API: https://cloud.google.com/secret-manager/docs/reference/rest.

A value is read once a process and never told: it travels as pydantic's SecretStr, which shows stars. The newest version
counts, so a secret that is rotated is picked up by the next execution.
"""

from __future__ import annotations

import threading
from typing import Self

import google.auth
import google_crc32c
from google.auth.credentials import Credentials
from google.cloud import secretmanager
from google.oauth2.credentials import Credentials as TokenCredentials
from pydantic import SecretStr

from shared.errors import NotFound, PermanentError, TransientError
from shared.google_errors import google_errors
from shared.retries import Patience

GONE = "in DESTROYED state"
"""How Secret Manager words its 400 for a version whose bytes were erased."""
SCOPES = ("https://www.googleapis.com/auth/cloud-platform",)


class SecretStore:
    """The secrets of one project.

    Args:
        project: its id; secrets named by a full path (`projects/…/secrets/…`) may lie in another one.
        client: of google-cloud-secret-manager; its own retries are not used.
        patience: how long to wait and how often to try.
    """

    def __init__(
        self, project: str, client: secretmanager.SecretManagerServiceClient, *, patience: Patience | None = None
    ) -> None:
        self._project = project
        self._client = client
        self._patience = patience or Patience()
        self._known: dict[str, SecretStr] = {}
        self._lock = threading.Lock()

    @classmethod
    def connect(cls, project: str, *, endpoint: str | None = None, patience: Patience | None = None) -> Self:
        """A store with the credentials of the environment, or with a made-up token for an `endpoint` of one's own.

        Raises:
            PermanentError: there are no credentials.
        """
        with google_errors(f"reach the secrets of {project}"):
            credentials: Credentials
            if endpoint is None:
                credentials, _ = google.auth.default(scopes=SCOPES)
            else:
                credentials = TokenCredentials("none")
            client = secretmanager.SecretManagerServiceClient(
                credentials=credentials,
                # REST shares its errors and its timeouts with our other clients.
                transport="rest",
                client_options={} if endpoint is None else {"api_endpoint": endpoint},
            )
        return cls(project, client, patience=patience)

    def close(self) -> None:
        """Closes the connections."""
        self._client.transport.close()

    def read(self, name: str) -> SecretStr:
        """The newest version of the secret, without line breaks at its end.

        Args:
            name: the secret's own name, or its full path.

        Raises:
            NotFound: there is no such secret, or it has no version, or its newest version was destroyed.
            PermanentError: its newest version is disabled, this program may not read it, or it is no text.
            TransientError: Secret Manager cannot be reached.
        """
        with self._lock:
            if name not in self._known:
                self._known[name] = self._patience.persistently(lambda: self._access(name))
            return self._known[name]

    def _access(self, name: str) -> SecretStr:
        path = name if name.startswith("projects/") else f"projects/{self._project}/secrets/{name}"
        short = path.rpartition("/")[2]
        try:
            with google_errors(f"read the secret {short}", self._advice(short)):
                answer = self._client.access_secret_version(
                    name=f"{path}/versions/latest", timeout=self._patience.read, retry=None
                )
        except PermanentError as error:
            # A secret whose last value somebody took away keeps its destroyed versions, and `latest` is one of them.
            if not isinstance(error, NotFound) and GONE not in error.message:
                raise
            raise NotFound(
                f"there is no secret {short} in the project {self._project}, or it has no version",
                advice=f"Give it a value: gcloud secrets versions add {short} --data-file=- --project={self._project}",
            ) from error
        data = answer.payload.data
        if not data or answer.payload.data_crc32c != google_crc32c.value(data):
            raise TransientError(f"could not read the secret {short}: it arrived empty or damaged")
        try:
            value = data.decode().rstrip("\r\n")
        except UnicodeDecodeError:
            # The cause would show the bytes.
            raise PermanentError(f"the secret {short} is no text", advice="Store it as UTF-8.") from None
        return SecretStr(value)

    def _advice(self, short: str) -> dict[int, str]:
        project = self._project
        return {
            400: f"Enable its newest version or add one: gcloud secrets versions list {short} --project={project}",
            403: f"Grant this program's service account roles/secretmanager.secretAccessor on the secret {short}.",
        }
