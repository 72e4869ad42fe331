"""What a changed setting touches: two declarations of the program, compared as the stand-ins compare.

python tests/support_changes.py    writes tests/infra/changes.toml anew
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from standin_clouds import behaviour
from support_graph import Graph, Node
from support_settings import WEBHOOK, ZONE, declare, dev_settings

GOLDEN = Path(__file__).resolve().parent / "infra" / "changes.toml"

CHANGES: dict[str, dict[str, Any]] = {
    "show.title": {"show": {"title": "Another title"}},
    "steps.process.memory": {"steps": {"process": {"memory": "8Gi"}}},
    "steps.fetch.timeout_minutes": {"steps": {"fetch": {"timeout_minutes": 30}}},
    "ai_model": {"ai_model": "gemini-3.7-flash"},
    "cost_cap_usd": {"cost_cap_usd": 1},
    "slots": {"slots": 5},
    "controller_min_instances": {"controller_min_instances": 0},
    "retention.audio": {"retention": {"audio": 30}},
    "discord_webhook": {"discord_webhook": WEBHOOK},
    "operators": {"operators": ["you@example.com"]},
    "notification_emails": {"notification_emails": ["you@example.com"]},
    "orchestration": {"orchestration": "pubsub"},
    "domain": {"domain": "podcast.example.com", "cloudflare_zone_id": ZONE},
    "input_bucket": {"input_bucket": "our-recordings"},
    "region": {"region": "us-central1"},
}
"""What is changed against a fresh stack `dev`."""


def changes(before: Graph, after: Graph) -> dict[str, str]:
    """Create, update, replace or delete, by resource; only clouds' resources, unchanged ones left out."""
    old, new = _by_name(before), _by_name(after)
    found = dict.fromkeys(new.keys() - old.keys(), "create") | dict.fromkeys(old.keys() - new.keys(), "delete")
    for name in old.keys() & new.keys():
        operation = _operation(old[name], new[name])
        if operation:
            found[name] = operation
    return dict(sorted(found.items()))


def _by_name(graph: Graph) -> dict[str, Node]:
    return {
        f"{node.type.rpartition(':')[2]} {node.name}": node
        for node in graph.nodes
        if node.type.partition(":")[0] in {"gcp", "cloudflare", "docker"}
    }


def _operation(before: Node, after: Node) -> str | None:
    names = {*before.inputs, *after.inputs} - {"registry", *after.ignores}
    changed = {name for name in names if _text(before.inputs.get(name)) != _text(after.inputs.get(name))}
    if not changed:
        return None
    replacing = behaviour.REPLACED_BY.get(after.type, set())
    return "replace" if after.type in behaviour.REPLACED_BY_ANY_CHANGE or changed & replacing else "update"


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=lambda other: getattr(other, "path", repr(other)))


def written(found: Mapping[str, Mapping[str, str]]) -> str:
    """The golden file's text."""
    head = GOLDEN.read_text("utf-8").partition("\n[")[0].rstrip()
    tables = [
        f'["{setting}"]\n' + "\n".join(f'"{name}" = "{operation}"' for name, operation in touched.items())
        for setting, touched in found.items()
    ]
    return "\n\n".join([head, *tables]) + "\n"


def found_changes() -> dict[str, dict[str, str]]:
    """What each of CHANGES touches."""
    before = declare(dev_settings())
    return {setting: changes(before, declare(dev_settings(**changed))) for setting, changed in CHANGES.items()}


if __name__ == "__main__":
    GOLDEN.write_text(written(found_changes()), "utf-8")
