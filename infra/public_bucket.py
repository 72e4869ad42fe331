"""The public bucket in R2, its address, and the one token that may write it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_cloudflare as cloudflare

from infra.config import StackConfig
from infra.naming import Names

ITEM_GROUPS = ("Workers R2 Storage Bucket Item Read", "Workers R2 Storage Bucket Item Write")
BUCKET_SCOPE = "com.cloudflare.edge.r2.bucket"

WEEK = 7 * 24 * 3600


@dataclass(frozen=True)
class PublicBucketArgs:
    """Whose account, which address."""

    config: StackConfig
    names: Names


class PublicBucket(pulumi.ComponentResource):
    """What listeners see: the bucket, its domain, CORS for players and transcripts, and its S3 key pair.

    Does not manage: the domain's zone, cache rules, and the files in the bucket; R2 refuses to delete a bucket that is
    not empty.
    """

    def __init__(self, name: str, args: PublicBucketArgs, opts: pulumi.ResourceOptions) -> None:
        super().__init__("podcast:infra:PublicBucket", name, None, opts)
        config = args.config
        account = config.cloudflare_account_id
        child = pulumi.ResourceOptions(parent=self)
        self.bucket = cloudflare.R2Bucket(
            "public",
            account_id=account,
            name=args.names.public_bucket,
            location="apac" if config.region.startswith(("asia-", "australia-")) else None,
            # R2 honours it when the name is first used, and moves no bucket: another region must not lose this one.
            opts=pulumi.ResourceOptions(parent=self, protect=config.protect, ignore_changes=["location"]),
        )
        cloudflare.R2BucketCors(
            "cors",
            account_id=account,
            bucket_name=self.bucket.name,
            rules=[
                {
                    "id": "players",
                    "allowed": {"methods": ["GET", "HEAD"], "origins": ["*"], "headers": ["range", "if-match"]},
                    "expose_headers": ["accept-ranges", "content-length", "content-range", "etag"],
                    "max_age_seconds": 24 * 3600,
                }
            ],
            opts=child,
        )
        cloudflare.R2BucketLifecycle(
            "uploads-left-half-done",
            account_id=account,
            bucket_name=self.bucket.name,
            rules=[
                {
                    "id": "abort-unfinished-uploads",
                    "enabled": True,
                    "conditions": {"prefix": ""},
                    "abort_multipart_uploads_transition": {"condition": {"type": "Age", "max_age": WEEK}},
                }
            ],
            opts=child,
        )
        self.url = self._address(config)
        self.endpoint = f"https://{account}.r2.cloudflarestorage.com"
        self.s3_keys = self._s3_keys(config, args.names)
        self.register_outputs({})

    def _address(self, config: StackConfig) -> pulumi.Output[str]:
        child = pulumi.ResourceOptions(parent=self)
        if config.domain and config.cloudflare_zone_id:
            domain = cloudflare.R2CustomDomain(
                "domain",
                account_id=config.cloudflare_account_id,
                bucket_name=self.bucket.name,
                domain=config.domain,
                zone_id=config.cloudflare_zone_id,
                enabled=True,
                min_tls="1.2",
                opts=child,
            )
            return pulumi.Output.concat("https://", domain.domain)
        managed = cloudflare.R2ManagedDomain(
            "r2-dev-domain",
            account_id=config.cloudflare_account_id,
            bucket_name=self.bucket.name,
            enabled=True,
            opts=child,
        )
        return pulumi.Output.concat("https://", managed.domain)

    def _s3_keys(self, config: StackConfig, names: Names) -> pulumi.Output[str]:
        """R2's key pair as JSON, derived as https://developers.cloudflare.com/r2/api/tokens/ says."""
        account = config.cloudflare_account_id
        groups = cloudflare.get_account_api_token_permission_groups_list_output(
            account_id=account, scope=BUCKET_SCOPE, opts=pulumi.InvokeOutputOptions(parent=self)
        )
        token = cloudflare.AccountToken(
            "token",
            account_id=account,
            name=f"podcast-automator {names.stack}: objects of {names.public_bucket}",
            policies=[
                {
                    "effect": "allow",
                    "permission_groups": groups.results.apply(_item_groups),
                    "resources": json.dumps({f"{BUCKET_SCOPE}.{account}_default_{names.public_bucket}": "*"}),
                }
            ],
            opts=pulumi.ResourceOptions(parent=self, depends_on=[self.bucket]),
        )
        return pulumi.Output.secret(
            pulumi.Output.all(token.id, token.value).apply(
                lambda pair: json.dumps(
                    {"access_key_id": pair[0], "secret_access_key": hashlib.sha256(pair[1].encode()).hexdigest()}
                )
            )
        )


def _item_groups(
    found: Sequence[cloudflare.outputs.GetAccountApiTokenPermissionGroupsListResultResult],
) -> list[cloudflare.AccountTokenPolicyPermissionGroupArgsDict]:
    """By id, as Cloudflare returns them: in another order the token would differ from itself in every preview."""
    by_name = {group.name: group.id for group in found}
    for wanted in ITEM_GROUPS:
        if wanted not in by_name:
            raise pulumi.RunError(
                f"Cloudflare knows no permission group {wanted!r} for this account.\n"
                "  Open R2 in the Cloudflare dashboard once, and give the deploying token 'Account API Tokens: Edit'."
            )
    return [{"id": group_id} for group_id in sorted(by_name[wanted] for wanted in ITEM_GROUPS)]
