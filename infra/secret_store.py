"""The secrets, in Secret Manager: each read by one account only."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from infra.config import StackConfig
from infra.naming import Names


@dataclass(frozen=True)
class SecretStoreArgs:
    """Names and values. Values are secret outputs: encrypted in the state, hidden on the screen."""

    config: StackConfig
    names: Names
    r2_keys: pulumi.Output[str]


class SecretStore(pulumi.ComponentResource):
    """R2's key pair and Discord's webhook.

    Without a webhook its secret exists with no version, so that notify-job's environment is the same everywhere.
    Does not manage: who may read them (permissions.py), and rotation; a new value is a new version, and the next
    execution reads it.
    """

    def __init__(self, name: str, args: SecretStoreArgs, opts: pulumi.ResourceOptions) -> None:
        super().__init__("podcast:infra:SecretStore", name, None, opts)
        webhook = args.config.discord_webhook
        self.r2_keys = self._secret("r2-keys", args.names.r2_keys_secret, args.r2_keys, protect=args.config.protect)
        self.discord_webhook = self._secret(
            "discord-webhook",
            args.names.discord_webhook_secret,
            pulumi.Output.secret(webhook.get_secret_value()) if webhook else None,
            protect=args.config.protect,
        )
        self.register_outputs({})

    def _secret(
        self, name: str, secret_id: str, value: pulumi.Output[str] | None, *, protect: bool
    ) -> gcp.secretmanager.Secret:
        secret = gcp.secretmanager.Secret(
            name,
            secret_id=secret_id,
            replication={"auto": {}},
            deletion_protection=protect,
            opts=pulumi.ResourceOptions(parent=self, protect=protect),
        )
        if value is not None:
            gcp.secretmanager.SecretVersion(
                f"{name}-value", secret=secret.id, secret_data=value, opts=pulumi.ResourceOptions(parent=self)
            )
        return secret
