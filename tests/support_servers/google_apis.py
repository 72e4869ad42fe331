"""Google's APIs as the stack's doctor asks them: who may do what is worked out from policies, as IAM does it.

Each API is a folder, called after it. What the real ones refuse is refused: a token that nobody was given, a person's
call that names no project to pay for it, a permission that cannot be tested on such a resource, a path that is not
theirs. Nothing can be changed here; whoever tries is told off and remembered (`wrong`).

Shapes: the reference pages named at each door, and the messages of the installed clients, which write these answers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from flask import Flask, Response, jsonify, request
from google.cloud.run_v2 import Execution, Job, Service, Task
from support_servers.faults import Faults, serving
from support_servers.metadata import token_for
from support_servers.secret_manager import SecretServer
from support_servers.vertex_requests import MODELS

PROJECT, NUMBER, REGION = "a-project", "123456789012", "asia-northeast1"
OPERATOR = "owner@example.com"
PLACE = f"projects/{PROJECT}/locations/{REGION}"

ROLES: Mapping[str, frozenset[str]] = {
    role: frozenset(permissions.split())
    for role, permissions in {
        "roles/owner": "*",
        "roles/storage.objectViewer": "storage.objects.get storage.objects.list",
        "roles/storage.objectUser": "storage.objects.create storage.objects.delete storage.objects.get "
        "storage.objects.list storage.objects.update storage.multipartUploads.create",
        "roles/secretmanager.secretAccessor": "secretmanager.versions.access",
        "roles/run.invoker": "run.routes.invoke run.jobs.run",
        "roles/run.jobsExecutorWithOverrides": "run.jobs.run run.jobs.runWithOverrides run.executions.cancel",
        "roles/run.viewer": "run.jobs.get run.executions.get run.executions.list run.tasks.list",
        "roles/aiplatform.user": "aiplatform.endpoints.predict aiplatform.models.list",
        "roles/telemetry.tracesWriter": "telemetry.traces.write",
        "roles/pubsub.publisher": "pubsub.topics.publish",
        "roles/pubsub.subscriber": "pubsub.subscriptions.consume",
        "roles/eventarc.serviceAgent": "",
        "roles/pubsub.serviceAgent": "iam.serviceAccounts.getOpenIdToken",
        "roles/aiplatform.serviceAgent": "",
        "roles/eventarc.eventReceiver": "eventarc.events.receiveEvent",
    }.items()
}
"""https://cloud.google.com/iam/docs/roles-permissions, as far as it matters here."""

