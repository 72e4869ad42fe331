"""Which account may use which door, by the claims that Cloud Run's IAM let through."""

from __future__ import annotations

import base64
import json

import pytest
from support_servers.metadata import stripped, token_for

from controller.callers import caller_of, refusal
from shared.deployment import Callers

TRIGGER, SCHEDULER, FETCH, PUSH = (f"podcast-{who}@p.iam.gserviceaccount.com" for who in ("a", "b", "c", "d"))
OPERATOR = "ann@example.com"
CALLERS = Callers(events=(TRIGGER,), sweep=(SCHEDULER,), signals=(FETCH, PUSH))


def headers(email, **more):
    return {"Authorization": f"Bearer {stripped(token_for(email, 'https://c.run.app'))}", **more}


DOORS = {
    "/events": {TRIGGER},
    "/sweep": {SCHEDULER},
    "/signals": {FETCH, PUSH},
    "/": {OPERATOR},
    "/jobs/1": {OPERATOR},
    "/jobs/1/retry": {OPERATOR},
    "/upload": {OPERATOR},
    "/api/jobs": {OPERATOR},
    "/site/feed.rss": {OPERATOR},
    "/events/": {OPERATOR},
}


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("who", [TRIGGER, SCHEDULER, FETCH, PUSH, OPERATOR])
def test_every_account_has_its_own_doors_and_no_others(who, door, method) -> None:
    refused = refusal(method, door, headers(who), CALLERS)
    assert (refused is None) == (who in DOORS[door])
    if refused:
        assert refused[0] == 403
        assert who in refused[1]


def test_an_account_with_two_duties_has_both_doors() -> None:
    both = Callers(events=(TRIGGER,), sweep=(TRIGGER,), signals=())
    assert refusal("POST", "/events", headers(TRIGGER), both) is None
    assert refusal("POST", "/sweep", headers(TRIGGER), both) is None
    refused = refusal("GET", "/", headers(TRIGGER), both)
    assert refused is not None
    assert "/events and /sweep only" in refused[1]


def test_probes_need_no_name() -> None:
    assert refusal("GET", "/health", {}, CALLERS) is None


def jwt(claims) -> str:
    middle = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"e30.{middle}.SIGNATURE_REMOVED_BY_GOOGLE"


NOBODY = {
    "no token": {},
    "a password": {"Authorization": "Basic YTpi"},
    "no claims": {"Authorization": "Bearer abc"},
    "four parts": {"Authorization": f"Bearer {jwt({'email': OPERATOR, 'email_verified': True})}.x"},
    "claims that are no JSON": {"Authorization": "Bearer e30.e2.x"},
    "claims that are a list": {"Authorization": f"Bearer {jwt([1])}"},
    "claims that are no base64": {"Authorization": "Bearer e30.%%%%.x"},
    "no address": {"Authorization": f"Bearer {jwt({'email_verified': True})}"},
    "an address that is none": {"Authorization": f"Bearer {jwt({'email': 7, 'email_verified': True})}"},
    "an address that nobody confirmed": {"Authorization": f"Bearer {jwt({'email': OPERATOR})}"},
    "an address that is said to be wrong": {
        "Authorization": f"Bearer {jwt({'email': OPERATOR, 'email_verified': 'true'})}"
    },
}


@pytest.mark.parametrize("sent", NOBODY.values(), ids=NOBODY)
@pytest.mark.parametrize("door", ["/", "/events", "/sweep", "/signals"])
def test_whoever_does_not_say_who_calls_is_refused_with_401(sent, door) -> None:
    refused = refusal("POST", door, sent, CALLERS)
    assert refused is not None
    assert refused[0] == 401


def test_capitals_in_an_address_make_no_difference() -> None:
    assert refusal("POST", "/events", headers(TRIGGER.upper()), CALLERS) is None


def test_the_token_for_iam_wins_over_the_one_for_the_application() -> None:
    sent = headers(OPERATOR, **{"X-Serverless-Authorization": headers(TRIGGER)["Authorization"]})
    assert caller_of(sent) == TRIGGER


def test_bytes_that_base64_writes_with_dash_and_underscore_are_read() -> None:
    sent = {"Authorization": f"Bearer {jwt({'email': OPERATOR, 'email_verified': True, 'name': '?~ÿÿ>>'})}"}
    assert caller_of(sent) == OPERATOR


@pytest.mark.parametrize("site", ["cross-site", "same-site", "Cross-Site"])
def test_a_foreign_page_in_an_operators_browser_changes_nothing(site) -> None:
    refused = refusal("POST", "/jobs/1/retry", headers(OPERATOR, **{"Sec-Fetch-Site": site}), CALLERS)
    assert refused is not None
    assert refused[0] == 403
    assert refusal("GET", "/", headers(OPERATOR, **{"Sec-Fetch-Site": site}), CALLERS) is None
    assert refusal("POST", "/jobs/1/retry", headers(OPERATOR, **{"Sec-Fetch-Site": "same-origin"}), CALLERS) is None
