"""The stand-ins refuse what SDKs do not know and what clouds would refuse: each refusal gets its wrong value."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from standin_clouds import rules
from standin_clouds.provider import refusals
from support_bootstrap import declare_bootstrap
from support_graph import Graph
from support_settings import MODES, declare, dev_settings

ACCOUNT = "gcp:serviceaccount/account:Account"
BUCKET = "gcp:storage/bucket:Bucket"
JOB = "gcp:cloudrunv2/job:Job"
SERVICE = "gcp:cloudrunv2/service:Service"
TRIGGER = "gcp:eventarc/trigger:Trigger"
SCHEDULE = "gcp:cloudscheduler/job:Job"
BINDING = "gcp:storage/bucketIAMMember:BucketIAMMember"
ALERT = "gcp:monitoring/alertPolicy:AlertPolicy"
SUBSCRIPTION = "gcp:pubsub/subscription:Subscription"
R2 = "cloudflare:index/r2Bucket:R2Bucket"
CORS = "cloudflare:index/r2BucketCors:R2BucketCors"
TOKEN = "cloudflare:index/accountToken:AccountToken"
IMAGE = "docker:index/image:Image"
SECRET = "gcp:secretmanager/secret:Secret"
TOPIC = "gcp:pubsub/topic:Topic"
METRIC = "gcp:logging/metric:Metric"
CHANNEL = "gcp:monitoring/notificationChannel:NotificationChannel"
BUDGET = "gcp:billing/budget:Budget"
REPOSITORY = "gcp:artifactregistry/repository:Repository"
RING = "gcp:kms/keyRing:KeyRing"
KEY = "gcp:kms/cryptoKey:CryptoKey"
KEY_BINDING = "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember"
POOL = "gcp:iam/workloadIdentityPool:WorkloadIdentityPool"
PROVIDER = "gcp:iam/workloadIdentityPoolProvider:WorkloadIdentityPoolProvider"
ACCOUNT_BINDING = "gcp:serviceaccount/iAMMember:IAMMember"
PROJECT_BINDING = "gcp:projects/iAMMember:IAMMember"
ROLE = "gcp:projects/iAMCustomRole:IAMCustomRole"

ABSENT = object()

CONTAINER = "template.template.containers.0"

# Type, path into a resource that is right, the wrong value, and what the refusal says.
WRONG: dict[str, tuple[str, str, Any, str]] = {
    "an unknown property": (BUCKET, "publicAccess", "enforced", "BucketArgs has no such property"),
    "an unknown property deep inside": (JOB, f"{CONTAINER}.environment", [], "ContainerArgs has no such property"),
    "a missing property": (JOB, "location", ABSENT, "JobArgs requires it"),
    "a missing property deep inside": (JOB, f"{CONTAINER}.image", ABSENT, "requires it"),
    "a text where a number belongs": (JOB, "template.template.maxRetries", "none", "must be int"),
    "a fraction where a whole number belongs": (JOB, "template.taskCount", 1.5, "must be int"),
    "a number where a text belongs": (JOB, "template.template.timeout", 900, "must be str"),
    "a text where a switch belongs": (BUCKET, "uniformBucketLevelAccess", "yes", "must be bool"),
    "one where a list belongs": (JOB, "template.template.containers", "image", "must be a list"),
    "a text where an object belongs": (BUCKET, "versioning", "on", "must be BucketVersioningArgs"),
    "an unknown access prevention": (BUCKET, "publicAccessPrevention", "strict", "must be one of enforced, inherited"),
    "a probe that takes longer than the next one waits": (
        SERVICE,
        "template.containers.0.livenessProbe.timeoutSeconds",
        31,
        "a timeout of 31 s goes with a period of 31 to 3600 s",
    ),
    "a start that takes for ever": (
        SERVICE,
        "template.containers.0.startupProbe.failureThreshold",
        121,
        "at most 240 s to start",
    ),
    "an unknown ingress": (SERVICE, "ingress", "ALL", "must be one of INGRESS_TRAFFIC_ALL"),
    "an unknown lifecycle state": (BUCKET, "lifecycleRules.0.condition.withState", "DEAD", "must be one of ANY, ARCH"),
    "an unknown combiner": (ALERT, "combiner", "XOR", "must be one of AND"),
    "an unknown clean-up action": (REPOSITORY, "cleanupPolicies.0.action", "BURN", "must be one of DELETE, KEEP"),
    "an unknown effect": (TOKEN, "policies.0.effect", "permit", "must be one of allow, deny"),
    "an unknown builder": (IMAGE, "build.builderVersion", "BuilderV9", "must be one of"),
    "an unknown R2 location": (R2, "location", "tokyo", "must be one of apac"),
    "an account id in capitals": (ACCOUNT, "accountId", "Podcast-Fetch", "does not match"),
    "an account id that is too long": (ACCOUNT, "accountId", "podcast-fetch-of-a-very-long-stack", "does not match"),
    "an account id that is too short": (ACCOUNT, "accountId", "fetch", "does not match"),
    "a bucket name with spaces": (BUCKET, "name", "our recordings", "does not match"),
    "a bucket name of Google's own": (BUCKET, "name", "google-podcasts", "does not match"),
    "a bucket nowhere": (BUCKET, "location", "tokyo", "'tokyo' is unknown"),
    "a soft delete that is too short": (BUCKET, "softDeletePolicy.retentionDurationSeconds", 3600, "is not within"),
    "a job name with an underscore": (JOB, "name", "fetch_job", "does not match"),
    "a job in no region": (JOB, "location", "asia-northeast9", "'asia-northeast9' is unknown"),
    "a timeout in minutes": (JOB, "template.template.timeout", "15m", "is no duration"),
    "a timeout of more than a week": (JOB, "template.template.timeout", "700000s", "is not within"),
    "memory that goes with more CPU": (
        JOB,
        f"{CONTAINER}.resources.limits.memory",
        "8Gi",
        "Cloud Run refuses 8Gi with 1",
    ),
    "too little memory": (JOB, f"{CONTAINER}.resources.limits.memory", "256Mi", "Cloud Run refuses 256Mi"),
    "memory without a unit": (JOB, f"{CONTAINER}.resources.limits.memory", "512", "are no quantities"),
    "three CPU": (JOB, f"{CONTAINER}.resources.limits.cpu", "3", "Cloud Run has 1, 2, 4, 6, 8 CPU"),
    "an image by its tag": (JOB, f"{CONTAINER}.image", "example.com/fetch-job:dev", "is no image by its digest"),
    "a variable that Cloud Run sets": (JOB, f"{CONTAINER}.envs.0.name", "CLOUD_RUN_JOB", "Cloud Run's own"),
    "a variable with a dash": (JOB, f"{CONTAINER}.envs.0.name", "GCP-PROJECT", "is no name of a variable"),
    "a service name that is too long": (SERVICE, "name", "a" * 50, "does not match"),
    "a request of two hours": (SERVICE, "template.timeout", "7200s", "is not within"),
    "a member without a kind": (BINDING, "member", "you@example.com", "does not match"),
    "a role without its prefix": (BINDING, "role", "storage.objectViewer", "does not match"),
    "a trigger in no region": (TRIGGER, "location", "moon", "'moon' is unknown"),
    "a trigger with a name in capitals": (TRIGGER, "name", "Recordings", "does not match"),
    "a criterion without a value": (TRIGGER, "matchingCriterias.0.value", ABSENT, "requires it"),
    "an event without a type": (TRIGGER, "matchingCriterias.0.attribute", "kind", "no criterion says the event's type"),
    "an event of no bucket": (TRIGGER, "matchingCriterias.1.attribute", "pail", "need a bucket"),
    "a path without its slash": (TRIGGER, "destination.cloudRunService.path", "events", "does not begin with a slash"),
    "a schedule of four fields": (SCHEDULE, "schedule", "* * * *", "is no schedule"),
    "a schedule beyond the clock": (SCHEDULE, "schedule", "61 * * * *", "is no schedule"),
    "a call without TLS": (SCHEDULE, "httpTarget.uri", "http://example.com/sweep", "does not match"),
    "a method that HTTP lacks": (SCHEDULE, "httpTarget.httpMethod", "SWEEP", "'SWEEP' is unknown"),
    "an attempt of an hour": (SCHEDULE, "attemptDeadline", "3600s", "is not within"),
    "a secret with a slash": (SECRET, "secretId", "podcast/keys", "does not match"),
    "a topic of Google's own": (TOPIC, "name", "googlecast", "does not match"),
    "too few deliveries": (SUBSCRIPTION, "deadLetterPolicy.maxDeliveryAttempts", 3, "is not within 5"),
    "an acknowledgement too late": (SUBSCRIPTION, "ackDeadlineSeconds", 900, "is not within 10"),
    "a push without TLS": (SUBSCRIPTION, "pushConfig.pushEndpoint", "http://example.com", "does not match"),
    "a filter without its resource": (
        ALERT,
        "conditions.0.conditionThreshold.filter",
        'metric.type = "run.googleapis.com/request_count"',
        "lacks resource",
    ),
    "a duration in odd seconds": (ALERT, "conditions.0.conditionThreshold.duration", "90s", "in steps of 60 s"),
    "a metric with a space": (METRIC, "name", "episodes completed", "does not match"),
    "a channel to Discord": (CHANNEL, "type", "discord", "'discord' is unknown"),
    "a billing account by its name": (BUDGET, "billingAccount", "My Billing", "does not match"),
    "an account of Cloudflare by its name": (R2, "accountId", "my-account", "does not match"),
    "an R2 bucket in capitals": (R2, "name", "Podcast", "does not match"),
    "a CORS method that R2 lacks": (CORS, "rules.0.allowed.methods", ["GRAB"], "'GRAB' is unknown"),
    "resources of a token that are no JSON": (TOKEN, "policies.0.resources", "everything", "is no JSON"),
    "a token for a bucket of nobody": (
        TOKEN,
        "policies.0.resources",
        '{"com.cloudflare.bucket": "*"}',
        "is no resource",
    ),
    "an image without its registry": (IMAGE, "imageName", "fetch-job", "does not match"),
    "a key ring with a dot": (RING, "name", "podcast.automator", "does not match"),
    "a key ring nowhere": (RING, "location", "tokyo", "'tokyo' is unknown"),
    "a key with a space": (KEY, "name", "of stacks", "does not match"),
    "a key in a ring by its name": (KEY, "keyRing", "podcast-automator", "does not match"),
    "a key that turns every hour": (KEY, "rotationPeriod", "3600s", "is not within 86400"),
    "a key that turns in days": (KEY, "rotationPeriod", "90d", "is no duration"),
    "an unknown purpose of a key": (KEY, "purpose", "SIGN", "'SIGN' is unknown"),
    "an unknown end of a key": (KEY, "deletionPolicy", "KEEP", "'KEEP' is unknown"),
    "a right on a key ring's name": (KEY_BINDING, "cryptoKeyId", "stacks", "does not match"),
    "a pool with a short name": (POOL, "workloadIdentityPoolId", "git", "does not match"),
    "a pool with a long name": (POOL, "workloadIdentityPoolId", "p" * 33, "does not match"),
    "a pool with a name of Google's": (POOL, "workloadIdentityPoolId", "gcp-github", "does not match"),
    "a pool with a long title": (POOL, "displayName", "The workflows of our repository at GitHub", "does not match"),
    "a provider in capitals": (PROVIDER, "workloadIdentityPoolProviderId", "GitHub", "does not match"),
    "an issuer without TLS": (PROVIDER, "oidc.issuerUri", "http://token.actions.githubusercontent.com", "is no issuer"),
    "an issuer with a query": (PROVIDER, "oidc.issuerUri", "https://example.com/?issuer=1", "is no issuer"),
    "a mapping without a subject": (
        PROVIDER,
        "attributeMapping",
        {"attribute.door": "assertion.sub"},
        "google.subject is mapped to nothing",
    ),
    "a mapping to something unknown": (
        PROVIDER,
        "attributeMapping",
        {"google.subject": "assertion.sub", "attribute.the-door": "assertion.sub"},
        "is no attribute",
    ),
    "a mapping that is not closed": (
        PROVIDER,
        "attributeMapping",
        {"google.subject": "assertion.sub.endsWith('dev'"},
        "is not closed",
    ),
    "a condition that is too long": (
        PROVIDER,
        "attributeCondition",
        f"assertion.sub == '{'a' * 4096}'",
        "is longer than 4096",
    ),
    "a condition that asks nothing of the token": (PROVIDER, "attributeCondition", "1 == 1", "must reference one of"),
    "GitHub's provider without a condition": (PROVIDER, "attributeCondition", ABSENT, "must reference one of"),
    "a condition with an open quote": (PROVIDER, "attributeCondition", "assertion.sub == 'me", "is not closed"),
    "an account by its address": (ACCOUNT_BINDING, "serviceAccountId", "me@example.com", "does not match"),
    "a pool's member without its pool": (
        ACCOUNT_BINDING,
        "member",
        "principalSet://iam.googleapis.com/attribute.repository/us/ours",
        "does not match",
    ),
    "a pool by its project's name": (
        ACCOUNT_BINDING,
        "member",
        "principalSet://iam.googleapis.com/projects/ours/locations/global/workloadIdentityPools/podcast-github/*",
        "does not match",
    ),
    "a condition of a binding about a token": (
        PROJECT_BINDING,
        "condition.expression",
        "assertion.sub == 'me'",
        "asks nothing that a condition can ask",
    ),
    "a condition of a binding that is not closed": (
        PROJECT_BINDING,
        "condition.expression",
        "api.getAttribute('a', []).hasOnly(['b'",
        "is not closed",
    ),
    "a primitive role with a condition": (PROJECT_BINDING, "role", "roles/editor", "takes no condition"),
    "a role of our own with a dash": (ROLE, "roleId", "podcast-manager", "does not match"),
    "a permission that is a role": (ROLE, "permissions", ["roles/viewer"], "does not match"),
    "a role of our own without a title": (ROLE, "title", "", "does not match"),
    "a build of no folder": (IMAGE, "build.context", "nowhere", "is no folder"),
    "a build without its Dockerfile": (IMAGE, "build.dockerfile", "nowhere/Dockerfile", "is not there"),
}

RIGHT: dict[str, str] = {
    JOB: "job-fetch",
    ALERT: "controller-5xx",
    BUCKET: "work",
    SUBSCRIPTION: "push-process",
    METRIC: "episodes-completed",
    PROJECT_BINDING: "deploy-grants-a-few-roles",
}


@pytest.fixture(scope="module")
def graph() -> Graph:
    everything = MODES["pubsub-domain-discord-budget"]
    stack = declare(dev_settings(**everything, notification_emails=["you@example.com"]))
    return Graph([*stack.nodes, *declare_bootstrap().nodes])


def a_right_one(graph: Graph, token: str) -> dict[str, Any]:
    name = RIGHT.get(token)
    node = next(node for node in graph.of(token) if name is None or node.name == name)
    inputs = copy.deepcopy(dict(node.inputs))
    if token == IMAGE:
        # Computed by the provider, not by the program.
        inputs["build"].pop("contextDigest", None)
    return inputs


def put(inputs: Any, path: str, value: Any) -> None:
    *parents, last = path.split(".")
    for part in parents:
        inputs = inputs[int(part)] if isinstance(inputs, list) else inputs[part]
    if value is ABSENT:
        del inputs[last]
    else:
        inputs[last] = value


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_value_is_refused_where_it_is(case: str, graph: Graph) -> None:
    token, path, value, reason = WRONG[case]
    inputs = a_right_one(graph, token)
    assert refusals(token, inputs) == []
    put(inputs, path, value)
    problems = refusals(token, inputs)
    assert any(reason in problem.reason for problem in problems), problems
    where = path.partition(".")[0]
    assert all(problem.path.startswith(where) for problem in problems)


def test_a_type_that_the_sdk_does_not_have_is_refused() -> None:
    assert "pulumi_gcp has no gcp:storage/pail:Pail" in refusals("gcp:storage/pail:Pail", {})[0].reason


def test_every_rule_is_broken_by_one_of_these_values() -> None:
    tried = {token for token, *_ in WRONG.values()}
    with_a_rule_of_their_own = {
        token
        for token, found in rules._RULES.items()
        if found not in (rules._BINDING, (rules._REGION, *rules._BINDING), (rules._ACCOUNT,))
    }
    easy = {
        "gcp:logging/projectExclusion:ProjectExclusion",
        "gcp:projects/service:Service",
        "cloudflare:index/r2CustomDomain:R2CustomDomain",
    }
    assert with_a_rule_of_their_own - tried == easy


def test_all_that_the_program_uses_is_known_to_the_sdks(graph: Graph) -> None:
    used = {node.type for node in graph.nodes if node.type.partition(":")[0] in {"gcp", "cloudflare", "docker"}}
    assert len(used) > 38
