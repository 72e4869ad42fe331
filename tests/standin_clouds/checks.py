"""Kinds of rules that the clouds have beyond their schemas; rules.py says which of them hold where."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from standin_clouds.schema import UNKNOWN, Problem

from infra.sizes import Limits, check_limits

Inputs = Mapping[str, Any]
Rule = Callable[[Inputs], Iterator[Problem]]

E_MAIL = r"[^@\s:]+@[^@\s:]+"
_DURATION = re.compile(r"^(\d+)(\.\d{1,9})?s$")


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


def probes(container: str) -> Rule:
    """A probe is answered before the next one. Source: cloud.google.com/run/docs/configuring/healthchecks."""

    def rule(inputs: Inputs) -> Iterator[Problem]:
        for kind, longest in (("startupProbe", 240), ("livenessProbe", 3600)):
            for where, probe in _at(inputs, f"{container}.{kind}"):
                period, timeout = probe.get("periodSeconds", 10), probe.get("timeoutSeconds", 1)
                if not 1 <= timeout <= period <= longest:
                    yield Problem(where, f"a timeout of {timeout} s goes with a period of {timeout} to {longest} s")
                if kind == "startupProbe" and period * probe.get("failureThreshold", 3) > longest:
                    yield Problem(where, f"the container may take at most {longest} s to start")

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


def federation(inputs: Inputs) -> Iterator[Problem]:
    """Mapping and condition of a provider.

    Source: https://cloud.google.com/iam/docs/reference/rest/v1/projects.locations.workloadIdentityPools.providers; that
    a condition is needed for GitHub's issuer, and must look at a claim, is what the API says (error 400).
    """
    mapping, condition = inputs.get("attributeMapping") or {}, inputs.get("attributeCondition")
    if mapping is not UNKNOWN:
        if "google.subject" not in mapping:
            yield Problem("attributeMapping", "google.subject is mapped to nothing")
        for name, expression in mapping.items():
            if not re.fullmatch(r"google\.(subject|groups)|attribute\.[a-z0-9_]{1,100}", name):
                yield Problem(f"attributeMapping.{name}", f"{name!r} is no attribute")
            if expression is not UNKNOWN and (problem := _unbalanced(expression, 2048)):
                yield Problem(f"attributeMapping.{name}", problem)
    for where, issuer in _at(inputs, "oidc.issuerUri"):
        if not re.fullmatch(r"https://[^\s?#]+", issuer):
            yield Problem(where, f"{issuer!r} is no issuer: it begins with https:// and has no query")
    if condition is UNKNOWN:
        return
    if not re.search(r"\b(assertion|attribute|google)\.\w", condition or ""):
        yield Problem("attributeCondition", "the attribute condition must reference one of the provider's claims")
    elif problem := _unbalanced(str(condition), 4096):
        yield Problem("attributeCondition", problem)


def _unbalanced(expression: str, longest: int) -> str | None:
    outside = re.sub(r"'[^']*'|\"[^\"]*\"", "", expression)
    if len(expression) > longest:
        return f"is longer than {longest} characters"
    if re.search(r"['\"]", outside) or any(outside.count(each) != outside.count(end) for each, end in ("()", "[]")):
        return f"{expression!r} is no expression: something in it is not closed"
    return None


def iam_condition(inputs: Inputs) -> Iterator[Problem]:
    """A condition of a binding. Source: https://cloud.google.com/iam/docs/conditions-overview."""
    for where, expression in _at(inputs, "condition.expression"):
        if problem := _unbalanced(expression, 4096):
            yield Problem(where, problem)
        if not re.match(r"(api|request|resource|destination)\.", expression):
            yield Problem(where, f"{expression!r} asks nothing that a condition can ask")
        if re.search(r"roles/(owner|editor|viewer)\b", str(inputs.get("role"))):
            yield Problem("role", "a primitive role takes no condition")


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
