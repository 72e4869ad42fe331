"""The APIs that must be switched on: the list that infra enables."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import partial

from controller.stack.doctor.google import Google
from controller.stack.doctor.probing import Finding, Probe, fault
from shared.deployment import GOOGLE_APIS


def probes(google: Google) -> list[Probe]:
    """One look at all of them."""
    return [Probe("APIs", partial(_look, google))]


def _look(google: Google) -> Finding:
    """https://cloud.google.com/service-usage/docs/reference/rest/v1/services/batchGet takes up to 30 names."""
    names = [f"projects/{google.project}/services/{api}.googleapis.com" for api in GOOGLE_APIS]
    answer = google.operator().get(
        "ask which APIs are on", "serviceusage", f"v1/projects/{google.project}/services:batchGet", {"names": names}
    )
    on = {
        str(each["name"]).rpartition("/")[2].removesuffix(".googleapis.com")
        for each in answer.get("services", [])
        if each.get("state") == "ENABLED"
    }
    return apis_finding(GOOGLE_APIS, on, google.project)


def apis_finding(needed: Sequence[str], on: Collection[str], project: str) -> Finding:
    """Whether every API that is needed is on."""
    off = [f"{api}.googleapis.com" for api in needed if api not in on]
    if off:
        return fault(f"{', '.join(off)} switched off", f"gcloud services enable {' '.join(off)} --project={project}")
    return Finding(f"all {len(needed)} are on")
