"""Which model is asked, where it runs, and what an episode may cost."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from shared.errors import PermanentError

VARIABLES: Final = {
    "VERTEX_AI_MODEL": "model",
    "VERTEX_AI_LOCATION": "location",
    "PODCAST_FALLBACK_MODEL": "fallback_model",
    "PODCAST_PROJECT_ID": "project",
    "PODCAST_COST_CAP_USD": "cost_cap_usd",
}
"""Environment variable → setting."""


class VertexSettings(BaseModel):
    """What the analyst in the cloud needs to know; everything has a working default."""

    model_config = ConfigDict(frozen=True, protected_namespaces=())

    model: str = Field(default="gemini-3.8-flash", min_length=1)
    fallback_model: str = Field(default="gemini-3.6-flash", min_length=1, description="asked where the first one fails")
    location: str = Field(
        default="global",
        pattern=r"^[a-z0-9-]+$",
        description="`global`, a multi-region (`us`, `eu`) or a region; apart from where the jobs run",
    )
    project: str | None = Field(default=None, description="Google Cloud project; the credentials' own if absent")
    cost_cap_usd: float = Field(default=5.0, gt=0, description="the most that one episode may cost, in US dollars")

    @property
    def models(self) -> tuple[str, ...]:
        """In the order in which they are asked."""
        return tuple(dict.fromkeys((self.model, self.fallback_model)))


def load_vertex_settings(environment: Mapping[str, str] | None = None) -> VertexSettings:
    """The settings that the environment asks for; an empty variable counts as absent.

    Raises:
        PermanentError: a variable has a wrong value; names the variable, the value and the reason.
    """
    environment = os.environ if environment is None else environment
    values: dict[str, Any] = {
        field: environment[variable] for variable, field in VARIABLES.items() if environment.get(variable)
    }
    try:
        return VertexSettings.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        variable = next(name for name, field in VARIABLES.items() if field == first["loc"][0])
        raise PermanentError(
            f"{variable} is {first['input']!r}: {first['msg']}", advice=f"Correct or unset {variable}."
        ) from error
