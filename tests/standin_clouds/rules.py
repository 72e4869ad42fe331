"""Rules that the clouds have beyond their schemas, by hand, each with its source.

The real providers accept most of these at preview; only the API refuses them, half way through `up`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from standin_clouds.schema import UNKNOWN, Problem

from infra.regions import REGIONS
from infra.sizes import Limits, check_limits

Inputs = Mapping[str, Any]
Rule = Callable[[Inputs], Iterator[Problem]]

_E_MAIL = r"[^@\s:]+@[^@\s:]+"
_DURATION = re.compile(r"^(\d+)(\.\d{1,9})?s$")


def broken(token: str, inputs: Inputs) -> list[Problem]:
    """The rules that the inputs break."""
    return [problem for rule in _RULES.get(token, ()) for problem in rule(inputs)]


def _at(inputs: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Each value at the path, with the path where it is; `[]` goes through a list."""
    found = [("", inputs)]
    for part in path.split("."):
        name, listed = part.removesuffix("[]"), part.endswith("[]")
        following = []
        for where, value in found:
            if not isinstance(value, Mapping) or value.get(name) is None:
                continue
            here, inner = f"{where}.{name}" if where else name, value[name]
            if listed and isinstance(inner, (list, tuple)):
                following += [(f"{here}[{number}]", each) for number, each in enumerate(inner)]
            else:
                following.append((here, inner))
        found = following
    return ((where, value) for where, value in found if value is not UNKNOWN)


def matches(path: str, pattern: str, source: str) -> Rule:
    """The text at the path has this form."""

    def rule(inputs: Inputs) -> Iterator[Problem]:
        for where, value in _at(inputs, path):
            if not re.fullmatch(pattern, str(value)):
                yield Problem(where, f"{value!r} does not match {pattern} ({source})")

    return rule


def one_of(path: str, allowed: frozenset[str] | set[str], source: str) -> Rule:
    """The text at the path is one of these."""

    def rule(inputs: Inputs) -> Iterator[Problem]:
        for where, value in _at(inputs, path):
            if value not in allowed:
                yield Problem(where, f"{value!r} is unknown ({source})")

    return rule


def seconds(path: str, least: float, most: float, source: str, multiple: int = 1) -> Rule:
    """The text at the path is a duration such as `60s`, within these bounds."""

    def rule(inputs: Inputs) -> Iterator[Problem]:
        for where, value in _at(inputs, path):
            form = _DURATION.match(str(value))
            if not form:
                yield Problem(where, f"{value!r} is no duration such as 60s ({source})")
            elif not least <= float(str(value)[:-1]) <= most or int(form.group(1)) % multiple:
                yield Problem(where, f"{value!r} is not within {least} to {most} s in steps of {multiple} s ({source})")

    return rule


def number(path: str, least: float, most: float, source: str) -> Rule:
    """The number at the path is within these bounds."""

    def rule(inputs: Inputs) -> Iterator[Problem]:
        for where, value in _at(inputs, path):
            if not least <= float(value) <= most:
                yield Problem(where, f"{value!r} is not within {least} to {most} ({source})")

    return rule


def cpu_and_memory(container: str) -> Rule:
    """Cloud Run gives CPU and memory only together."""

    def rule(inputs: Inputs) -> Iterator[Problem]:
        for where, limits in _at(inputs, f"{container}.resources.limits"):
            cpu, memory = str(limits.get("cpu", "1")), str(limits.get("memory", "512Mi"))
            if not re.fullmatch(r"\d+", cpu) or not re.fullmatch(r"\d+[MG]i", memory):
                yield Problem(where, f"{cpu} CPU and {memory} are no quantities")
            elif reason := check_limits(Limits(cpu=cpu, memory=memory, timeout_seconds=1)):
                yield Problem(where, f"Cloud Run refuses {memory} with {cpu} CPU: {reason}")

    return rule


def environment(container: str) -> Rule:
    """Names of variables: each once, none that Cloud Run sets itself."""

    def rule(inputs: Inputs) -> Iterator[Problem]:
        seen = set()
        for where, name in _at(inputs, f"{container}.envs[].name"):
            if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
                yield Problem(where, f"{name!r} is no name of a variable")
            if name in seen or re.match(r"PORT$|K_|CLOUD_RUN_", name):
                yield Problem(
                    where, f"{name!r} is there twice, or Cloud Run's own (cloud.google.com/run/docs/container-contract)"
                )
            seen.add(name)

    return rule


