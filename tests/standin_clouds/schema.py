"""What the real SDKs know of a resource: its properties, which are required, their types and their values.

Everything is read from the installed SDKs' own argument classes and their documentation, nothing is copied by hand.
"""

from __future__ import annotations

import enum
import functools
import importlib
import inspect
import re
import types
import typing
from collections.abc import Awaitable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi._types as sdk_types

UNKNOWN = object()
"""A value that only `up` will know."""

_PARAMETER = re.compile(r":param\s+\S.*?\s(\w+): (.*?)(?=\n\s*:param|\Z)", re.DOTALL)
_VALUES = re.compile(
    r"(?:Possible|Available|Acceptable|Supported)\s+values\s*(?:are|include)?\s*:?\s*"
    r"((?:(?:and |or )?[`\"'\[]+[A-Za-z0-9_.-]+[`\"'\]]+[,.\s]*(?:and\s+|or\s+)?)+)",
    re.DOTALL,
)
_WORD = re.compile(r"[A-Za-z0-9_.-]+(?=[`\"'\]])")


@dataclass(frozen=True)
class Problem:
    """Why a provider refuses a resource: where, and what is wrong there."""

    path: str
    reason: str


class NoSuchResource(LookupError):
    """The SDK has no such type."""


def resource_class(token: str) -> type[pulumi.CustomResource]:
    """The SDK's class of a type token such as `gcp:storage/bucket:Bucket`."""
    return _find(token, "")


def arguments_class(token: str) -> type:
    """The SDK's class of the resource's arguments."""
    return _find(token, "Args")


def _find(token: str, suffix: str) -> type[Any]:
    package, path, name = token.split(":")
    module = path.partition("/")[0]
    try:
        found = getattr(importlib.import_module(f"pulumi_{package}"), module) if module != "index" else None
        holder = found or importlib.import_module(f"pulumi_{package}")
        return typing.cast(type[Any], getattr(holder, name + suffix))
    except (ImportError, AttributeError) as error:
        raise NoSuchResource(f"pulumi_{package} has no {token}") from error


def output_names(token: str) -> set[str]:
    """All properties that the resource has once it exists."""
    return set(sdk_types.resource_types(resource_class(token)))


def problems(token: str, inputs: Mapping[str, Any]) -> list[Problem]:
    """What of the inputs the SDK does not know, misses, or has in another type or value."""
    return list(_object(arguments_class(token), inputs, ""))


def _object(arguments: type, values: Mapping[str, Any], path: str) -> Iterator[Problem]:
    shape = _shape(arguments)
    for name, value in values.items():
        if name.startswith("__"):
            continue
        here = f"{path}.{name}" if path else name
        if name not in shape.types:
            yield Problem(here, f"{arguments.__name__} has no such property; it has {', '.join(sorted(shape.types))}")
        elif value is not None:
            yield from _value(shape.types[name], value, here, shape.allowed.get(name, frozenset()))
    for name in shape.required:
        if values.get(name) is None:
            yield Problem(f"{path}.{name}" if path else name, f"{arguments.__name__} requires it")


@dataclass(frozen=True)
class _Shape:
    types: Mapping[str, Any]
    required: frozenset[str]
    allowed: Mapping[str, frozenset[str]]


@functools.cache
def _shape(arguments: type) -> _Shape:
    names = sdk_types.input_type_py_to_pulumi_names(arguments)
    constructor = inspect.getattr_static(arguments, "__init__")
    parameters = inspect.signature(constructor).parameters
    required = {
        names[each] for each, parameter in parameters.items() if each in names and parameter.default is parameter.empty
    }
    documented = dict(_PARAMETER.findall(constructor.__doc__ or ""))
    allowed = {}
    for each, text in documented.items():
        found = _VALUES.search(text)
        if found and each in names:
            allowed[names[each]] = frozenset(_WORD.findall(found.group(1)))
    return _Shape(sdk_types.input_type_types(arguments), frozenset(required), allowed)


def _value(kind: Any, value: Any, path: str, allowed: frozenset[str]) -> Iterator[Problem]:
    if value is UNKNOWN or kind is Any:
        return
    kind = _plain(kind)
    origin = typing.get_origin(kind)
    if origin in (list, Sequence):
        if not isinstance(value, (list, tuple)):
            yield Problem(path, f"must be a list, is {value!r}")
            return
        for number, each in enumerate(value):
            yield from _value(typing.get_args(kind)[0], each, f"{path}[{number}]", allowed)
    elif origin in (dict, Mapping):
        if not isinstance(value, Mapping):
            yield Problem(path, f"must be a map, is {value!r}")
            return
        for key, each in value.items():
            yield from _value(typing.get_args(kind)[1], each, f"{path}.{key}", frozenset())
    elif isinstance(kind, type) and sdk_types.is_input_type(kind):
        if not isinstance(value, Mapping):
            yield Problem(path, f"must be {kind.__name__}, is {value!r}")
            return
        yield from _object(kind, value, path)
    elif isinstance(kind, type) and issubclass(kind, enum.Enum):
        if value not in {member.value for member in kind}:
            yield Problem(path, f"must be one of {', '.join(str(member.value) for member in kind)}, is {value!r}")
    else:
        yield from _scalar(kind, value, path, allowed)


def _scalar(kind: Any, value: Any, path: str, allowed: frozenset[str]) -> Iterator[Problem]:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    fits = {
        str: isinstance(value, str),
        bool: isinstance(value, bool),
        int: is_number and float(value).is_integer(),
        float: is_number,
    }.get(kind)
    if fits is None:
        if not isinstance(value, kind):
            yield Problem(path, f"must be {kind}, is {value!r}")
    elif not fits:
        yield Problem(path, f"must be {kind.__name__}, is {value!r}")
    elif allowed and kind is str and value not in allowed:
        yield Problem(path, f"must be one of {', '.join(sorted(allowed))}, is {value!r}")


def _plain(kind: Any) -> Any:
    """The type without Optional, Awaitable, Output and the typed dictionaries that may stand in for a class."""
    while typing.get_origin(kind) in (typing.Union, types.UnionType):
        members = [
            member
            for member in typing.get_args(kind)
            if member is not type(None)
            and typing.get_origin(member) not in (Awaitable, pulumi.Output)
            and not (isinstance(member, type) and typing.is_typeddict(member))
        ]
        if len(members) > 1 and any(isinstance(member, type) and issubclass(member, enum.Enum) for member in members):
            members = [member for member in members if member is not str]
        # Several classes of assets, or a class and its output twin: the first is the input's.
        kind = members[0] if not all(_is_asset(member) for member in members) else pulumi.Asset
    return kind


def _is_asset(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, (pulumi.Asset, pulumi.Archive))
