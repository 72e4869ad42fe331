"""The keys with which stacks encrypt what they keep secret in their configuration and their state."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import pulumi
import pulumi_gcp as gcp

ROTATION: Final = 90 * 24 * 3600
"""Seconds. Earlier versions go on decrypting what they encrypted."""


@dataclass(frozen=True)
class SecretKeysArgs:
    """Where they are kept."""

    region: str


class SecretKeys(pulumi.ComponentResource):
    """Two keys: one for stacks, and one for the stack that pull requests preview, the only one a preview may use.

    Does not manage: what is encrypted with them. Google deletes no key ring, ever, and a destroyed key makes every
    secret under it unreadable: all three are protected, so `pulumi destroy` refuses until it is told to leave them.
    """

    def __init__(self, name: str, args: SecretKeysArgs, opts: pulumi.ResourceOptions) -> None:
        super().__init__("podcast:bootstrap:SecretKeys", name, None, opts)
        ring = gcp.kms.KeyRing(
            "ring",
            name="podcast-automator",
            location=args.region,
            opts=pulumi.ResourceOptions(parent=self, protect=True),
        )
        self.stacks = self._key("stacks", ring)
        self.previews = self._key("previews", ring)
        self.register_outputs({})

    def _key(self, name: str, ring: gcp.kms.KeyRing) -> gcp.kms.CryptoKey:
        return gcp.kms.CryptoKey(
            f"key-{name}",
            name=name,
            key_ring=ring.id,
            purpose="ENCRYPT_DECRYPT",
            rotation_period=f"{ROTATION}s",
            deletion_policy="PREVENT",
            opts=pulumi.ResourceOptions(parent=self, protect=True),
        )
