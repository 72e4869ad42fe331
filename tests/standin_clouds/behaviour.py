"""What the stand-in clouds do: what a made resource has, what a change replaces, what a question answers."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from docker.utils.build import exclude_paths

PROJECT_NUMBER = "123456789012"

R2_GROUPS = {
    "Workers R2 Storage Bucket Item Read": "6a018a9f2fc74eb6b293b0c548f38b39",
    "Workers R2 Storage Bucket Item Write": "2efd5506f9c8494dacb1fa10a3e7d5b6",
}
"""Source: https://developers.cloudflare.com/r2/api/tokens/#create-api-tokens-via-api."""

Values = Mapping[str, Any]


def _digest(*parts: object) -> str:
    return hashlib.sha256("\0".join(map(str, parts)).encode()).hexdigest()


def _member(inputs: Values, project: str) -> dict[str, Any]:
    e_mail = f"{inputs['accountId']}@{project}.iam.gserviceaccount.com"
    return {
        "email": e_mail,
        "member": f"serviceAccount:{e_mail}",
        "name": f"projects/{project}/serviceAccounts/{e_mail}",
    }


def _agent(inputs: Values, project: str) -> dict[str, Any]:
    e_mail = f"service-{PROJECT_NUMBER}@gcp-sa-{inputs['service'].partition('.')[0]}.iam.gserviceaccount.com"
    return {"email": e_mail, "member": f"serviceAccount:{e_mail}"}


def _image(inputs: Values, project: str) -> dict[str, Any]:
    name = inputs["imageName"].rpartition(":")[0]
    build = inputs["build"]
    return {
        "repoDigest": f"{name}@sha256:{_digest(build['target'], build['contextDigest'])}",
        "baseImageName": inputs["imageName"],
    }


def _pool(pool: str) -> str:
    return f"projects/{PROJECT_NUMBER}/locations/global/workloadIdentityPools/{pool}"


MADE: dict[str, Callable[[Values, str], dict[str, Any]]] = {
    "gcp:artifactregistry/repository:Repository": lambda inputs, project: {"name": inputs["repositoryId"]},
    "gcp:cloudrunv2/job:Job": lambda inputs, project: {"uid": _digest("job", inputs["name"])[:32]},
    "gcp:cloudrunv2/service:Service": lambda inputs, project: {
        "uri": f"https://{inputs['name']}-{_digest(project)[:10]}-an.a.run.app"
    },
    "gcp:iam/workloadIdentityPool:WorkloadIdentityPool": lambda inputs, project: {
        "name": _pool(inputs["workloadIdentityPoolId"]),
        "state": "ACTIVE",
    },
    "gcp:iam/workloadIdentityPoolProvider:WorkloadIdentityPoolProvider": lambda inputs, project: {
        "name": (f"{_pool(inputs['workloadIdentityPoolId'])}/providers/{inputs['workloadIdentityPoolProviderId']}"),
        "state": "ACTIVE",
    },
    "gcp:monitoring/notificationChannel:NotificationChannel": lambda inputs, project: {
        "name": f"projects/{project}/notificationChannels/{int(_digest(inputs['displayName'])[:12], 16)}"
    },
    "gcp:projects/iAMCustomRole:IAMCustomRole": lambda inputs, project: {
        "name": f"projects/{project}/roles/{inputs['roleId']}"
    },
    "gcp:projects/serviceIdentity:ServiceIdentity": _agent,
    "gcp:secretmanager/secret:Secret": lambda inputs, project: {
        "name": f"projects/{PROJECT_NUMBER}/secrets/{inputs['secretId']}"
    },
    "gcp:serviceaccount/account:Account": _member,
    "gcp:storage/bucket:Bucket": lambda inputs, project: {"url": f"gs://{inputs['name']}"},
    "cloudflare:index/accountToken:AccountToken": lambda inputs, project: {
        "value": f"cf-token-{_digest(inputs['name'])}"
    },
    "cloudflare:index/r2ManagedDomain:R2ManagedDomain": lambda inputs, project: {
        "domain": f"pub-{_digest(inputs['bucketName'])[:32]}.r2.dev"
    },
    "docker:index/image:Image": _image,
}
"""Properties that only exist once the resource does, as far as something reads them."""


def made(token: str, inputs: Values, project: str) -> dict[str, Any]:
    """The properties that the resource gets by being made."""
    return MADE[token](inputs, project) if token in MADE else {}


IDS: dict[str, Callable[[Values, str], str]] = {
    "gcp:kms/cryptoKey:CryptoKey": lambda inputs, project: f"{inputs['keyRing']}/cryptoKeys/{inputs['name']}",
    "gcp:kms/keyRing:KeyRing": lambda inputs, project: (
        f"projects/{project}/locations/{inputs['location']}/keyRings/{inputs['name']}"
    ),
    "gcp:pubsub/topic:Topic": lambda inputs, project: f"projects/{project}/topics/{inputs['name']}",
    "gcp:pubsub/subscription:Subscription": lambda inputs, project: (
        f"projects/{project}/subscriptions/{inputs['name']}"
    ),
    "gcp:secretmanager/secret:Secret": lambda inputs, project: f"projects/{project}/secrets/{inputs['secretId']}",
    "gcp:storage/bucket:Bucket": lambda inputs, project: str(inputs["name"]),
    "gcp:monitoring/notificationChannel:NotificationChannel": lambda inputs, project: MADE[
        "gcp:monitoring/notificationChannel:NotificationChannel"
    ](inputs, project)["name"],
    "cloudflare:index/accountToken:AccountToken": lambda inputs, project: _digest("id", inputs["name"])[:32],
}
"""Ids that something reads; the others are a digest."""

