"""The two Google buckets: what people drop, and what the pipeline remembers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import pulumi
import pulumi_gcp as gcp

from infra.config import StackConfig
from infra.naming import Names
from shared.deployment import SHOW_SETTINGS_KEY
from shared.workspace import EXPIRING

DAY = 24 * 3600


@dataclass(frozen=True)
class BucketsArgs:
    """Names, retention and the show's settings."""

    config: StackConfig
    names: Names
    root: Path
    """The folder of the stack's file, in which the show's cover lies."""


class Buckets(pulumi.ComponentResource):
    """Input and work bucket, and in the latter the show's settings.

    Does not manage: what lies in them. A bucket that is not empty refuses to be deleted.
    """

    def __init__(self, name: str, args: BucketsArgs, opts: pulumi.ResourceOptions) -> None:
        super().__init__("podcast:infra:Buckets", name, None, opts)
        config, names = args.config, args.names
        retention = config.retention
        kept = pulumi.ResourceOptions(parent=self, protect=config.protect)
        forget_recordings: list[gcp.storage.BucketLifecycleRuleArgsDict] = (
            [{"action": {"type": "Delete"}, "condition": {"age": retention.recordings, "with_state": "LIVE"}}]
            if retention.recordings
            else []
        )
        self.input = gcp.storage.Bucket(
            "input",
            name=names.input_bucket,
            location=config.region,
            uniform_bucket_level_access=True,
            public_access_prevention="enforced",
            versioning={"enabled": True},
            soft_delete_policy={"retention_duration_seconds": 7 * DAY},
            lifecycle_rules=[
                *forget_recordings,
                _delete_versions_after(retention.deleted_recordings),
                {"action": {"type": "AbortIncompleteMultipartUpload"}, "condition": {"age": 7}},
            ],
            force_destroy=False,
            opts=kept,
        )
        self.work = gcp.storage.Bucket(
            "work",
            name=names.work_bucket,
            location=config.region,
            uniform_bucket_level_access=True,
            public_access_prevention="enforced",
            versioning={"enabled": True},
            soft_delete_policy={"retention_duration_seconds": 7 * DAY},
            lifecycle_rules=[
                # Only audio and chunks expire, and only once their episode has reached its end: the controller sets
                # their custom time then, and an object without one never matches.
                {
                    "action": {"type": "Delete"},
                    "condition": {
                        "days_since_custom_time": retention.audio,
                        "matches_prefixes": list(EXPIRING),
                        "with_state": "LIVE",
                    },
                },
                # What expired lives on as a version that is not current, and after that, soft-deleted, for a week.
                _delete_versions_after(1, list(EXPIRING)),
                _delete_versions_after(retention.old_records),
                {"action": {"type": "AbortIncompleteMultipartUpload"}, "condition": {"age": 7}},
            ],
            force_destroy=False,
            opts=kept,
        )
        self._show(args)
        self.register_outputs({})

    def _show(self, args: BucketsArgs) -> None:
        show = args.config.show
        child = pulumi.ResourceOptions(parent=self)
        cover = []
        if show.cover:
            folder = PurePosixPath(SHOW_SETTINGS_KEY).parent
            cover = [
                gcp.storage.BucketObject(
                    "show-cover",
                    bucket=self.work.name,
                    name=str(folder / show.cover),
                    source=pulumi.FileAsset(str(args.root / show.cover)),
                    opts=child,
                )
            ]
        gcp.storage.BucketObject(
            "show-settings",
            bucket=self.work.name,
            name=SHOW_SETTINGS_KEY,
            content=show.model_dump_json(exclude_none=True),
            content_type="application/json",
            # The settings name the cover, so it comes first.
            opts=pulumi.ResourceOptions(parent=self, depends_on=cover),
        )


def _delete_versions_after(days: int, prefixes: list[str] | None = None) -> gcp.storage.BucketLifecycleRuleArgsDict:
    return {
        "action": {"type": "Delete"},
        "condition": {
            "days_since_noncurrent_time": days,
            "with_state": "ARCHIVED",
            **({"matches_prefixes": prefixes} if prefixes else {}),
        },
    }
