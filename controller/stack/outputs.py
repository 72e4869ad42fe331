"""Which stack is meant by `--stack`: what Pulumi says of the stack of that name, or what a file says that Pulumi wrote.

The file is for those who run a show without Pulumi: `pulumi stack output deployed --json --stack dev > dev.json`.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from shared.deployment import DeployedStack
from shared.errors import PermanentError, reasons_of

OUTPUT: Final = "deployed"
FILE_SUFFIX: Final = ".json"
LONGEST: Final = 120.0
"""Seconds; Pulumi reads a state of a few hundred kilobytes, perhaps from a bucket."""
CHECKOUT: Final = Path(__file__).resolve().parents[2]
LONGEST_REASON: Final = 300
"""Characters of Pulumi's own words that are repeated."""


def read_stack(stack: str) -> DeployedStack:
    """The stack that `--stack` names.

    Args:
        stack: a stack's name, `dev` or `organization/project/dev`, or the path of a file that ends with `.json`.

    Raises:
        PermanentError: it cannot be known; `advice` has the command that helps.
    """
    if stack.endswith(FILE_SUFFIX):
        return _from_file(Path(stack))
    return parse_outputs(_ask_pulumi(stack), stack)


def parse_outputs(document: str, stack: str) -> DeployedStack:
    """The stack in what `pulumi stack output --json` printed.

    Raises:
        PermanentError: the stack is not deployed, or was deployed before it had this output.
    """
    outputs = _object(document)
    if outputs is None:
        raise PermanentError(
            f"what Pulumi printed of the stack {stack} is not JSON",
            advice=f"See what it prints: {_output_command(stack)}",
        )
    deploy = f"pulumi up --stack {stack}"
    if not outputs:
        raise PermanentError(f"the stack {stack} has never been deployed", advice=f"Deploy it: {deploy}")
    if OUTPUT not in outputs:
        raise PermanentError(
            f"the stack {stack} was deployed by an older version, which does not say where everything is",
            advice=f"Bring it up to date: {deploy}",
        )
    try:
        return DeployedStack.model_validate(outputs[OUTPUT])
    except ValidationError as error:
        raise PermanentError(
            f"the stack {stack} was deployed by another version: {reasons_of(error)}",
            advice=f"Bring it up to date: {deploy}",
        ) from error


def refusal(said: str, stack: str) -> PermanentError:
    """Why Pulumi does not tell, from its own words on stderr, and what to do."""
    if "no stack named" in said:
        return PermanentError(
            f"there is no stack {stack}",
            advice=f"`pulumi stack ls` lists them; a new one: pulumi stack init {stack} && pulumi up --stack {stack}",
        )
    if "PULUMI_ACCESS_TOKEN" in said:
        return PermanentError(
            "Pulumi is not logged in to where the stacks are kept",
            advice="Log in: pulumi login gs://YOUR-STATE-BUCKET, or set PULUMI_BACKEND_URL",
        )
    if "no Pulumi.yaml project file" in said or "fully qualified name" in said:
        return PermanentError(
            f"Pulumi does not know which project the stack {stack} is of",
            advice="Run this in the folder of Pulumi.yaml, or name it in full: --stack ORGANIZATION/PROJECT/STACK",
        )
    if "google credentials" in said:
        return PermanentError(
            "Pulumi cannot read its state bucket: there are no Google credentials here",
            advice="Log in: gcloud auth application-default login",
        )
    if "PULUMI_CONFIG_PASSPHRASE" in said:
        return PermanentError(
            f"Pulumi cannot open the stack {stack} without its passphrase", advice="Set PULUMI_CONFIG_PASSPHRASE."
        )
    reason = " ".join(said.removeprefix("error:").split())[:LONGEST_REASON] or "it gave no reason"
    return PermanentError(
        f"Pulumi does not tell of the stack {stack}: {reason}", advice=f"Try: {_output_command(stack)}"
    )


def _ask_pulumi(stack: str) -> str:
    command = ["pulumi", "--non-interactive", "stack", "output", "--json", "--stack", stack]
    # The checkout that this command belongs to says which project is meant, wherever the command is used.
    folder = CHECKOUT if (CHECKOUT / "Pulumi.yaml").is_file() else None
    try:
        ran = subprocess.run(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            timeout=LONGEST,
            check=False,
        )
    except (FileNotFoundError, PermissionError) as error:
        raise PermanentError(
            f"Pulumi is not installed here, and only it knows where the stack {stack} is",
            advice="Install it (https://www.pulumi.com/docs/install/), or have somebody who has it make a file: "
            f"pulumi stack output {OUTPUT} --json --stack {stack} > {stack.rpartition('/')[2]}{FILE_SUFFIX}, and use "
            f"--stack {stack.rpartition('/')[2]}{FILE_SUFFIX}",
        ) from error
    except subprocess.TimeoutExpired as error:
        raise PermanentError(
            f"Pulumi said nothing of the stack {stack} for {LONGEST:.0f} seconds",
            advice=f"Try: {_output_command(stack)}",
        ) from error
    if ran.returncode:
        raise refusal(ran.stderr, stack)
    return ran.stdout


def _from_file(path: Path) -> DeployedStack:
    rewrite = f"Write it anew: pulumi stack output {OUTPUT} --json --stack NAME > {path}"
    try:
        found = _object(path.read_text("utf-8"))
    except OSError as error:
        raise PermanentError(f"{path} cannot be read: {error.strerror}", advice=rewrite) from error
    except UnicodeDecodeError:
        found = None
    if found is None:
        raise PermanentError(f"{path} is no file of a stack", advice=rewrite)
    try:
        # All the outputs do as well as the one.
        return DeployedStack.model_validate(found.get(OUTPUT, found))
    except ValidationError as error:
        raise PermanentError(f"{path} is no file of a stack: {reasons_of(error)}", advice=rewrite) from error


def _object(document: str) -> dict[str, Any] | None:
    try:
        found = json.loads(document)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _output_command(stack: str) -> str:
    return f"pulumi stack output --json --stack {stack}"