REPLACED_BY_ANY_CHANGE = {
    # A binding is its member, its role and its resource: there is nothing to update.
    "gcp:cloudrunv2/jobIamMember:JobIamMember",
    "gcp:cloudrunv2/serviceIamMember:ServiceIamMember",
    "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember",
    "gcp:projects/iAMMember:IAMMember",
    "gcp:pubsub/subscriptionIAMMember:SubscriptionIAMMember",
    "gcp:pubsub/topicIAMMember:TopicIAMMember",
    "gcp:secretmanager/secretIamMember:SecretIamMember",
    "gcp:secretmanager/secretVersion:SecretVersion",
    "gcp:serviceaccount/iAMMember:IAMMember",
    "gcp:storage/bucketIAMMember:BucketIAMMember",
}

REPLACED_BY = {
    "gcp:artifactregistry/repository:Repository": {"repositoryId", "location", "project", "format"},
    "gcp:billing/budget:Budget": {"billingAccount"},
    "gcp:cloudrunv2/job:Job": {"name", "location", "project"},
    "gcp:cloudrunv2/service:Service": {"name", "location", "project"},
    "gcp:cloudscheduler/job:Job": {"name", "region", "project"},
    "gcp:eventarc/trigger:Trigger": {"name", "location", "project", "matchingCriterias"},
    "gcp:iam/workloadIdentityPool:WorkloadIdentityPool": {"workloadIdentityPoolId", "project"},
    "gcp:iam/workloadIdentityPoolProvider:WorkloadIdentityPoolProvider": {
        "workloadIdentityPoolId",
        "workloadIdentityPoolProviderId",
        "project",
    },
    "gcp:kms/cryptoKey:CryptoKey": {"name", "keyRing", "purpose"},
    "gcp:kms/keyRing:KeyRing": {"name", "location", "project"},
    "gcp:logging/metric:Metric": {"name", "project"},
    "gcp:logging/projectExclusion:ProjectExclusion": {"name", "project"},
    "gcp:monitoring/notificationChannel:NotificationChannel": {"type", "project"},
    "gcp:projects/iAMCustomRole:IAMCustomRole": {"roleId", "project"},
    "gcp:projects/service:Service": {"service", "project"},
    "gcp:projects/serviceIdentity:ServiceIdentity": {"service", "project"},
    "gcp:pubsub/subscription:Subscription": {"name", "topic", "project", "enableMessageOrdering"},
    "gcp:pubsub/topic:Topic": {"name", "project"},
    "gcp:secretmanager/secret:Secret": {"secretId", "project", "replication"},
    "gcp:serviceaccount/account:Account": {"accountId", "project"},
    "gcp:storage/bucket:Bucket": {"name", "location", "project"},
    # Another content is uploaded in place: https://github.com/GoogleCloudPlatform/magic-modules/pull/10038.
    "gcp:storage/bucketObject:BucketObject": {"bucket", "name", "contentType"},
    "cloudflare:index/accountToken:AccountToken": {"accountId"},
    "cloudflare:index/r2Bucket:R2Bucket": {"accountId", "name", "jurisdiction", "location"},
    "cloudflare:index/r2BucketCors:R2BucketCors": {"accountId", "bucketName"},
    "cloudflare:index/r2BucketLifecycle:R2BucketLifecycle": {"accountId", "bucketName"},
    "cloudflare:index/r2CustomDomain:R2CustomDomain": {"accountId", "bucketName", "domain"},
    "cloudflare:index/r2ManagedDomain:R2ManagedDomain": {"accountId", "bucketName"},
}
"""Properties whose change makes a new resource. Source: the providers' documentation ("ForceNew" in their schemas)."""


def answer(token: str, arguments: Values, project: str) -> dict[str, Any] | None:
    """What a function of the SDK returns; None where the stand-in does not know it."""
    match token:
        case "gcp:organizations/getClientConfig:getClientConfig":
            # Another one each time, as in life: it must not count as a change.
            return {
                "accessToken": f"ya29.{secrets.token_hex(16)}",
                "project": project,
                "region": "",
                "zone": "",
                "id": "client",
            }
        case "gcp:storage/getProjectServiceAccount:getProjectServiceAccount":
            e_mail = f"service-{PROJECT_NUMBER}@gs-project-accounts.iam.gserviceaccount.com"
            return {"emailAddress": e_mail, "member": f"serviceAccount:{e_mail}", "project": project, "id": e_mail}
        case "cloudflare:index/getAccountApiTokenPermissionGroupsList:getAccountApiTokenPermissionGroupsList":
            return {
                "accountId": arguments["accountId"],
                "results": [
                    {
                        "id": group_id,
                        "name": name,
                        "category": "other",
                        "isSelectable": True,
                        "scopes": [arguments["scope"]],
                    }
                    for name, group_id in R2_GROUPS.items()
                ],
            }
    return None


def context_digest(context: str, dockerfile: str) -> str:
    """Changes when anything changes that can reach an image, whichever image that is: as the real provider hashes.

    Source: https://github.com/pulumi/pulumi-docker/blob/master/provider/hash.go.
    """
    ignore = Path(context) / ".dockerignore"
    lines = ignore.read_text("utf-8").splitlines() if ignore.is_file() else []
    patterns = [line for line in lines if line and not line.startswith("#")]
    files = [Path(context) / name for name in sorted(exclude_paths(context, patterns))]
    parts = [(str(file.relative_to(context)), file.read_bytes()) for file in files if file.is_file()]
    return _digest(Path(dockerfile).read_bytes(), *parts)
