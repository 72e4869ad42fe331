"""Google's APIs as somebody sees them: the operator, or one of the stack's own accounts that the operator acts as.

Access is tested as the account that needs it, by a token of ten minutes from the IAM Credentials API
(https://cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts/generateAccessToken). A token
never leaves this module but inside of credentials.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

import google.auth
from google.api_core.client_options import ClientOptions
from google.api_core.exceptions import from_http_response
from google.auth.credentials import Credentials
from google.auth.transport.requests import AuthorizedSession, Request
from google.cloud.run_v2 import ExecutionsClient, JobsClient, ServicesClient, TasksClient
from google.cloud.secretmanager import SecretManagerServiceClient
from google.cloud.storage import Client as StorageClient
from google.oauth2.credentials import Credentials as Token
from google.pubsub_v1 import PublisherClient, SubscriberClient

from controller.stack.doctor.asking import LIMIT, Once, Unanswered, asking

PLATFORM: Final = "https://www.googleapis.com/auth/cloud-platform"
EMAIL: Final = "https://www.googleapis.com/auth/userinfo.email"
LIFETIME: Final = "600s"


@dataclass(frozen=True)
class Endpoints:
    """Where Google's APIs are. With a `base` of one's own, each is a folder there, called after the API."""

    base: str | None = None

    def of(self, api: str) -> str:
        """The address of `api`, such as `run`, without a slash at its end."""
        return f"https://{api}.googleapis.com" if self.base is None else f"{self.base}/{api}"

    def options(self, api: str) -> ClientOptions:
        """The same, as Google's clients take it."""
        return ClientOptions(api_endpoint=None if self.base is None else self.of(api))


