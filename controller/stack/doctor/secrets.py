"""The secrets, really read by the account that uses each; nothing of a value is ever told."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

from pydantic import SecretStr

from controller.stack.doctor.access import Access
from controller.stack.doctor.asking import Once, asking, once, unanswered
from controller.stack.doctor.google import Google
from controller.stack.doctor.probing import Finding, Probe, fault, untested
from shared.cdn import R2Keys
from shared.contract import NOTIFY, UPLOAD, Grant, Resource
from shared.deployment import DeployedStack
from shared.errors import PermanentError, PodcastError
from shared.notifier.webhook import Webhook
from shared.secrets import SecretStore

ACCESSOR = "roles/secretmanager.secretAccessor"
NOBODY_TOLD = "none: nobody is told at Discord"


class Secrets:
    """R2's keys and Discord's webhook, each read once."""

    def __init__(self, google: Google, access: Access, deployed: DeployedStack) -> None:
        self._google = google
        self._access = access
        self._deployed = deployed
        self.r2_keys = Once(self._r2_keys)
        """The key pair, as upload-job reads it. Raises PodcastError."""
        self.webhook = Once(self._webhook)
        """The webhook, as notify-job reads it; None where the stack has none. Raises PodcastError."""

    def probes(self) -> list[Probe]:
        """One look a secret."""
        return [
            Probe("Secret with R2's keys", self._look_at_keys),
            Probe("Secret with the webhook", self._look_at_hook),
        ]

    def _look_at_keys(self) -> Finding:
        grant = Grant(ACCESSOR, Resource.R2_KEYS_SECRET)
        return self._look(UPLOAD.name, grant, self.r2_keys, self._deployed.r2_keys_secret)

    def _look_at_hook(self) -> Finding:
        name = self._deployed.discord_webhook_secret
        if name is None:
            return Finding(NOBODY_TOLD)
        grant = Grant(ACCESSOR, Resource.DISCORD_WEBHOOK_SECRET)
        return self._look(NOTIFY.name, grant, self.webhook, name)

    def _look(self, role: str, grant: Grant, read: Callable[[], object], name: str) -> Finding:
        if self._access.lacks(role, grant):
            return untested(f"{role}'s account may not read {name}: see its own line")
        try:
            read()
        except PodcastError as error:
            return secret_finding(name, error, self._deployed)
        return secret_finding(name, None, self._deployed)

    def _r2_keys(self) -> R2Keys:
        name = self._deployed.r2_keys_secret
        return R2Keys.from_secret(self._read(UPLOAD.name, name), name=name)

    def _webhook(self) -> Webhook | None:
        name = self._deployed.discord_webhook_secret
        return None if name is None else Webhook(self._read(NOTIFY.name, name).get_secret_value())

    def _read(self, role: str, name: str) -> SecretStr:
        caller = self._google.as_account(role)
        with asking(f"connect to Secret Manager as {caller.email}"):
            store = SecretStore(self._google.project, caller.secrets(), patience=once(self._google.limit))
        return store.read(name)


def secret_finding(name: str, error: PodcastError | None, deployed: DeployedStack) -> Finding:
    """Whether the secret has a value that its reader can use.

    Args:
        name: of the secret.
        error: what its reading or its parsing met.
        deployed: the stack.
    """
    versions = f"gcloud secrets versions list {name} --project={deployed.project}"
    if error is None:
        return Finding(f"{name}: its newest version is enabled and of the right form")
    told = unanswered(error)
    if told.status == HTTPStatus.NOT_FOUND:
        return fault(f"{name} has no version, or is not there", f"pulumi up --refresh --stack {deployed.stack}")
    if told.status == HTTPStatus.BAD_REQUEST:
        return fault(
            f"the newest version of {name} is disabled or destroyed",
            f"Enable it, or make a new one: {versions}; then: pulumi up --refresh --stack {deployed.stack}",
        )
    if told.status is None and isinstance(error, PermanentError):
        return fault(error.message, f"{_mended_by(name, deployed)}   ({versions} shows who made the newest version)")
    raise told from error


def _mended_by(name: str, deployed: DeployedStack) -> str:
    if name == deployed.discord_webhook_secret:
        return (
            f"pulumi config set --secret discord_webhook --stack {deployed.stack} "
            f"&& pulumi up --refresh --stack {deployed.stack}"
        )
    return f"pulumi up --refresh --stack {deployed.stack}"
