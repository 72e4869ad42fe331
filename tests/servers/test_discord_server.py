"""The Discord of the tests refuses what Discord refuses: whoever trusts it can trust it."""

from __future__ import annotations

import json
import time

import pytest
import urllib3
from support_servers.discord import complaints, discord_server, pings


@pytest.fixture
def discord():
    with discord_server() as server:
        yield server


def post(address, body):
    return urllib3.request("POST", address, body=json.dumps(body), retries=False)


def embed(**parts):
    return {"embeds": [parts]}


TOO_MUCH = {
    "a title of 257": embed(title="t" * 257),
    "a title of 129 emoji": embed(title="🎙" * 129),
    "a description of 4,097": embed(description="d" * 4097),
    "26 fields": embed(title="t", fields=[{"name": "n", "value": "v"}] * 26),
    "a field's name of 257": embed(fields=[{"name": "n" * 257, "value": "v"}]),
    "a field's value of 1,025": embed(fields=[{"name": "n", "value": "v" * 1025}]),
    "a field without a value": embed(fields=[{"name": "n", "value": " "}]),
    "a footer of 2,049": embed(footer={"text": "f" * 2049}),
    "an author of 257": embed(author={"name": "a" * 257}),
    "6,001 together": {"embeds": [{"description": "d" * 3000}, {"description": "d" * 3001}]},
    "11 embeds": {"embeds": [{"title": "t"}] * 11},
    "content of 2,001": {"content": "c" * 2001},
    "nothing": {},
    "a list": [],
    "a colour beyond white": embed(title="t", color=0x1000000),
    "an address without a scheme": embed(title="t", url="example.com"),
    "a cover on a disk": embed(title="t", thumbnail={"url": "/covers/1.jpg"}),
    "a time that is none": embed(title="t", timestamp="yesterday"),
    "a part that Discord does not know": embed(titel="t"),
}


@pytest.mark.parametrize("body", TOO_MUCH.values(), ids=TOO_MUCH)
def test_what_discord_refuses_is_refused(discord, body) -> None:
    answer = post(f"{discord.url}?wait=true", body)
    assert (answer.status, answer.json()["code"]) == (400, 50035)
    assert discord.messages == []


def test_what_just_fits_is_taken(discord) -> None:
    fields = [{"name": "n" * 256, "value": "v" * 240}] + [{"name": "n", "value": "v"}] * 24
    fits = {"title": "t" * 256, "description": "d" * 4096, "fields": fields, "footer": {"text": "f" * 1104}}
    assert complaints({"embeds": [fits]}) == {}
    assert post(f"{discord.url}?wait=true", {"embeds": [fits]}).status == 200


def test_the_message_comes_back_only_where_one_waits_for_it(discord) -> None:
    assert post(discord.url, {"content": "c"}).status == 204
    assert post(f"{discord.url}?wait=true", {"content": "c"}).json()["content"] == "c"


def test_a_wrong_token_and_a_deleted_webhook_are_told_apart(discord) -> None:
    assert post(discord.url + "x", {"content": "c"}).status == 401
    discord.deleted = True
    assert post(discord.url, {"content": "c"}).status == 404


def test_whoever_comes_too_early_is_noted_and_sent_away_again(discord) -> None:
    discord.closed_for = [30.0]
    told = post(discord.url, {"content": "c"})
    assert (told.status, told.json()["retry_after"], told.headers["Retry-After"]) == (429, 30.0, "30")
    assert post(discord.url, {"content": "c"}).status == 429
    assert discord.impatient == 1
    discord._open_at = time.monotonic()
    assert post(discord.url, {"content": "c"}).status == 204


def test_a_mention_pings_unless_mentions_are_switched_off() -> None:
    said = {"content": "@everyone and <@1>"}
    assert pings(said) == ["@everyone", "<@"]
    assert pings({**said, "allowed_mentions": {"parse": []}}) == []
