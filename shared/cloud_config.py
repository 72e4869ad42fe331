"""Settings of a deployed program, `PODCAST_BACKEND=cloud`: GCS, R2, Secret Manager, and the signal to the controller.

The variables are those of the contract (shared/contract.py) and of shared/deployment.py, which infra fills. Three more
point at servers of one's own: PODCAST_GCS_ENDPOINT, PODCAST_SECRETS_ENDPOINT and PODCAST_PUBSUB_ENDPOINT.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, ValidationError

from shared.cdn import R2Keys, public_base
from shared.deployment import SHOW_SETTINGS_KEY
from shared.errors import NotFound, PermanentError, TransientError, reasons_of
from shared.logger import get_logger
from shared.retries import Patience
from shared.show import ShowSettings
from shared.signals import Signals, cloud_signals
from shared.storage import FolderStore, ObjectStore

if TYPE_CHECKING:
    from shared.cdn import R2Client
    from shared.secrets import SecretStore
    from shared.storage import GCSClient

URL = r"^https?://"
STAND_INS = {"PODCAST_PROJECT_ID": "GCP_PROJECT_ID", "PODCAST_INPUT_BUCKET": "GCS_INPUT_BUCKET"}
"""Variables of the product's own table that say the same, for whoever runs a step by hand."""


