"""Rules that the clouds have beyond their schemas, by hand, each with its source.

The real providers accept most of these at preview; only the API refuses them, half way through `up`.
"""

from __future__ import annotations

from standin_clouds.checks import (
    E_MAIL,
    Inputs,
    Rule,
    at_least_one_image,
    cpu_and_memory,
    cron,
    environment,
    federation,
    iam_condition,
    image_build,
    matches,
    metric_filter,
    number,
    one_of,
    probes,
    seconds,
    token_resources,
    trigger,
)
from standin_clouds.schema import Problem

from shared.regions import REGIONS

_ROLE = matches(
    "role",
    r"(roles|projects/[^/]+/roles|organizations/\d+/roles)/[A-Za-z0-9_.]+",
    "cloud.google.com/iam/docs/roles-overview",
)
_POOL = r"projects/\d+/locations/global/workloadIdentityPools/[a-z0-9-]{4,32}"
_FEDERATED = (
    rf"principal://iam\.googleapis\.com/{_POOL}/subject/\S+|"
    rf"principalSet://iam\.googleapis\.com/{_POOL}/(\*|group/\S+|attribute\.[a-z0-9_]+/\S+)"
)
_MEMBER = matches(
    "member",
    rf"allUsers|allAuthenticatedUsers|(user|group|serviceAccount):{E_MAIL}|domain:\S+|{_FEDERATED}",
    "cloud.google.com/iam/docs/principal-identifiers",
)
_BINDING = (_ROLE, _MEMBER, iam_condition)
_KMS_NAME = matches("name", r"[A-Za-z0-9_-]{1,63}", "cloud.google.com/kms/docs/create-key")
_KMS_SOURCE = "cloud.google.com/kms/docs/reference/rest"
_KEY_RING = r"projects/[^/]+/locations/[a-z0-9-]+/keyRings/[A-Za-z0-9_-]{1,63}"
_IDENTITY_NAME = r"(?!gcp-)[a-z0-9-]{4,32}"
_IDENTITY_SOURCE = "cloud.google.com/iam/docs/manage-workload-identity-pools-providers"
_TITLE = matches("displayName", r".{1,32}", _IDENTITY_SOURCE)
_REGION = one_of("location", REGIONS, "cloud.google.com/run/docs/locations")
_PUBSUB_NAME = r"(?!goog)[A-Za-z][A-Za-z0-9._~+%-]{2,254}"
_PUBSUB_SOURCE = "cloud.google.com/pubsub/docs/pubsub-basics#resource_names"
_RUN_NAME = matches("name", r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?", "cloud.google.com/run/docs/reference/rest/v2")
_ACCOUNT = matches("accountId", r"[0-9a-f]{32}", "developers.cloudflare.com/api")
_R2_NAME = r"[a-z0-9]([a-z0-9-]{1,61}[a-z0-9])"
_R2_SOURCE = "developers.cloudflare.com/r2/buckets/create-buckets"
_JOB = "template.template.containers[]"
_SERVICE = "template.containers[]"
_WEEK = 7 * 24 * 3600

_RULES: dict[str, tuple[Rule, ...]] = {
    "gcp:artifactregistry/repository:Repository": (
        _REGION,
        matches(
            "repositoryId", r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?", "cloud.google.com/artifact-registry/docs/repositories"
        ),
        one_of("format", {"DOCKER", "MAVEN", "NPM", "PYTHON", "APT", "YUM", "GO", "KFP"}, "artifact-registry/docs"),
        seconds(
            "cleanupPolicies[].condition.olderThan", 0, 10**9, "artifact-registry/docs/repositories/cleanup-policy"
        ),
    ),
    "gcp:billing/budget:Budget": (
        matches("billingAccount", r"[0-9A-F]{6}-[0-9A-F]{6}-[0-9A-F]{6}", "cloud.google.com/billing/docs"),
        number("thresholdRules[].thresholdPercent", 0, 10, "cloud.google.com/billing/docs/how-to/budgets"),
    ),
    "gcp:cloudrunv2/job:Job": (
        _REGION,
        _RUN_NAME,
        seconds("template.template.timeout", 1, 168 * 3600, "cloud.google.com/run/docs/configuring/task-timeout"),
        number("template.template.maxRetries", 0, 10, "cloud.google.com/run/docs/configuring/max-retries"),
        cpu_and_memory(_JOB),
        environment(_JOB),
        at_least_one_image(_JOB),
    ),
    "gcp:cloudrunv2/jobIamMember:JobIamMember": (_REGION, *_BINDING),
    "gcp:cloudrunv2/service:Service": (
        _REGION,
        matches("name", r"[a-z]([a-z0-9-]{0,47}[a-z0-9])?", "cloud.google.com/run/docs/deploying"),
        seconds("template.timeout", 1, 3600, "cloud.google.com/run/docs/configuring/request-timeout"),
        number("template.maxInstanceRequestConcurrency", 1, 1000, "cloud.google.com/run/docs/about-concurrency"),
        cpu_and_memory(_SERVICE),
        environment(_SERVICE),
        probes(_SERVICE),
        at_least_one_image(_SERVICE),
    ),
    "gcp:cloudrunv2/serviceIamMember:ServiceIamMember": (_REGION, *_BINDING),
    "gcp:cloudscheduler/job:Job": (
        one_of("region", REGIONS, "cloud.google.com/scheduler/docs"),
        matches("name", r"[A-Za-z0-9_-]{1,500}", "cloud.google.com/scheduler/docs/reference/rest"),
        cron("schedule"),
        seconds("attemptDeadline", 15, 1800, "cloud.google.com/scheduler/docs/reference/rest"),
        one_of("httpTarget.httpMethod", {"POST", "GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS"}, "scheduler/docs"),
        matches("httpTarget.uri", r"https://\S+", "an OIDC token goes over TLS only"),
        number("retryConfig.retryCount", 0, 5, "cloud.google.com/scheduler/docs/reference/rest"),
    ),
    "gcp:eventarc/trigger:Trigger": (
        _REGION,
        matches("name", r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?", "cloud.google.com/eventarc/docs/reference/rest"),
        trigger,
    ),
    "gcp:iam/workloadIdentityPool:WorkloadIdentityPool": (
        matches("workloadIdentityPoolId", _IDENTITY_NAME, _IDENTITY_SOURCE),
        _TITLE,
    ),
    "gcp:iam/workloadIdentityPoolProvider:WorkloadIdentityPoolProvider": (
        matches("workloadIdentityPoolId", _IDENTITY_NAME, _IDENTITY_SOURCE),
        matches("workloadIdentityPoolProviderId", _IDENTITY_NAME, _IDENTITY_SOURCE),
        _TITLE,
        federation,
    ),
    "gcp:kms/cryptoKey:CryptoKey": (
        _KMS_NAME,
        matches("keyRing", _KEY_RING, _KMS_SOURCE),
        seconds("rotationPeriod", 24 * 3600, 876000 * 3600, "cloud.google.com/kms/docs/rotate-key"),
        one_of(
            "purpose",
            {"ENCRYPT_DECRYPT", "ASYMMETRIC_SIGN", "ASYMMETRIC_DECRYPT", "MAC", "RAW_ENCRYPT_DECRYPT"},
            _KMS_SOURCE,
        ),
        one_of("deletionPolicy", {"DELETE", "PREVENT", "ABANDON"}, "the provider"),
    ),
    "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember": (
        *_BINDING,
        matches("cryptoKeyId", rf"{_KEY_RING}/cryptoKeys/[A-Za-z0-9_-]{{1,63}}", _KMS_SOURCE),
    ),
    "gcp:kms/keyRing:KeyRing": (
        _KMS_NAME,
        one_of(
            "location",
            {*REGIONS, "global", "us", "europe", "asia", "asia1", "eur4"},
            "cloud.google.com/kms/docs/locations",
        ),
    ),
    "gcp:logging/metric:Metric": (
        matches("name", r"[A-Za-z0-9_.,+!*',()%/-]{1,100}", "cloud.google.com/logging/docs/reference/v2"),
        matches("valueExtractor", r"(REGEXP_)?EXTRACT\(.+\)", "cloud.google.com/logging/docs/logs-based-metrics"),
    ),
    "gcp:logging/projectExclusion:ProjectExclusion": (
        matches("name", r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}", "cloud.google.com/logging/docs/reference/v2"),
    ),
    "gcp:monitoring/alertPolicy:AlertPolicy": (
        metric_filter("conditions[].conditionThreshold.filter"),
        metric_filter("conditions[].conditionAbsent.filter"),
        seconds("conditions[].conditionThreshold.duration", 0, 84600, "cloud.google.com/monitoring/api", 60),
        # Absence is looked for over at most 23.5 hours.
        seconds("conditions[].conditionAbsent.duration", 120, 84600, "cloud.google.com/monitoring/alerts", 60),
        seconds("conditions[].conditionThreshold.aggregations[].alignmentPeriod", 60, 90000, "monitoring/api", 60),
        seconds("alertStrategy.autoClose", 1800, _WEEK, "cloud.google.com/monitoring/api"),
    ),
    "gcp:monitoring/notificationChannel:NotificationChannel": (
        one_of(
            "type",
            {"email", "sms", "slack", "pagerduty", "pubsub", "google_chat", "webhook_tokenauth", "webhook_basicauth"},
            "cloud.google.com/monitoring/support/notification-options",
        ),
        matches("labels.email_address", E_MAIL, "cloud.google.com/monitoring/support/notification-options"),
    ),
    "gcp:projects/iAMCustomRole:IAMCustomRole": (
        matches("roleId", r"[A-Za-z0-9_.]{3,64}", "cloud.google.com/iam/docs/creating-custom-roles"),
        matches("permissions[]", r"[a-z]+\.[A-Za-z]+\.[A-Za-z]+", "cloud.google.com/iam/docs/permissions-reference"),
        matches("title", r".{1,100}", "cloud.google.com/iam/docs/creating-custom-roles"),
    ),
    "gcp:projects/iAMMember:IAMMember": _BINDING,
    "gcp:projects/service:Service": (
        matches("service", r"[a-z][a-z0-9]*\.googleapis\.com", "cloud.google.com/service-usage/docs"),
    ),
    "gcp:pubsub/subscription:Subscription": (
        matches("name", _PUBSUB_NAME, _PUBSUB_SOURCE),
        number("ackDeadlineSeconds", 10, 600, "cloud.google.com/pubsub/docs/lease-management"),
        seconds(
            "messageRetentionDuration", 600, 31 * 24 * 3600, "cloud.google.com/pubsub/docs/subscription-properties"
        ),
        seconds("retryPolicy.minimumBackoff", 0, 600, "cloud.google.com/pubsub/docs/handling-failures"),
        seconds("retryPolicy.maximumBackoff", 0, 600, "cloud.google.com/pubsub/docs/handling-failures"),
        number("deadLetterPolicy.maxDeliveryAttempts", 5, 100, "cloud.google.com/pubsub/docs/dead-letter-topics"),
        matches("pushConfig.pushEndpoint", r"https://\S+", "cloud.google.com/pubsub/docs/push"),
    ),
    "gcp:pubsub/subscriptionIAMMember:SubscriptionIAMMember": _BINDING,
    "gcp:pubsub/topic:Topic": (matches("name", _PUBSUB_NAME, _PUBSUB_SOURCE),),
    "gcp:pubsub/topicIAMMember:TopicIAMMember": _BINDING,
    "gcp:secretmanager/secret:Secret": (
        matches("secretId", r"[A-Za-z0-9_-]{1,255}", "cloud.google.com/secret-manager/docs/reference/rest"),
    ),
    "gcp:secretmanager/secretIamMember:SecretIamMember": _BINDING,
    "gcp:serviceaccount/account:Account": (
        matches("accountId", r"[a-z][a-z0-9-]{4,28}[a-z0-9]", "cloud.google.com/iam/docs/service-accounts-create"),
    ),
    "gcp:serviceaccount/iAMMember:IAMMember": (
        *_BINDING,
        matches(
            "serviceAccountId", rf"projects/[^/]+/serviceAccounts/{E_MAIL}", "cloud.google.com/iam/docs/reference/rest"
        ),
    ),
    "gcp:storage/bucket:Bucket": (
        matches("name", r"(?!goog)[a-z0-9][a-z0-9_.-]{1,61}[a-z0-9]", "cloud.google.com/storage/docs/buckets#naming"),
        one_of("location", {*REGIONS, "US", "EU", "ASIA"}, "cloud.google.com/storage/docs/locations"),
        number(
            "softDeletePolicy.retentionDurationSeconds",
            _WEEK,
            90 * 24 * 3600,
            "cloud.google.com/storage/docs/soft-delete",
        ),
    ),
    "gcp:storage/bucketIAMMember:BucketIAMMember": _BINDING,
    "cloudflare:index/accountToken:AccountToken": (_ACCOUNT, token_resources),
    "cloudflare:index/r2Bucket:R2Bucket": (_ACCOUNT, matches("name", _R2_NAME, _R2_SOURCE)),
    "cloudflare:index/r2BucketCors:R2BucketCors": (
        _ACCOUNT,
        one_of(
            "rules[].allowed.methods[]",
            {"GET", "PUT", "POST", "DELETE", "HEAD"},
            "developers.cloudflare.com/r2/buckets/cors",
        ),
    ),
    "cloudflare:index/r2BucketLifecycle:R2BucketLifecycle": (_ACCOUNT,),
    "cloudflare:index/r2CustomDomain:R2CustomDomain": (
        _ACCOUNT,
        matches("domain", r"([a-z0-9-]+\.)+[a-z]{2,}", "developers.cloudflare.com/r2/buckets/public-buckets"),
    ),
    "cloudflare:index/r2ManagedDomain:R2ManagedDomain": (_ACCOUNT,),
    "docker:index/image:Image": (
        matches(
            "imageName",
            r"[a-z0-9.-]+(:\d+)?(/[a-z0-9._-]+)+:[\w][\w.-]{0,127}",
            "docs.docker.com/reference/cli/docker/image/tag",
        ),
        image_build,
    ),
}


def broken(token: str, inputs: Inputs) -> list[Problem]:
    """The rules that the inputs break."""
    return [problem for rule in _RULES.get(token, ()) for problem in rule(inputs)]
