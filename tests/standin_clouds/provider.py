"""A provider plugin in the place of the real one: as strict, without a cloud behind it.

python -m standin_clouds.provider PACKAGE VERSION ENGINE-ADDRESS
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pulumi
from pulumi.provider.experimental import provider as api
from pulumi.provider.experimental.property_value import PropertyValue
from pulumi.runtime import rpc
from standin_clouds import behaviour, rules
from standin_clouds.schema import UNKNOWN, NoSuchResource, Problem, output_names, problems

INPUTS = "__inputs"
"""Where the state keeps what was asked for, so that the next run can compare; the real docker provider does so too."""

COMPUTED = PropertyValue(rpc.UNKNOWN)
"""As it travels; the experimental provider's own kind of unknown value does not survive the way."""


class StandIn(api.Provider):
    """One package's provider."""

    def __init__(self, package: str) -> None:
        self._package = package
        self._project = "no-project"

    async def check_config(self, request: api.CheckRequest) -> api.CheckResponse:
        """Refuses what the real one refuses: docker without a daemon, cloudflare without a token."""
        values = {name: plain(value) for name, value in request.new_inputs.items()}
        refused = []
        if self._package == "docker" and values.get("disableDockerDaemonCheck") not in (True, "true"):
            refused.append(api.CheckFailure("host", "no Docker daemon answers"))
        if self._package == "cloudflare" and not values.get("apiToken") and not os.environ.get("CLOUDFLARE_API_TOKEN"):
            refused.append(api.CheckFailure("apiToken", "neither the provider nor CLOUDFLARE_API_TOKEN has one"))
        if self._package == "gcp" and not values.get("project"):
            refused.append(api.CheckFailure("project", "is missing"))
        return api.CheckResponse(inputs=request.new_inputs, failures=refused)

    async def diff_config(self, request: api.DiffRequest) -> api.DiffResponse:
        """A provider is never replaced."""
        changed = [
            name for name, value in request.new_inputs.items() if plain(value) != plain(request.old_state.get(name))
        ]
        return api.DiffResponse(changes=bool(changed), diffs=changed)

    async def configure(self, request: api.ConfigureRequest) -> api.ConfigureResponse:
        """Remembers the project."""
        if "project" in request.args:
            self._project = str(plain(request.args["project"]))
        return api.ConfigureResponse(
            accept_secrets=True, supports_preview=True, accept_outputs=True, accept_resources=False
        )

    async def check(self, request: api.CheckRequest) -> api.CheckResponse:
        """The SDK's own schema, and the clouds' rules."""
        inputs = dict(request.new_inputs)
        if _type(request) == "docker:index/image:Image":
            inputs["build"] = _with_context_digest(inputs["build"])
        found = refusals(_type(request), {name: plain(value) for name, value in request.new_inputs.items()})
        return api.CheckResponse(
            inputs=inputs, failures=[api.CheckFailure(each.path, f"{each.reason} [{request.urn}]") for each in found]
        )

    async def diff(self, request: api.DiffRequest) -> api.DiffResponse:
        """Compares what is asked for with what was asked for."""
        before = plain(request.old_state[INPUTS])
        after = {name: plain(value) for name, value in request.new_inputs.items()}
        if _type(request) == "docker:index/image:Image":
            # The real provider takes changed credentials for no change.
            before, after = _without_credentials(before), _without_credentials(after)
        changed = sorted(name for name in {*before, *after} if before.get(name) != after.get(name))
        replaced = (
            changed
            if _type(request) in behaviour.REPLACED_BY_ANY_CHANGE
            else [name for name in changed if name in behaviour.REPLACED_BY.get(_type(request), set())]
        )
        # All names are given, none is made up: the old one has to go before the new one comes.
        return api.DiffResponse(
            changes=bool(changed), diffs=changed, replaces=replaced, delete_before_replace=bool(replaced)
        )

    async def create(self, request: api.CreateRequest) -> api.CreateResponse:
        """Makes it, or says at preview what only `up` will know."""
        known, made = self._made(_type(request), request.properties)
        if request.preview:
            unknown = {name: COMPUTED for name in output_names(_type(request)) if name not in known}
            return api.CreateResponse(properties={**unknown, **known})
        if _type(request) == "docker:index/image:Image" and os.environ.get("STANDIN_DOCKER_DAEMON") == "absent":
            raise RuntimeError("Cannot connect to the Docker daemon. Is the docker daemon running?")
        inputs = {name: plain(value) for name, value in request.properties.items()}
        ids = behaviour.IDS.get(_type(request))
        resource_id = ids(inputs, self._project) if ids else behaviour._digest(request.urn)[:32]
        return api.CreateResponse(resource_id=resource_id, properties={**known, **made})

    async def update(self, request: api.UpdateRequest) -> api.UpdateResponse:
        """Changes it."""
        known, made = self._made(_type(request), request.news)
        if request.preview:
            made = {name: value for name, value in request.olds.items() if name not in known}
            if _type(request) == "docker:index/image:Image":
                # Only a build knows; a service's address or an account's name stays what it is.
                made = dict.fromkeys(made, COMPUTED)
        return api.UpdateResponse(properties={**known, **made})

    async def delete(self, request: api.DeleteRequest) -> None:
        """Forgets it."""

    async def invoke(self, request: api.InvokeRequest) -> api.InvokeResponse:
        """Answers what the program asks the cloud."""
        found = behaviour.answer(
            request.tok, {name: plain(value) for name, value in request.args.items()}, self._project
        )
        if found is None:
            return api.InvokeResponse(failures=[api.CheckFailure("", f"{request.tok} is unknown here")])
        return api.InvokeResponse(return_value={name: wrapped(value) for name, value in found.items()})

    def _made(
        self, token: str, properties: Mapping[str, PropertyValue]
    ) -> tuple[dict[str, PropertyValue], dict[str, PropertyValue]]:
        known = {**properties, INPUTS: PropertyValue(dict(properties))}
        inputs = {name: plain(value) for name, value in properties.items()}
        if any(_has_unknown(value) for value in inputs.values()):
            return known, {}
        extra = behaviour.made(token, inputs, self._project)
        if self._package == "gcp" and "project" in output_names(token):
            extra.setdefault("project", self._project)
        return known, {name: wrapped(value) for name, value in extra.items() if name not in inputs}