class CloudSettings(BaseModel):
    """What one deployed program is told; it builds each client once, when it is first asked for it."""

    model_config = ConfigDict(frozen=True, extra="ignore", validate_by_name=True, validate_by_alias=True)

    backend: Literal["cloud"] = Field(alias="PODCAST_BACKEND")
    project_id: str = Field(alias="PODCAST_PROJECT_ID", min_length=1)
    input_bucket: str = Field(alias="PODCAST_INPUT_BUCKET", min_length=1)
    work_bucket: str = Field(alias="PODCAST_WORK_BUCKET", min_length=1)
    stack: str | None = Field(default=None, alias="PODCAST_STACK")
    served_at: str | None = Field(default=None, alias="PODCAST_PUBLIC_URL", pattern=URL)
    ai: Literal["local", "vertex"] = Field(default="vertex", alias="PODCAST_AI")
    signal_url: str | None = Field(default=None, alias="PODCAST_SIGNAL_URL", pattern=URL)
    signal_topic: str | None = Field(default=None, alias="PODCAST_SIGNAL_TOPIC")
    r2_endpoint_url: str | None = Field(default=None, alias="R2_ENDPOINT_URL", pattern=URL)
    r2_bucket: str | None = Field(default=None, alias="R2_BUCKET")
    r2_custom_domain: str | None = Field(default=None, alias="R2_CUSTOM_DOMAIN")
    r2_keys_secret_name: str | None = Field(default=None, alias="R2_KEYS_SECRET_NAME")
    discord_webhook_secret_name: str | None = Field(default=None, alias="DISCORD_WEBHOOK_SECRET_NAME")
    gcs_endpoint: str | None = Field(default=None, alias="PODCAST_GCS_ENDPOINT", pattern=URL)
    secrets_endpoint: str | None = Field(default=None, alias="PODCAST_SECRETS_ENDPOINT", pattern=URL)

    pubsub_endpoint: str | None = Field(default=None, alias="PODCAST_PUBSUB_ENDPOINT", pattern=URL)

    _patience: Patience = PrivateAttr(default_factory=Patience)

    def with_patience(self, patience: Patience) -> Self:
        """The same settings, whose clients wait as long as this says; asked for before any client is."""
        copy = self.model_copy()
        copy._patience = patience  # noqa: SLF001 - it is one of us
        return copy

    @property
    def public_url(self) -> str:
        """Where the public bucket is served, without a trailing slash; from what is known of R2 if nobody says so.

        Raises:
            PermanentError: nothing is known of it.
        """
        if self.served_at:
            return self.served_at.rstrip("/")
        if self.r2_endpoint_url is None or self.r2_bucket is None:
            raise PermanentError("nobody says where the public bucket is served", advice="Set PODCAST_PUBLIC_URL.")
        return public_base(bucket=self.r2_bucket, endpoint=self.r2_endpoint_url, custom_domain=self.r2_custom_domain)

    @property
    def dashboard_url(self) -> None:
        """`podcast dashboard` opens it: Cloud Run's IAM stands before it."""
        return

    @property
    def console_is_read(self) -> bool:
        """What a container writes is a log, and no message to people."""
        return False

    @cached_property
    def input(self) -> GCSClient:
        """Where recordings are dropped."""
        return self._gcs(self.input_bucket)

    @cached_property
    def work(self) -> GCSClient:
        """Records, results, checkpoints and the catalogue."""
        return self._gcs(self.work_bucket)

    @cached_property
    def public(self) -> R2Client:
        """What listeners see; its keys are read from their secret now.

        Raises:
            PermanentError: this program was not told of R2: only upload-job is.
        """
        endpoint, bucket, secret = self.r2_endpoint_url, self.r2_bucket, self.r2_keys_secret_name
        if endpoint is None or bucket is None or secret is None:
            raise PermanentError(
                "this program knows no public bucket",
                advice="Only upload-job writes it: it needs R2_ENDPOINT_URL, R2_BUCKET and R2_KEYS_SECRET_NAME.",
            )
        from shared.cdn import R2Client  # noqa: PLC0415 - boto3 is loaded only where it is needed

        keys = R2Keys.from_secret(self.secrets.read(secret), name=secret)
        return R2Client.connect(bucket, endpoint=endpoint, keys=keys, base_url=self.public_url, patience=self._patience)

    @cached_property
    def secrets(self) -> SecretStore:
        """The project's secrets."""
        from shared.secrets import SecretStore  # noqa: PLC0415 - Google's client is loaded only where it is needed

        return SecretStore.connect(self.project_id, endpoint=self.secrets_endpoint, patience=self._patience)

    def signals(self) -> Signals | None:
        """How a finished step tells the controller; None for a program that is not told where that is."""
        if self.signal_url is None:
            return None
        return cloud_signals(self.signal_url, self.signal_topic, pubsub_endpoint=self.pubsub_endpoint)

    def discord_webhook(self) -> str | None:
        """The address of the Discord webhook; None where its secret has no value, since a stack may do without."""
        name = self.discord_webhook_secret_name
        if name is None:
            return None
        try:
            return self.secrets.read(name).get_secret_value()
        except NotFound as error:
            get_logger().warning("nobody is told at Discord", reason=error.message, advice=error.advice)
            return None

    def show(self) -> ShowSettings:
        """The settings in the work bucket.

        Raises:
            PermanentError: they are wrong; names the object, the setting and the reason.
            TransientError: there are none just now: `pulumi up` takes them away and writes them again when they change.
        """
        location = self.work.location(SHOW_SETTINGS_KEY)
        try:
            content, _ = self.work.read(SHOW_SETTINGS_KEY)
        except NotFound as error:
            raise TransientError(
                f"the show's settings are not there: {location}",
                advice="If they do not come back within a minute, run `pulumi up`, which writes them.",
            ) from error
        try:
            return ShowSettings.model_validate(json.loads(content))
        except ValueError as error:
            reasons = reasons_of(error) if isinstance(error, ValidationError) else str(error)
            raise PermanentError(
                f"{location} has a wrong setting: {reasons}",
                advice="Correct it in the stack's configuration and run `pulumi up`.",
            ) from error

    def show_file(self, name: str) -> bytes:
        """A file beside the show's settings."""
        return self.work.read(f"{SHOW_SETTINGS_KEY.rpartition('/')[0]}/{name}")[0]

    def bucket(self, name: str) -> GCSClient:
        """The bucket called `name`; what this program may do there, its grants decide."""
        known = {self.input_bucket: lambda: self.input, self.work_bucket: lambda: self.work}
        return known[name]() if name in known else self._gcs(name)

    def find(self, location: str) -> tuple[ObjectStore, str]:
        """The bucket and the name of a `gs://` URI, or the folder and file name of a path."""
        if not location.startswith("gs://"):
            path = Path(location)
            return FolderStore(path.parent), path.name
        bucket, _, name = location.removeprefix("gs://").partition("/")
        if not bucket or not name:
            raise PermanentError(f"{location} names no object", advice="Give it as gs://BUCKET/NAME.")
        return self.bucket(bucket), name

    def _gcs(self, bucket: str) -> GCSClient:
        from shared.storage import GCSClient  # noqa: PLC0415 - Google's client is loaded only where it is needed

        return GCSClient.connect(bucket, project=self.project_id, endpoint=self.gcs_endpoint, patience=self._patience)


def load_cloud_settings(environment: Mapping[str, str]) -> CloudSettings:
    """The settings in the environment; an empty variable counts as absent.

    Raises:
        PermanentError: a variable is missing or has a wrong value; names it.
    """
    try:
        set_ones = {name: value for name, value in environment.items() if value}
        known = {name: set_ones[other] for name, other in STAND_INS.items() if other in set_ones}
        return CloudSettings.model_validate(known | set_ones)
    except ValidationError as error:
        first = error.errors()[0]
        variable = first["loc"][0]
        if first["type"] == "missing":
            raise PermanentError(
                f"{variable} is not set, and PODCAST_BACKEND=cloud needs it",
                advice=f"Set {variable}, or unset PODCAST_BACKEND to run on this machine alone.",
            ) from error
        raise PermanentError(
            f"{variable} is {first['input']!r}: {first['msg']}", advice=f"Correct or unset {variable}."
        ) from error
