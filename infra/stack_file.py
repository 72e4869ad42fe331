"""Reads the stack's configuration from Pulumi, and says what is wrong in it in words that end with a command."""

from __future__ import annotations

import difflib
import json
import shlex
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from infra.config import StackConfig
from infra.cover import CoverRefused, check_cover

PROJECT = "podcast-automator"
"""Pulumi's name for the project, before the colon of every key."""

PLACEHOLDER = "REPLACE-WITH-"

SECRET_KEYS = frozenset({"cloudflare_api_token", "discord_webhook"})

EXAMPLES = {
    "project": "my-project-123456",
    "cloudflare_account_id": "0123456789abcdef0123456789abcdef",
    "cloudflare_zone_id": "0123456789abcdef0123456789abcdef",
    "region": "asia-northeast1",
    "ai_location": "global",
    "ai_model": "gemini-3.8-flash",
    "cost_cap_usd": "5",
    "ai_fallback_model": "gemini-3.6-flash",
    "orchestration": "sequential",
    "show.category": "Technology",
    "show.cover": "cover.png",
    "billing_account": "012345-6789AB-CDEF01",
    "monthly_budget": "50",
    "domain": "podcast.example.com",
    "operators[0]": "you@example.com",
    "notification_emails[0]": "you@example.com",
}


class WrongConfig(Exception):
    """The stack's configuration cannot become a stack. The message lists every wrong key with its fix."""


def read_config(
    stack: str,
    values: Mapping[str, str],
    secret_keys: Collection[str],
    environment: Mapping[str, str],
    root: Path,
) -> StackConfig:
    """The stack's configuration.

    Args:
        stack: the stack's name.
        values: as Pulumi hands them over: by `PROJECT:KEY`, objects and lists as JSON.
        secret_keys: which of them are encrypted in the stack's file.
        environment: of this process; CLOUDFLARE_API_TOKEN may stand in for the key.
        root: the folder of the stack's file, in which the show's cover lies.

    Raises:
        WrongConfig: something is wrong; nothing may be declared.
    """
    own = {key.partition(":")[2]: value for key, value in values.items() if key.startswith(f"{PROJECT}:")}
    problems = [
        _problem(key, "…", "is written in plain text, and it is a secret", f"pulumi config set --secret {key}", stack)
        for key in sorted(SECRET_KEYS & own.keys() - {key.partition(":")[2] for key in secret_keys})
    ]
    if "cloudflare_api_token" not in own and not environment.get("CLOUDFLARE_API_TOKEN"):
        why = "is missing, and so is the variable CLOUDFLARE_API_TOKEN"
        problems.append(_problem("cloudflare_api_token", None, why, _command("cloudflare_api_token", ""), stack))
    decoded = {key: _decoded(value) for key, value in own.items()}
    unfilled = dict(_placeholders(decoded, ""))
    for key, value in unfilled.items():
        problems.append(_problem(key, value, "is still the placeholder", _command(key, ""), stack))
    config = None
    try:
        config = StackConfig.model_validate(decoded | {"stack": stack})
    except ValidationError as error:
        problems += [_explained(each, stack) for each in error.errors() if _key(each) not in unfilled]
    if config and config.show.cover:
        try:
            check_cover(root / config.show.cover)
        except CoverRefused as error:
            problems.append(_problem("show.cover", config.show.cover, str(error), _command("show.cover", ""), stack))
    if problems or config is None:
        count = "a wrong setting" if len(problems) == 1 else f"{len(problems)} wrong settings"
        raise WrongConfig(f"Pulumi.{stack}.yaml has {count}; nothing was created.\n" + "\n".join(problems))
    return config


def _decoded(value: str) -> Any:
    if value[:1] in ("{", "["):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def _placeholders(value: Any, key: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, each in value.items():
            yield from _placeholders(each, f"{key}.{name}" if key else name)
    elif isinstance(value, list):
        for number, each in enumerate(value):
            yield from _placeholders(each, f"{key}[{number}]")
    elif isinstance(value, str) and PLACEHOLDER in value:
        yield key, value


def _key(error: ErrorDetails) -> str:
    key = ""
    for part in error["loc"]:
        key += f"[{part}]" if isinstance(part, int) else f".{part}" if key else str(part)
    return key


def _explained(error: ErrorDetails, stack: str) -> str:
    key = _key(error)
    reason = error["msg"].removeprefix("Value error, ")
    value = error["input"]
    match error["type"]:
        case "missing":
            return _problem(key, None, "is missing", _command(key, ""), stack)
        case "extra_forbidden":
            close = _close(key)
            why = "is not a setting" + (f"; did you mean {close}?" if close else "; docs/operations.md lists them all")
            return _problem(key, value, why, f"pulumi config rm --path {shlex.quote(key)}", stack)
        case "value_error" if not key:
            key, _, reason = reason.partition(": ")
            return _problem(key, None, reason, _command(key, reason), stack)
        case _:
            hidden = "…" if key in SECRET_KEYS else value
            return _problem(key, hidden, reason, _command(key, reason), stack)


def _problem(key: str, value: Any, reason: str, command: str, stack: str) -> str:
    shown = "" if value is None else f" = {json.dumps(value, ensure_ascii=False, default=str)}"
    return f"  {key}{shown}: {reason}\n    {command} --stack {stack}"


def _command(key: str, reason: str) -> str:
    if key in SECRET_KEYS:
        return f"pulumi config set --secret {key}"
    suggestion = reason.partition("did you mean ")[2].rstrip("?")
    value = suggestion or EXAMPLES.get(key) or _default(key)
    path = "--path " if "." in key or "[" in key else ""
    return f"pulumi config set {path}{shlex.quote(key)} {shlex.quote(value)}"


def _default(key: str) -> str:
    model: Any = StackConfig
    default: Any = None
    for part in key.split("."):
        fields = getattr(model, "model_fields", {})
        if part not in fields:
            return "VALUE"
        default = fields[part].default
        model = fields[part].annotation
    return str(default) if isinstance(default, str | int | float) else "VALUE"


def _close(key: str) -> str | None:
    parent, _, name = key.rpartition(".")
    model: Any = StackConfig
    for part in parent.split(".") if parent else []:
        field = getattr(model, "model_fields", {}).get(part)
        model = field.annotation if field else None
    names = getattr(model, "model_fields", {})
    found = difflib.get_close_matches(name, names, n=1)
    return (f"{parent}.{found[0]}" if parent else found[0]) if found else None
