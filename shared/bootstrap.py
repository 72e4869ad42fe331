"""What `podcast bootstrap` and the program that it runs (infra/bootstrap) tell each other; workflows rely on it too."""

from __future__ import annotations

import difflib
import re
from typing import Final, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from shared.regions import REGIONS

BOOTSTRAP_PROJECT: Final = "podcast-bootstrap"
"""Pulumi's name of the program, before the colon of every key; its stack is called after the Google Cloud project."""

ENVIRONMENTS: Final = ("dev", "prod")
"""GitHub's environments in which `.github/workflows/up.yml` deploys."""

DEPLOY_BRANCH: Final = "main"
PREVIEW_STACK: Final = "preview"
"""The stack that a pull request previews, with settings and secrets that open nothing."""

_NAME: Final = r"[A-Za-z0-9_.-]{1,100}"


class BootstrapSettings(BaseModel):
    """One Google Cloud project that is to be prepared. `repository` is absent where nothing is deployed from GitHub."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    project: str
    region: str = "asia-northeast1"
    state_bucket: str = ""
    """`PROJECT-podcast-state` if empty."""
    repository: str | None = None
    """OWNER/NAME, in GitHub's own spelling."""
    repository_id: int | None = Field(default=None, gt=0)
    """GitHub's number for the repository. A name can be given up and taken by somebody else, a number cannot."""

    @field_validator("project")
    @classmethod
    def _is_a_project_id(cls, value: str) -> str:
        # https://cloud.google.com/resource-manager/docs/creating-managing-projects
        if not re.fullmatch(r"[a-z][a-z0-9-]{4,28}[a-z0-9]", value):
            raise ValueError(
                f"{value!r} is no project id: 6 to 30 small letters, digits and dashes, as in `gcloud projects list`"
            )
        return value

    @field_validator("region")
    @classmethod
    def _is_a_region(cls, value: str) -> str:
        if value not in REGIONS:
            close = difflib.get_close_matches(value, REGIONS, n=1, cutoff=0.5)
            hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(sorted(REGIONS))}"
            raise ValueError(f"{value!r} is no region with Cloud Run; {hint}")
        return value

    @field_validator("state_bucket")
    @classmethod
    def _is_a_bucket_name(cls, value: str) -> str:
        # https://cloud.google.com/storage/docs/buckets#naming, without dots, which need a proof of ownership
        if value and not re.fullmatch(r"(?!goog)[a-z0-9][a-z0-9_-]{1,61}[a-z0-9]", value):
            raise ValueError(f"{value!r} is no bucket name: 3 to 63 small letters, digits, dashes and underscores")
        return value

    @field_validator("repository")
    @classmethod
    def _is_owner_and_name(cls, value: str | None) -> str | None:
        if value is not None and not re.fullmatch(rf"[A-Za-z0-9][A-Za-z0-9-]{{0,38}}/{_NAME}", value):
            raise ValueError(f"{value!r} is no repository: OWNER/NAME, as in github.com/OWNER/NAME")
        return value

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.repository_id is not None and self.repository is None:
            raise ValueError("a repository's number without its name: add --repository OWNER/NAME")
        return self

    @property
    def bucket(self) -> str:
        """The state bucket's name."""
        return self.state_bucket or f"{self.project}-podcast-state"

    @property
    def backend(self) -> str:
        """The state bucket as Pulumi's backend."""
        return f"gs://{self.bucket}"


class Federation(BaseModel):
    """What GitHub needs to know to act in the project, and which repository may."""

    model_config = ConfigDict(frozen=True)

    repository: str
    repository_id: int
    workload_identity_provider: str
    preview_service_account: str
    deploy_service_account: str


class Bootstrapped(BaseModel):
    """What the program made: its only output, `bootstrapped`."""

    model_config = ConfigDict(frozen=True)

    secrets_provider: str
    """For `pulumi stack init --secrets-provider`: encrypts what stacks keep secret."""
    preview_secrets_provider: str
    """Likewise, for the stack that pull requests preview: the only key that a preview may use."""
    github: Federation | None = None
