"""What counts as an event, and which objects are episodes."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.events import FINALIZED, Dropped, Ignored, NotAnEvent, parse_event, why_no_episode

DATA = {"bucket": "input", "name": "shows/one.mp3", "generation": "1234", "size": "99", "contentType": "audio/mpeg"}
BINARY = {
    "Ce-Id": "1",
    "Ce-Source": "//storage.googleapis.com/projects/_/buckets/input",
    "Ce-Type": FINALIZED,
    "Ce-Specversion": "1.0",
    "Ce-Subject": "objects/shows/one.mp3",
    "Ce-Time": "2026-01-01T00:00:00Z",
    "Content-Type": "application/json",
}
WANTED = Dropped(bucket="input", name="shows/one.mp3", generation=1234, size=99)


def parse(headers, body):
    body = body if isinstance(body, bytes) else json.dumps(body).encode()
    return parse_event(headers, body, input_bucket="input")


def structured(**changes):
    event = {"id": "1", "source": "//s", "type": FINALIZED, "specversion": "1.0", "data": DATA}
    return {**event, "datacontenttype": "application/json", **changes}


def test_a_binary_cloud_event_is_taken() -> None:
    assert parse(BINARY, DATA) == WANTED


def test_a_structured_cloud_event_is_taken() -> None:
    headers = {"content-type": "application/cloudevents+json; charset=utf-8"}
    assert parse(headers, structured()) == WANTED


def test_the_plain_form_is_taken_and_means_the_newest_version() -> None:
    assert parse({}, {"bucket": "input", "name": "one.mp3"}) == Dropped(bucket="input", name="one.mp3")


def test_an_event_of_another_type_is_ignored() -> None:
    deleted = {**BINARY, "Ce-Type": "google.cloud.storage.object.v1.deleted"}
    assert isinstance(parse(deleted, DATA), Ignored)


def test_an_object_in_another_bucket_is_ignored() -> None:
    assert isinstance(parse({}, {**DATA, "bucket": "elsewhere"}), Ignored)


@pytest.mark.parametrize(
    "name", ["shows/", ".hidden.mp3", "a/.b/c.mp3", "one.json", "cover.JPG", "one.mp3.part", "one.vtt", "one.mp3~"]
)
def test_folders_companions_and_hidden_or_unfinished_files_are_ignored(name) -> None:
    found = parse({}, {"bucket": "input", "name": name})
    assert isinstance(found, Ignored)
    assert name in found.reason


@pytest.mark.parametrize("name", ["one.mp3", "a/b/One.WAV", "no-suffix", "talk.docx", "../x.mp3", "日本語 🎙.m4a"])
def test_everything_else_may_be_an_episode_and_is_judged_by_fetch(name) -> None:
    assert why_no_episode(name) is None


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({}, b""),
        ({}, b"\xff\xfe"),
        ({}, b"[1]"),
        ({}, b"{"),
        ({}, {"bucket": "input"}),
        ({}, {"bucket": "input", "name": ""}),
        ({}, {"bucket": "input", "name": "a", "generation": "x"}),
        ({}, {"bucket": "input", "name": "a", "generation": -1}),
        (BINARY, b"{"),
        ({**BINARY, "Ce-Specversion": "9.9"}, DATA),
        ({**BINARY, "Ce-Time": "yesterday"}, DATA),
        ({"content-type": "application/cloudevents+json"}, b"{}"),
        ({"content-type": "application/cloudevents+json"}, b"[]"),
        ({"content-type": "application/cloudevents+json"}, b"no json"),
        ({"content-type": "application/cloudevents+json"}, structured(data="words")),
    ],
)
def test_what_is_no_event_is_refused_with_a_reason(headers, body) -> None:
    with pytest.raises(NotAnEvent) as refused:
        parse(headers, body)
    assert refused.value.message
    assert refused.value.advice


@given(st.dictionaries(st.sampled_from([*BINARY, "content-type", "ce-data"]), st.text(), max_size=6), st.binary())
def test_no_request_at_all_breaks_the_parser(headers, body) -> None:
    with contextlib.suppress(NotAnEvent):
        parse_event(headers, body, input_bucket="input")
