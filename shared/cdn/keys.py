"""The key pair for R2, as it lies in its secret."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from shared.errors import PermanentError


class R2Keys(BaseModel):
    """An R2 API token as S3 keys: the token's id, and the SHA-256 of its value in hex.

    Source: https://developers.cloudflare.com/r2/api/tokens/
    """

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    access_key_id: str = Field(min_length=1)
    secret_access_key: SecretStr = Field(min_length=1)

    @classmethod
    def from_secret(cls, content: SecretStr, *, name: str) -> R2Keys:
        """The pair in the secret called `name`.

        Raises:
            PermanentError: the secret holds something else; nothing of it is told.
        """
        try:
            return cls.model_validate_json(content.get_secret_value())
        except ValidationError:
            # The cause would show what it could not parse.
            raise PermanentError(
                f"the secret {name} does not hold a key pair for R2",
                advice='Store {"access_key_id": "…", "secret_access_key": "…"} as its newest version.',
            ) from None
