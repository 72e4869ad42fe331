"""What things are called: the product's own names in the stack `dev`, with the stack's name behind elsewhere."""

from __future__ import annotations

from dataclasses import dataclass

from infra.config import StackConfig
from shared.contract import Step
from shared.deployment import CONTROLLER_NAME, REPOSITORY_NAME, name_suffix


@dataclass(frozen=True)
class Names:
    """Every name that something outside the program relies on."""

    stack: str
    project: str
    input_bucket: str

    @classmethod
    def of(cls, config: StackConfig) -> Names:
        """The names of this stack."""
        bucket = config.input_bucket or f"podcast-input-{config.stack}"
        return cls(stack=config.stack, project=config.project, input_bucket=bucket)

    @property
    def suffix(self) -> str:
        """What follows names: nothing in `dev`, `-prod` in `prod`."""
        return name_suffix(self.stack)

    @property
    def work_bucket(self) -> str:
        """Bucket names are global; this one is nobody's habit, so it carries the project."""
        return f"{self.project}-podcast-work{self.suffix}"

    @property
    def public_bucket(self) -> str:
        """The R2 bucket; R2's names are the account's own."""
        return f"podcast-{self.stack}"

    @property
    def repository(self) -> str:
        """The Artifact Registry repository."""
        return self.of_stack(REPOSITORY_NAME)

    @property
    def controller(self) -> str:
        """The Cloud Run service."""
        return self.of_stack(CONTROLLER_NAME)

    @property
    def r2_keys_secret(self) -> str:
        """The secret with R2's S3 key pair."""
        return self.of_stack("podcast-r2-keys")

    @property
    def discord_webhook_secret(self) -> str:
        """The secret with Discord's webhook."""
        return self.of_stack("podcast-discord-webhook")

    def job(self, step: Step) -> str:
        """The Cloud Run Job; with Pub/Sub also the topic that starts it."""
        return self.of_stack(step.job_name)

    def account_id(self, role: str) -> str:
        """The service account of a deployable or a caller: 6 to 30 characters."""
        return self.of_stack(f"podcast-{role}")

    def e_mail(self, role: str) -> str:
        """The service account's address."""
        return f"{self.account_id(role)}@{self.project}.iam.gserviceaccount.com"

    def of_stack(self, name: str) -> str:
        """The name with the stack's behind it."""
        return name + self.suffix
