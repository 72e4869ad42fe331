"""Resources as a graph that tests can ask."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

SECRET_MARK = "4dabf18193072939515e22adb298388d"
"""The key by which a state file marks what is more than a plain value."""


@dataclass(frozen=True)
class Node:
    """One resource."""

    urn: str
    type: str
    name: str
    inputs: Mapping[str, Any]
    outputs: Mapping[str, Any] = field(default_factory=dict)
    provider: str = ""
    parent: str = ""
    protect: bool = False
    retain: bool = False
    dependencies: tuple[str, ...] = ()
    ignores: tuple[str, ...] = ()

    @property
    def waits_for(self) -> set[str]:
        """Names of the resources that come first."""
        return {urn.rpartition("::")[2] for urn in self.dependencies}

    def __getitem__(self, path: str) -> Any:
        """The input at the path; a number goes into a list."""
        value: Any = self.inputs
        for part in path.split("."):
            value = value[int(part)] if isinstance(value, list) else value[part]
        return value


class Graph:
    """All resources of a stack."""

    def __init__(self, nodes: Iterable[Node]) -> None:
        self.nodes = list(nodes)

    @classmethod
    def of_state(cls, deployment: Mapping[str, Any]) -> Graph:
        """From a state file."""
        return cls(
            Node(
                urn=each["urn"],
                type=each["type"],
                name=each["urn"].rpartition("::")[2],
                inputs=each.get("inputs", {}),
                outputs=each.get("outputs", {}),
                provider=each.get("provider", ""),
                parent=each.get("parent", ""),
                protect=each.get("protect", False),
                retain=each.get("retainOnDelete", False),
                dependencies=tuple(each.get("dependencies", ())),
            )
            for each in deployment.get("resources", [])
        )

    def of(self, *types: str) -> list[Node]:
        """The clouds' resources of these types; `Bucket` stands for every token that ends so."""
        real = (node for node in self.nodes if not node.type.startswith("podcast:"))
        return [node for node in real if node.type in types or node.type.rpartition(":")[2] in types]

    def one(self, type_: str, name: str) -> Node:
        """The only resource of the type with the name."""
        (found,) = (node for node in self.of(type_) if node.name == name)
        return found

    def bindings(self) -> Iterator[Node]:
        """Every resource that gives somebody a role."""
        return (node for node in self.nodes if node.type.lower().endswith("iammember"))