def at_least_one_image(container: str) -> Rule:
    """A container runs an image."""

    def rule(inputs: Inputs) -> Iterator[Problem]:
        for where, image in _at(inputs, f"{container}.image"):
            if not re.fullmatch(r"[\w./:-]+@sha256:[0-9a-f]{64}", image):
                yield Problem(where, f"{image!r} is no image by its digest")

    return rule


def cron(path: str) -> Rule:
    """Five fields of unix-cron. Source: cloud.google.com/scheduler/docs/configuring/cron-job-schedules."""
    bounds = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))

    def fits(field: str, least: int, most: int) -> bool:
        for part in field.split(","):
            body, _, step = part.partition("/")
            if step and not (step.isdigit() and int(step) > 0):
                return False
            numbers = [] if body == "*" else body.split("-")
            if not all(each.isdigit() and least <= int(each) <= most for each in numbers) or len(numbers) > 2:
                return False
        return True

    def rule(inputs: Inputs) -> Iterator[Problem]:
        for where, value in _at(inputs, path):
            fields = str(value).split()
            if len(fields) != 5 or not all(fits(field, *bound) for field, bound in zip(fields, bounds, strict=True)):
                yield Problem(where, f"{value!r} is no schedule in five fields")

    return rule


def trigger(inputs: Inputs) -> Iterator[Problem]:
    """An event has one type and one bucket. Source: cloud.google.com/eventarc/docs/run/route-trigger-cloud-storage."""
    criteria = {each.get("attribute"): each.get("value") for each in inputs.get("matchingCriterias", ())}
    if "type" not in criteria:
        yield Problem("matchingCriterias", "no criterion says the event's type")
    elif str(criteria["type"]).startswith("google.cloud.storage.") and "bucket" not in criteria:
        yield Problem("matchingCriterias", "events of Cloud Storage need a bucket")
    for where, path in _at(inputs, "destination.cloudRunService.path"):
        if not path.startswith("/"):
            yield Problem(where, f"{path!r} does not begin with a slash")


def metric_filter(path: str) -> Rule:
    """A filter names one metric and one monitored resource. Source: cloud.google.com/monitoring/api/v3/filters."""

    def rule(inputs: Inputs) -> Iterator[Problem]:
        for where, value in _at(inputs, path):
            for needed in (r"metric\.type = \"[\w./-]+\"", r"resource\.type = \"\w+\""):
                if not re.search(needed, value):
                    yield Problem(where, f"{value!r} lacks {needed}")

    return rule


def image_build(inputs: Inputs) -> Iterator[Problem]:
    """Context and Dockerfile exist, and the name says which registry. Source: what the real provider refuses."""
    build = inputs.get("build") or {}
    context, dockerfile = build.get("context", "."), build.get("dockerfile")
    if context is not UNKNOWN and not Path(context).is_dir():
        yield Problem("build.context", f"{context!r} is no folder, seen from {Path.cwd()}")
    if dockerfile and dockerfile is not UNKNOWN and not Path(dockerfile).is_file():
        yield Problem("build.dockerfile", f"{dockerfile!r} is not there")


def token_resources(inputs: Inputs) -> Iterator[Problem]:
    """Each resource of a token's policy. Source: developers.cloudflare.com/r2/api/tokens."""
    for where, value in _at(inputs, "policies[].resources"):
        try:
            resources = json.loads(value)
        except ValueError:
            yield Problem(where, f"{value!r} is no JSON")
            continue
        for name, scope in resources.items():
            known = re.fullmatch(
                r"com\.cloudflare\.(api\.account|edge\.r2\.bucket)\.[0-9a-f]{32}(_[a-z]+_[a-z0-9-]+)?", name
            )
            if not known or scope != "*":
                yield Problem(where, f"{name!r}: {scope!r} is no resource of a token")


_ROLE = matches(
    "role",
    r"(roles|projects/[^/]+/roles|organizations/\d+/roles)/[A-Za-z0-9_.]+",
    "cloud.google.com/iam/docs/roles-overview",
)
_MEMBER = matches(
    "member",
    rf"allUsers|allAuthenticatedUsers|(user|group|serviceAccount):{_E_MAIL}|domain:\S+|principal(Set)?://\S+",
    "cloud.google.com/iam/docs/principal-identifiers",
)
_BINDING = (_ROLE, _MEMBER)
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
        matches("labels.email_address", _E_MAIL, "cloud.google.com/monitoring/support/notification-options"),
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