@dataclass(frozen=True)
class Caller:
    """Somebody, and the APIs as they see them."""

    email: str | None
    member: str
    """As IAM writes it: `user:…` or `serviceAccount:…`."""
    credentials: Credentials = field(repr=False)
    project: str
    endpoints: Endpoints
    limit: float

    def get(self, doing: str, api: str, path: str, params: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """What the API says. Raises Unanswered."""
        return self._call(doing, "GET", f"{self.endpoints.of(api)}/{path}", params=params)

    def post(self, doing: str, api: str, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """What the API says. Raises Unanswered."""
        return self._call(doing, "POST", f"{self.endpoints.of(api)}/{path}", json=body)

    def storage(self) -> StorageClient:
        """Cloud Storage."""
        client = StorageClient(
            project=self.project, credentials=self.credentials, client_options=self.endpoints.options("storage")
        )
        # It would ask for buckets' metadata in the background, for traces that we do not use.
        client._bucket_metadata_cache = None  # noqa: SLF001 - the public switch is a variable for the whole process
        return client

    def secrets(self) -> SecretManagerServiceClient:
        """Secret Manager."""
        return SecretManagerServiceClient(**self._rest("secretmanager"))

    def jobs(self) -> JobsClient:
        """Cloud Run's jobs."""
        return JobsClient(**self._rest("run"))

    def services(self) -> ServicesClient:
        """Cloud Run's services."""
        return ServicesClient(**self._rest("run"))

    def executions(self) -> ExecutionsClient:
        """Cloud Run's executions."""
        return ExecutionsClient(**self._rest("run"))

    def tasks(self) -> TasksClient:
        """The tasks of an execution."""
        return TasksClient(**self._rest("run"))

    def publisher(self) -> PublisherClient:
        """Pub/Sub's topics."""
        return PublisherClient(**self._rest("pubsub"))

    def subscriber(self) -> SubscriberClient:
        """Pub/Sub's subscriptions."""
        return SubscriberClient(**self._rest("pubsub"))

    def _rest(self, api: str) -> dict[str, Any]:
        return {"credentials": self.credentials, "transport": "rest", "client_options": self.endpoints.options(api)}

    def _call(self, doing: str, method: str, url: str, **options: Any) -> dict[str, Any]:
        with asking(doing), AuthorizedSession(self.credentials, refresh_status_codes=()) as session:
            answer = session.request(method, url, timeout=(min(self.limit, 5.0), self.limit), **options)
            if not answer.ok:
                raise from_http_response(answer)
            content = answer.json()
        if not isinstance(content, dict):
            raise Unanswered(f"could not {doing}: the answer is not the API's")
        return content


def logged_in() -> Credentials:
    """The operator's credentials: Application Default Credentials, as `pulumi up` uses them."""
    with warnings.catch_warnings():
        # It warns of credentials without a quota project; the doctor names one with every call.
        warnings.filterwarnings("ignore", category=UserWarning, module="google.auth")
        credentials, _ = google.auth.default(scopes=[PLATFORM, EMAIL])
    return credentials


class Google:
    """Who can be asked as.

    Args:
        project: of the stack.
        accounts: the stack's own accounts, by role.
        endpoints: where Google's APIs are.
        limit: seconds that one call may take.
        log_in: gives the operator's credentials.
    """

    def __init__(
        self,
        project: str,
        accounts: Mapping[str, str],
        *,
        endpoints: Endpoints = Endpoints(),
        limit: float = LIMIT,
        log_in: Callable[[], Credentials] = logged_in,
    ) -> None:
        self._log_in = log_in
        self.project = project
        self.accounts = accounts
        self.endpoints = endpoints
        self.limit = limit
        self.operator = Once(self._operator)
        self.number = Once(self._number)
        self.project_bindings = Once(self._project_bindings)
        self.acting_as = {role: Once(partial(self._act_as, email)) for role, email in accounts.items()}

    def as_account(self, role: str) -> Caller:
        """One of the stack's accounts. Raises Unanswered where the operator cannot act as it."""
        try:
            return self.acting_as[role]()
        except Unanswered as error:
            raise Unanswered(f"your account cannot act as {self.accounts[role]}: see its own line") from error

    def identity_token(self, role: str, audience: str) -> str:
        """A token by which Cloud Run's IAM knows the account.

        https://cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts/generateIdToken
        """
        email = self.accounts[role]
        answer = self.operator().post(
            f"get an identity token of {email}",
            "iamcredentials",
            f"v1/projects/-/serviceAccounts/{email}:generateIdToken",
            {"audience": audience, "includeEmail": True},
        )
        return str(answer.get("token", ""))

    def grant(self, role: str) -> str:
        """The command that gives the operator a role on the project."""
        return f"gcloud projects add-iam-policy-binding {self.project} --member={self.member} --role={role}"

    @property
    def member(self) -> str:
        """The operator as IAM writes them; a placeholder where nobody is logged in."""
        try:
            return self.operator().member
        except Unanswered:
            return "user:YOU"

    def _project_bindings(self) -> list[Mapping[str, Any]]:
        """Who may do what in the project.

        https://cloud.google.com/resource-manager/reference/rest/v3/projects/getIamPolicy
        """
        policy = self.operator().post(
            "read who may do what in the project",
            "cloudresourcemanager",
            f"v3/projects/{self.project}:getIamPolicy",
            {"options": {"requestedPolicyVersion": 3}},
        )
        return list(policy.get("bindings", []))

    def _operator(self) -> Caller:
        with asking("find out who you are"):
            credentials = self._log_in()
            credentials.refresh(partial(Request(), timeout=self.limit))
        own = getattr(credentials, "service_account_email", None)
        email = own if own and "@" in own else None
        # One token for the whole run, shared by all threads; a person's calls must name who pays for them.
        token = Token(credentials.token, quota_project_id=self.project)
        if email is None:
            email = self._email(Token(credentials.token))
        return self._caller(email, "serviceAccount" if own else "user", token)

    def _email(self, token: Credentials) -> str | None:
        """The person's address, if told: https://openid.net/specs/openid-connect-core-1_0.html#UserInfo."""
        nobody = self._caller(None, "user", token)
        try:
            said = nobody.get("ask for your address", "openidconnect", "v1/userinfo")
        except Unanswered as error:
            if error.status is None:
                raise
            return None
        return str(said["email"]) if said.get("email") else None

    def _number(self) -> str:
        """The project's number (https://cloud.google.com/resource-manager/reference/rest/v3/projects#Project)."""
        found = self.operator().get(
            f"look at the project {self.project}", "cloudresourcemanager", f"v3/projects/{self.project}"
        )
        return str(found.get("name", "")).removeprefix("projects/")

    def _act_as(self, email: str) -> Caller:
        answer = self.operator().post(
            f"act as {email}",
            "iamcredentials",
            f"v1/projects/-/serviceAccounts/{email}:generateAccessToken",
            {"scope": [PLATFORM], "lifetime": LIFETIME},
        )
        return self._caller(email, "serviceAccount", Token(answer.get("accessToken")))

    def _caller(self, email: str | None, kind: str, token: Credentials) -> Caller:
        return Caller(email, f"{kind}:{email or 'YOU'}", token, self.project, self.endpoints, self.limit)
