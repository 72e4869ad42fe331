"""The tests' own Vertex AI refuses what the real one refuses; otherwise green tests would prove nothing."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any

import pytest
from support_servers.vertex import TOKEN, Says, Vertex, vertex

GOOD: dict[str, Any] = {"contents": [{"role": "user", "parts": [{"text": "Hello."}]}]}
AUDIO = {"fileData": {"fileUri": "gs://bucket/a.flac", "mimeType": "audio/flac"}}
PLACE = "/v1beta1/projects/p/locations/global/publishers/google/models/gemini-3.8-flash:generateContent"


@pytest.fixture
def server():
    with vertex(lambda _: Says({"answer": 42}, prompt_tokens=7, thoughts=5)) as running:
        yield running


def post(server: Vertex, body: Any, *, path: str = PLACE, token: str = TOKEN) -> tuple[int, dict[str, Any]]:
    request = urllib.request.Request(
        server.url + path, json.dumps(body).encode(), {"Authorization": f"Bearer {token}"}, method="POST"
    )
    try:
        with urllib.request.urlopen(request) as response:
            return response.status, json.load(response)
    except urllib.error.HTTPError as error:
        with error:
            content = error.read()
        return error.code, json.loads(content) if content.startswith(b"{") else {}


def content(*parts: dict[str, Any]) -> dict[str, Any]:
    return {"contents": [{"role": "user", "parts": list(parts)}]}


def generating(**config: Any) -> dict[str, Any]:
    return {**GOOD, "generationConfig": config}


def test_an_answer_has_the_documented_shape(server) -> None:
    status, answer = post(server, GOOD)
    assert status == 200
    (candidate,) = answer["candidates"]
    assert candidate["finishReason"] == "STOP"
    assert json.loads(candidate["content"]["parts"][0]["text"]) == {"answer": 42}
    used = answer["usageMetadata"]
    assert used["totalTokenCount"] == 7 + 5 + used["candidatesTokenCount"]
    assert answer["modelVersion"] == "gemini-3.8-flash-001"


def test_a_blocked_prompt_has_no_candidates(server) -> None:
    server.script = lambda _: Says(blocked="SAFETY")
    answer = post(server, GOOD)[1]
    assert "candidates" not in answer
    assert answer["promptFeedback"]["blockReason"] == "SAFETY"


def test_names_are_taken_in_both_of_protobufs_cases(server) -> None:
    body = content({"file_data": {"file_uri": "gs://bucket/a.flac", "mime_type": "audio/flac"}}, {"text": "Hear."})
    assert post(server, body | {"generation_config": {"max_output_tokens": 10}})[0] == 200
    assert server.asked[0].audio == "gs://bucket/a.flac"
    assert server.asked[0].config == {"maxOutputTokens": 10}


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"contents": []},
        {**GOOD, "mood": "good"},
        {"contents": [{"role": "system", "parts": [{"text": "x"}]}]},
        {"contents": [{"role": "user", "parts": []}]},
        content({"text": ""}),
        content({"text": "x", **AUDIO}),
        content({"speech": "x"}),
        content(AUDIO, AUDIO),
        content({"fileData": {"fileUri": "/tmp/a.flac", "mimeType": "audio/flac"}}),
        content({"fileData": {"fileUri": "gs://bucket/a.txt", "mimeType": "text/rtf"}}),
        content({"inlineData": {"data": "not base64!", "mimeType": "audio/flac"}}),
        generating(temperature=3),
        generating(seed=2**40),
        generating(maxOutputTokens=100_000),
        generating(creativity=1),
        generating(responseSchema={"type": "STRING"}),
        generating(responseMimeType="application/json", responseSchema={"type": "text"}),
        generating(responseMimeType="application/json", responseSchema={"type": "OBJECT"}),
        generating(responseMimeType="application/json", responseSchema={"type": "ARRAY"}),
        generating(
            responseMimeType="application/json",
            responseSchema={"type": "OBJECT", "properties": {"a": {"type": "STRING", "const": 1}}},
        ),
        generating(
            responseMimeType="application/json",
            responseSchema={"type": "OBJECT", "properties": {"a": {"type": "STRING"}}, "required": ["b"]},
        ),
        generating(thinkingConfig={"thinkingLevel": "MINIMAL"}),
        generating(thinkingConfig={"thinkingLevel": "LOW", "thinkingBudget": 5}),
    ],
    ids=str,
)
def test_what_the_api_refuses_is_refused_and_never_reaches_the_script(server, body) -> None:
    status, answer = post(server, body)
    assert (status, answer["error"]["status"]) == (400, "INVALID_ARGUMENT")
    assert server.asked == []


def test_a_caller_without_a_token_is_refused(server) -> None:
    assert post(server, GOOD, token="stolen")[0] == 401


@pytest.mark.parametrize(
    "path",
    [
        PLACE.replace("3.8", "1.5"),
        PLACE.replace("global", "asia-northeast1"),
        PLACE.replace("generateContent", "predict"),
        "/v1beta/models/gemini-3.8-flash:generateContent",
    ],
)
def test_a_model_that_is_not_there_is_not_found(server, path) -> None:
    assert post(server, GOOD, path=path)[0] == 404