TESTABLE: Mapping[str, re.Pattern[str]] = {
    "buckets": re.compile(r"storage\.(buckets|objects)\.\w+"),
    "secrets": re.compile(r"secretmanager\.(secrets|versions)\.\w+"),
    "services": re.compile(r"run\.(services|routes)\.\w+"),
    # What lies below a job is not tested on the job here: the stricter of the possible readings.
    "jobs": re.compile(r"run\.jobs\.\w+"),
    "topics": re.compile(r"pubsub\.topics\.\w+"),
    "projects": re.compile(r"(aiplatform|telemetry|eventarc|resourcemanager)\.\w+\.\w+"),
}
STATUS = {400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED", 404: "NOT_FOUND"}


Answering = Callable[..., Any]
Door = Callable[..., Callable[[Answering], Answering]]


class Refusal(Exception):
    """An error as Google's APIs word it."""

    def __init__(self, code: int, message: str, reason: str | None = None) -> None:
        super().__init__(message)
        self.code, self.message, self.reason = code, message, reason


@dataclass
class GoogleApis:
    """One project. `grants` holds (resource, role, member); a resource is a bucket's name or a full name."""

    accounts: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Service accounts by address, as the IAM API tells them."""
    enabled: set[str] = field(default_factory=set)
    state: str = "ACTIVE"
    grants: set[tuple[str, str, str]] = field(default_factory=set)
    buckets: dict[str, str] = field(default_factory=dict)
    """Name → location."""
    secrets: SecretServer = field(default_factory=lambda: SecretServer(""))
    jobs: dict[str, Job] = field(default_factory=dict)
    executions: dict[str, list[Execution]] = field(default_factory=dict)
    """By job, the newest first."""
    tasks: dict[str, Task] = field(default_factory=dict)
    """By the execution's full name."""
    service: Service | None = None
    triggers: dict[str, dict[str, Any]] = field(default_factory=dict)
    scheduled: dict[str, dict[str, Any]] = field(default_factory=dict)
    waiting: dict[str, int] = field(default_factory=dict)
    """Messages by subscription, as Cloud Monitoring counts them."""
    models: dict[str, tuple[str, ...]] = field(default_factory=lambda: dict(MODELS))
    locked: set[str] = field(default_factory=set)
    """Accounts that the operator may not act as."""
    shut: set[str] = field(default_factory=set)
    """Paths, with their API before them, that the operator is refused."""
    may_pay: bool = True
    """Whether the operator may have the project pay for their calls."""
    tells_address: bool = True
    address: str = ""
    wrong: list[str] = field(default_factory=list)
    """What the real APIs would not have understood, or what would have changed something."""
    asked: list[tuple[str, str]] = field(default_factory=list)
    """Who asked for which path."""
    faults: Faults = field(init=False)

    def __post_init__(self) -> None:
        self.faults = Faults(_app(self))

    def may(self, email: str, permission: str, resource: str) -> bool:
        """Whether a policy of the resource, or of the project above it, gives it to the account."""
        member = f"user:{email}" if email == OPERATOR else f"serviceAccount:{email}"
        return any(
            permission in ROLES[role] or "*" in ROLES[role]
            for where, role, who in self.grants
            if who == member and where in (resource, f"projects/{PROJECT}")
        )

    def policy(self, resource: str) -> dict[str, Any]:
        roles = sorted({role for where, role, _ in self.grants if where == resource})
        bindings = [
            {
                "role": role,
                "members": sorted(who for where, given, who in self.grants if (where, given) == (resource, role)),
            }
            for role in roles
        ]
        return {"version": 1, "etag": "BwXYZA==", "bindings": bindings}

    def test(self, kind: str, resource: str, permissions: Sequence[str], who: str) -> list[str]:
        """https://cloud.google.com/iam/docs/testing-permissions."""
        for each in permissions:
            if not TESTABLE[kind].fullmatch(each):
                raise Refusal(400, f"Permission {each} is not valid for this resource.")
        return [each for each in permissions if self.may(who, each, resource)]


def _app(google: GoogleApis) -> Flask:
    app = Flask(__name__)

    @app.errorhandler(Refusal)
    def refused(error: Refusal) -> Any:
        return _error(error)

    @app.errorhandler(404)
    @app.errorhandler(405)
    def unknown(error: Any) -> Any:
        google.wrong.append(f"{request.method} {request.path}")
        return Response("<title>Error 404 (Not Found)!!1</title>", 404, content_type="text/html")

    def door(api: str, rule: str, method: str = "GET") -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        def install(answer: Callable[..., Any]) -> Callable[..., Any]:
            def guarded(**parts: str) -> Any:
                who = _who(google)
                google.asked.append((who, f"{api}{request.path.removeprefix(f'/{api}')}"))
                if who == OPERATOR and any(
                    f"{api}{request.path.removeprefix(f'/{api}')}".startswith(path) for path in google.shut
                ):
                    raise Refusal(403, "The caller does not have permission")
                if who == OPERATOR and not google.may_pay and api != "openidconnect":
                    said = f"Caller does not have required permission to use project {PROJECT}."
                    raise Refusal(403, said, "USER_PROJECT_DENIED")
                if api not in google.enabled | {"openidconnect"}:
                    raise Refusal(
                        403, f"{api}.googleapis.com has not been used in project {NUMBER}.", "SERVICE_DISABLED"
                    )
                if parts.get("project", PROJECT) != PROJECT:
                    raise Refusal(403, f"Permission denied on resource project {parts['project']}.")
                parts.pop("project", None)
                return answer(who, **parts)

            app.add_url_rule(f"/{api}/{rule}", endpoint=f"{api}-{method}-{rule}", view_func=guarded, methods=[method])
            return answer

        return install

    _login(google, app, door)
    _project(google, door)
    _storage(google, door)
    _secrets(google, door)
    _run(google, door)
    _events(google, door)
    _pubsub(google, door)
    _vertex(google, door)
    return app


def _login(google: GoogleApis, app: Flask, door: Door) -> None:
    @app.post("/token")
    def token() -> Any:
        """https://developers.google.com/identity/protocols/oauth2/native-app#offline."""
        return jsonify(access_token=f"token-of-{OPERATOR}", expires_in=3600, token_type="Bearer")

    @door("openidconnect", "v1/userinfo")
    def userinfo(who: str) -> Any:
        return jsonify(sub="1", **({"email": who, "email_verified": True} if google.tells_address else {}))

    @door("iam", "v1/projects/<project>/serviceAccounts/<email>")
    def account(who: str, email: str) -> Any:
        """https://cloud.google.com/iam/docs/reference/rest/v1/projects.serviceAccounts/get."""
        if email not in google.accounts:
            raise Refusal(404, f"Unknown service account: {email}.")
        return jsonify(google.accounts[email])

    @door("iamcredentials", "v1/projects/-/serviceAccounts/<email>:generateAccessToken", "POST")
    def access_token(who: str, email: str) -> Any:
        _only(request.get_json(), {"scope", "lifetime", "delegates"})
        acting(email)
        return jsonify(accessToken=f"token-of-{email}", expireTime="2026-11-24T12:10:00Z")

    @door("iamcredentials", "v1/projects/-/serviceAccounts/<email>:generateIdToken", "POST")
    def id_token(who: str, email: str) -> Any:
        asked = request.get_json()
        _only(asked, {"audience", "includeEmail", "delegates"})
        acting(email)
        return jsonify(token=token_for(email, asked["audience"]))

    def acting(email: str) -> None:
        if email in google.locked or email not in google.accounts or google.accounts[email].get("disabled"):
            said = "Permission 'iam.serviceAccounts.getAccessToken' denied on resource (or it may not exist)."
            raise Refusal(403, said, "IAM_PERMISSION_DENIED")


def _project(google: GoogleApis, door: Door) -> None:
    @door("cloudresourcemanager", "v3/projects/<project>")
    def project(who: str) -> Any:
        return jsonify(name=f"projects/{NUMBER}", projectId=PROJECT, state=google.state, parent="organizations/1")

    @door("cloudresourcemanager", "v3/projects/<project>:testIamPermissions", "POST")
    def test(who: str) -> Any:
        asked = request.get_json()["permissions"]
        return jsonify(permissions=google.test("projects", f"projects/{PROJECT}", asked, who))

    @door("cloudresourcemanager", "v3/projects/<project>:getIamPolicy", "POST")
    def policy(who: str) -> Any:
        _only(request.get_json(), {"options"})
        return jsonify(google.policy(f"projects/{PROJECT}"))

    @door("serviceusage", "v1/projects/<project>/services:batchGet")
    def services(who: str) -> Any:
        names = request.args.getlist("names")
        if not 1 <= len(names) <= 30:
            raise Refusal(400, "A single request can get a maximum of 30 services at a time.")
        if any(not re.fullmatch(rf"projects/{PROJECT}/services/\w+\.googleapis\.com", name) for name in names):
            raise Refusal(400, "The names do not match the parent.")
        apis = [name.rpartition("/")[2] for name in names]
        on = {f"{api}.googleapis.com" for api in google.enabled}
        return jsonify(
            services=[
                {
                    "name": f"projects/{NUMBER}/services/{api}",
                    "parent": f"projects/{NUMBER}",
                    "config": {"name": api},
                    "state": "ENABLED" if api in on else "DISABLED",
                }
                for api in apis
            ]
        )

    @door("monitoring", "v3/projects/<project>/timeSeries")
    def series(who: str) -> Any:
        """https://cloud.google.com/monitoring/api/ref_v3/rest/v3/projects.timeSeries/list."""
        _only(request.args, {"filter", "interval.startTime", "interval.endTime"})
        metric = "pubsub.googleapis.com/subscription/num_undelivered_messages"
        found = re.fullmatch(
            rf'metric\.type = "{re.escape(metric)}" AND resource\.labels\.subscription_id = one_of\((.*)\)',
            request.args["filter"],
        )
        if found is None:
            raise Refusal(400, "Field filter had an invalid value.")
        for each in ("interval.startTime", "interval.endTime"):
            datetime.fromisoformat(request.args[each])
        names = re.findall(r'"([^"]+)"', found[1])
        told = [
            {
                "metric": {"type": metric},
                "resource": {"type": "pubsub_subscription", "labels": {"project_id": PROJECT, "subscription_id": name}},
                "metricKind": "GAUGE",
                "valueType": "INT64",
                "points": [{"interval": {}, "value": {"int64Value": str(google.waiting[name])}}],
            }
            for name in names
            if name in google.waiting
        ]
        return jsonify(**({"timeSeries": told} if told else {}), unit="1")


def _storage(google: GoogleApis, door: Door) -> None:
    def known(bucket: str) -> None:
        if bucket not in google.buckets:
            raise Refusal(404, "The specified bucket does not exist.")

    @door("storage", "storage/v1/b/<bucket>")
    def bucket(who: str, bucket: str) -> Any:
        known(bucket)
        return jsonify(kind="storage#bucket", name=bucket, location=google.buckets[bucket], locationType="region")

    @door("storage", "storage/v1/b/<bucket>/iam")
    def policy(who: str, bucket: str) -> Any:
        known(bucket)
        return jsonify(kind="storage#policy", resourceId=f"projects/_/buckets/{bucket}", **google.policy(bucket))

    @door("storage", "storage/v1/b/<bucket>/iam/testPermissions")
    def test(who: str, bucket: str) -> Any:
        known(bucket)
        asked = request.args.getlist("permissions")
        return jsonify(
            kind="storage#testIamPermissionsResponse", permissions=google.test("buckets", bucket, asked, who)
        )

    @door("storage", "storage/v1/projects/<project>/serviceAccount")
    def agent(who: str) -> Any:
        return jsonify(kind="storage#serviceAccount", email_address=storage_agent())


def _secrets(google: GoogleApis, door: Door) -> None:
    @door("secretmanager", "v1/projects/<project>/secrets/<name>:testIamPermissions", "POST")
    def test(who: str, name: str) -> Any:
        asked = request.get_json()["permissions"]
        resource = f"projects/{PROJECT}/secrets/{name}"
        return jsonify(permissions=google.test("secrets", resource, asked, who))

    @door("secretmanager", "v1/projects/<project>/secrets/<name>/versions/latest:access")
    def access(who: str, name: str) -> Any:
        resource = f"projects/{PROJECT}/secrets/{name}"
        if who == OPERATOR:
            google.wrong.append("a secret was read with the operator's own rights")
        if not google.may(who, "secretmanager.versions.access", resource):
            raise Refusal(403, f"Permission 'secretmanager.versions.access' denied for resource '{resource}'.")
        status, answer = google.secrets.access(f"/v1/{resource}/versions/latest:access")
        return jsonify(answer), status


def _run(google: GoogleApis, door: Door) -> None:
    place = "v2/projects/<project>/locations/<region>"

    def here(region: str) -> None:
        if region != REGION:
            raise Refusal(404, f"Resource in {region} does not exist.")

    def job_of(region: str, job: str) -> Job:
        here(region)
        if job not in google.jobs:
            raise Refusal(404, f"Resource '{job}' of kind 'JOB' in region '{region}' does not exist.")
        return google.jobs[job]

    @door("run", f"{place}/jobs/<job>")
    def job(who: str, region: str, job: str) -> Any:
        return _message(job_of(region, job))

    @door("run", f"{place}/jobs/<job>:testIamPermissions", "POST")
    def test_job(who: str, region: str, job: str) -> Any:
        here(region)
        return jsonify(permissions=google.test("jobs", f"{PLACE}/jobs/{job}", request.get_json()["permissions"], who))

    @door("run", f"{place}/jobs/<job>/executions")
    def executions(who: str, region: str, job: str) -> Any:
        job_of(region, job)
        if not google.may(who, "run.executions.list", f"{PLACE}/jobs/{job}"):
            raise Refusal(403, f"Permission 'run.executions.list' denied on resource '{PLACE}/jobs/{job}'.")
        size = int(request.args.get("pageSize") or 100)
        _only(request.args, {"pageSize", "$alt"})
        found = google.executions.get(job, [])
        shown = [
            Execution.to_dict(each, use_integers_for_enums=False, preserving_proto_field_name=False)
            for each in found[:size]
        ]
        return jsonify(executions=shown, **({"nextPageToken": "more"} if len(found) > size else {}))

    @door("run", f"{place}/jobs/<job>/executions/<name>/tasks")
    def tasks(who: str, region: str, job: str, name: str) -> Any:
        found = google.tasks.get(f"{PLACE}/jobs/{job}/executions/{name}")
        shown = [Task.to_dict(found, use_integers_for_enums=False, preserving_proto_field_name=False)] if found else []
        return jsonify(tasks=shown)

    @door("run", f"{place}/services/<name>")
    def service(who: str, region: str, name: str) -> Any:
        here(region)
        if google.service is None or not google.service.name.endswith(f"/{name}"):
            raise Refusal(404, f"Resource '{name}' of kind 'SERVICE' in region '{region}' does not exist.")
        return _message(google.service)

    @door("run", f"{place}/services/<name>:testIamPermissions", "POST")
    def test_service(who: str, region: str, name: str) -> Any:
        here(region)
        asked = request.get_json()["permissions"]
        return jsonify(permissions=google.test("services", f"{PLACE}/services/{name}", asked, who))


def _events(google: GoogleApis, door: Door) -> None:
    @door("eventarc", "v1/projects/<project>/locations/<region>/triggers/<name>")
    def trigger(who: str, region: str, name: str) -> Any:
        if region != REGION or name not in google.triggers:
            raise Refusal(404, f"Resource 'projects/{PROJECT}/locations/{region}/triggers/{name}' was not found")
        return jsonify(google.triggers[name])

    @door("cloudscheduler", "v1/projects/<project>/locations/<region>/jobs/<name>")
    def scheduled(who: str, region: str, name: str) -> Any:
        if region != REGION or name not in google.scheduled:
            raise Refusal(404, "Job not found.")
        return jsonify(google.scheduled[name])


def _pubsub(google: GoogleApis, door: Door) -> None:
    @door("pubsub", "v1/projects/<project>/topics/<name>:testIamPermissions", "POST")
    def test(who: str, name: str) -> Any:
        asked = request.get_json()["permissions"]
        return jsonify(permissions=google.test("topics", f"projects/{PROJECT}/topics/{name}", asked, who))

    @door("pubsub", "v1/projects/<project>/<kind>/<name>:getIamPolicy")
    def policy(who: str, kind: str, name: str) -> Any:
        return jsonify(google.policy(f"projects/{PROJECT}/{kind}/{name}"))


def _vertex(google: GoogleApis, door: Door) -> None:
    models = "v1beta1/projects/<project>/locations/<location>/publishers/google/models/<model>:countTokens"

    @door("aiplatform", models, "POST")
    def count(who: str, location: str, model: str) -> Any:
        """https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/count-tokens."""
        if not google.may(who, "aiplatform.endpoints.predict", f"projects/{PROJECT}"):
            raise Refusal(403, "Permission 'aiplatform.endpoints.predict' denied.")
        if location not in google.models.get(model, ()):
            raise Refusal(
                404,
                f"Publisher Model `projects/{PROJECT}/locations/{location}/publishers/google/models/{model}` "
                "was not found or your project does not have access to it.",
            )
        _only(request.get_json(), {"contents", "systemInstruction", "tools", "generationConfig", "model", "instances"})
        return jsonify(totalTokens=2, totalBillableCharacters=5)


def storage_agent() -> str:
    return f"service-{NUMBER}@gs-project-accounts.iam.gserviceaccount.com"


def _who(google: GoogleApis) -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    who = token.removeprefix("token-of-")
    if scheme != "Bearer" or who == token or who not in {OPERATOR, *google.accounts}:
        raise Refusal(401, "Request had invalid authentication credentials.")
    payer = request.headers.get("x-goog-user-project")
    if who == OPERATOR and payer != PROJECT and not request.path.endswith("/v1/userinfo"):
        raise Refusal(403, "Your application is authenticating by using local ADC. It requires a quota project.")
    return who


def _only(given: Mapping[str, Any], known: set[str]) -> None:
    if unknown := given.keys() - known:
        raise Refusal(400, f"Invalid JSON payload received. Unknown name {sorted(unknown)}: Cannot find field.")


def _message(message: Any) -> Response:
    text = type(message).to_json(message, use_integers_for_enums=False, preserving_proto_field_name=False)
    return Response(text, content_type="application/json; charset=UTF-8")


def _error(error: Refusal) -> Any:
    details = []
    if error.reason:
        details = [
            {
                "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                "reason": error.reason,
                "domain": "googleapis.com",
                "metadata": {"consumer": f"projects/{NUMBER}"},
            }
        ]
    told = {"code": error.code, "message": error.message, "status": STATUS[error.code], "details": details}
    return jsonify(error=told), error.code


@contextmanager
def google_server() -> Iterator[GoogleApis]:
    google = GoogleApis()
    with serving(google.faults) as address:
        google.address = address
        yield google


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
