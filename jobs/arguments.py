"""Command lines, generated from the contract."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from pydantic_settings import (
    BaseSettings,
    CliApp,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from shared.contract import Step, StepArguments


def parse_arguments(step: Step, command_line: Sequence[str]) -> StepArguments:
    """The step's arguments, from its command line alone: no variable of the environment can stand in for one.

    Raises:
        SystemExit: `--help` was asked for (0), or the command line is wrong (2, after a usage message on stderr).
        pydantic.ValidationError: a value is not of its kind.
    """

    class CommandLine(BaseSettings, step.arguments):  # type: ignore[name-defined,misc]  # built from data
        __doc__ = step.arguments.__doc__
        model_config = SettingsConfigDict(
            cli_prog_name=step.job_name,
            cli_kebab_case=True,
            # Otherwise an object called "null" or "None" would be no object at all.
            cli_parse_none_str="\0",
            cli_hide_none_type=True,
            # Lower-casing option names costs a value its trailing line break.
            case_sensitive=True,
        )

        @classmethod
        def settings_customise_sources(
            cls,
            settings_cls: type[BaseSettings],
            init_settings: PydanticBaseSettingsSource,
            env_settings: PydanticBaseSettingsSource,
            dotenv_settings: PydanticBaseSettingsSource,
            file_secret_settings: PydanticBaseSettingsSource,
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            return (init_settings,)

    parsed = CliApp.run(CommandLine, cli_args=list(command_line))
    return step.arguments.model_validate(cast(Any, parsed).model_dump())


__all__ = ["SettingsError", "parse_arguments"]