def _type(request: Any) -> str:
    # A URN carries the types of its parents too, each followed by a dollar sign.
    return str(request.type).rpartition("$")[2]


def refusals(token: str, inputs: Mapping[str, Any]) -> list[Problem]:
    """Everything for which a resource is refused."""
    try:
        found = problems(token, inputs)
    except NoSuchResource as error:
        return [Problem("", str(error))]
    # Rules take it for granted that types are right.
    return found or rules.broken(token, inputs)


def plain(value: PropertyValue | None) -> Any:
    """The value in Python's own types."""
    if value is None:
        return None
    inner = value.value
    if inner == rpc.UNKNOWN:
        return UNKNOWN
    if isinstance(inner, Mapping):
        return {name: plain(each) for name, each in inner.items()}
    if isinstance(inner, tuple):
        return [plain(each) for each in inner]
    if isinstance(inner, pulumi.FileAsset):
        return _Asset(inner.path)
    return inner


def wrapped(value: Any) -> PropertyValue:
    """The value as the engine takes it."""
    if isinstance(value, Mapping):
        return PropertyValue({name: wrapped(each) for name, each in value.items()})
    if isinstance(value, list):
        return PropertyValue([wrapped(each) for each in value])
    return PropertyValue(value)


class _Asset(pulumi.FileAsset):
    """A file, equal to itself."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, pulumi.FileAsset) and self.path == other.path

    def __hash__(self) -> int:
        return hash(self.path)


def _has_unknown(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(_has_unknown(each) for each in value.values())
    if isinstance(value, list):
        return any(_has_unknown(each) for each in value)
    return value is UNKNOWN


def _with_context_digest(build: PropertyValue) -> PropertyValue:
    values = plain(build)
    if not Path(values["dockerfile"]).is_file():
        return build
    digest = behaviour.context_digest(values["context"], values["dockerfile"])
    assert isinstance(build.value, Mapping)
    return build.with_value({**build.value, "contextDigest": PropertyValue(digest)})


def _without_credentials(inputs: Mapping[str, Any]) -> dict[str, Any]:
    registry = inputs.get("registry") or {}
    return {**inputs, "registry": registry.get("server")}
