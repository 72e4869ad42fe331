"""What `generateContent` on Vertex AI takes, and what it refuses, as its reference has it.

https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/inference
Protobuf's JSON takes names in camelCase and in snake_case; an unknown one is refused.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Any

MODELS = {
    "gemini-3.8-flash": ("global", "us", "eu"),
    "gemini-3.7-flash": ("global", "us", "eu"),
    "gemini-3.6-flash": ("global", "us", "eu"),
    "gemini-3.5-flash": ("global", "us", "eu", "us-central1", "europe-west4", "asia-northeast1"),
    "gemini-3.5-flash-lite": ("global", "us", "eu"),
    "gemini-3.1-flash-lite": ("global",),
}
"""Model → locations where it answers."""

LONGEST_ANSWER = 65_536
LARGEST_REQUEST = 20 * 1024 * 1024

PATH = re.compile(
    r"/v1(?:beta1)?/projects/(?P<project>[^/]+)/locations/(?P<location>[^/]+)/publishers/google/models/"
    r"(?P<model>[^/:]+):generateContent"
)

BODY = {
    "contents",
    "systemInstruction",
    "generationConfig",
    "safetySettings",
    "tools",
    "toolConfig",
    "labels",
    "cachedContent",
    "modelArmorConfig",
}
GENERATION = {
    "temperature",
    "topP",
    "topK",
    "candidateCount",
    "maxOutputTokens",
    "stopSequences",
    "presencePenalty",
    "frequencyPenalty",
    "seed",
    "responseMimeType",
    "responseSchema",
    "responseJsonSchema",
    "responseLogprobs",
    "logprobs",
    "audioTimestamp",
    "thinkingConfig",
    "mediaResolution",
    "responseModalities",
    "routingConfig",
    "speechConfig",
}
PART_DATA = {"text", "inlineData", "fileData", "functionCall", "functionResponse"}
PART = PART_DATA | {"thought", "thoughtSignature", "videoMetadata", "mediaResolution"}
SCHEMA = {
    "type",
    "format",
    "title",
    "description",
    "nullable",
    "default",
    "items",
    "minItems",
    "maxItems",
    "enum",
    "properties",
    "propertyOrdering",
    "required",
    "minProperties",
    "maxProperties",
    "minimum",
    "maximum",
    "minLength",
    "maxLength",
    "pattern",
    "example",
    "anyOf",
    "additionalProperties",
    "ref",
    "defs",
}
TYPES = {"STRING", "NUMBER", "INTEGER", "BOOLEAN", "ARRAY", "OBJECT", "NULL"}
AUDIO = {
    f"audio/{kind}"
    for kind in ("x-aac", "flac", "mp3", "m4a", "mpeg", "mpga", "mp4", "ogg", "opus", "pcm", "wav", "webm")
}


class Refused(Exception):
    """400 INVALID_ARGUMENT, with what the API says."""


def check_request(body: Any, model: str) -> dict[str, Any]:
    """The request with its names in camelCase. Raises Refused."""
    request = _message(body, BODY, "")
    if not request.get("contents"):
        raise Refused("Unable to submit request because at least one contents field is required.")
    audio = sum(_check_content(each, model) for each in request["contents"])
    if audio > 1:
        raise Refused("Unable to submit request because it has more than one audio file.")
    if "systemInstruction" in request:
        _check_content(request["systemInstruction"], model)
    _check_generation(_message(request.get("generationConfig", {}), GENERATION, "generation_config"), model)
    return request | {"generationConfig": _message(request.get("generationConfig", {}), GENERATION, "")}


def parts_of(content: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The parts of a content, their names in camelCase."""
    parts = [{_camel(name): value for name, value in part.items()} for part in content["parts"]]
    for part in parts:
        for kind in ("fileData", "inlineData"):
            if kind in part:
                part[kind] = {_camel(name): value for name, value in part[kind].items()}
    return parts


def _check_content(content: Any, model: str) -> int:
    """The number of audio files in it."""
    content = _message(content, {"role", "parts"}, "contents")
    if content.get("role", "user") not in ("user", "model"):
        raise Refused("Please use a valid role: user, model.")
    if not content.get("parts"):
        raise Refused("Unable to submit request because it must include at least one parts field.")
    return sum(_check_part(each) for each in parts_of(content))


def _check_part(part: dict[str, Any]) -> bool:
    _known(part, PART, "contents.parts")
    data = PART_DATA & set(part)
    if len(data) != 1:
        raise Refused("Unable to submit request because each part must have exactly one data field set.")
    if part.get("text") == "":
        raise Refused("Unable to submit request because it has an empty text parameter.")
    if "fileData" in part:
        _known(part["fileData"], {"fileUri", "mimeType", "displayName"}, "file_data")
        if not re.fullmatch(r"gs://[a-z0-9][a-z0-9._-]+/.+|https://.+", part["fileData"].get("fileUri", "")):
            raise Refused("Invalid file URI.")
    if "inlineData" in part:
        _known(part["inlineData"], {"data", "mimeType", "displayName"}, "inline_data")
        try:
            base64.b64decode(part["inlineData"].get("data", "").replace("-", "+").replace("_", "/"), validate=True)
        except binascii.Error as error:
            raise Refused("Base64 decoding failed.") from error
    kind = next((part[each].get("mimeType") for each in ("fileData", "inlineData") if each in part), None)
    if "text" not in part and kind not in AUDIO:
        raise Refused(f"Unsupported MIME type: {kind}.")
    return "text" not in part


def _check_generation(config: dict[str, Any], model: str) -> None:
    bounds = {
        "temperature": (0, 2),
        "seed": (-(2**31), 2**31 - 1),
        "maxOutputTokens": (1, LONGEST_ANSWER),
        "candidateCount": (1, 8),
    }
    for name, (lowest, highest) in bounds.items():
        if name in config and not lowest <= config[name] <= highest:
            raise Refused(f"Unable to submit request because {name} must be in [{lowest}, {highest}].")
    if "responseSchema" in config:
        if config.get("responseMimeType") != "application/json":
            raise Refused("response_schema requires response_mime_type to be application/json.")
        _check_schema(config["responseSchema"])
    thinking = _message(config.get("thinkingConfig", {}), {"thinkingLevel", "thinkingBudget", "includeThoughts"}, "")
    if {"thinkingLevel", "thinkingBudget"} <= set(thinking):
        raise Refused("You can only set one of thinking budget and thinking level.")
    if thinking.get("thinkingLevel", "LOW") not in {"LOW", "MEDIUM", "HIGH"} | ({"MINIMAL"} - {_minimal(model)}):
        raise Refused(f"Thinking level {thinking['thinkingLevel']} is not supported for this model.")


def _minimal(model: str) -> str:
    return "MINIMAL" if model.startswith("gemini-3.8") else ""


def _check_schema(schema: Any) -> None:
    schema = _message(schema, SCHEMA, "generation_config.response_schema")
    if schema.get("type") not in TYPES and "anyOf" not in schema:
        raise Refused(f"Invalid value at 'generation_config.response_schema.type': {schema.get('type')!r}")
    if schema.get("type") == "OBJECT" and not schema.get("properties"):
        raise Refused("response_schema.properties: should be non-empty for OBJECT type")
    if schema.get("type") == "ARRAY" and "items" not in schema:
        raise Refused("response_schema.items: missing field.")
    for name in schema.get("required", ()):
        if name not in schema.get("properties", {}):
            raise Refused(f"response_schema.required: property is not defined: {name}")
    inner = [*schema.get("properties", {}).values(), *schema.get("anyOf", ())]
    for each in [*inner, schema["items"]] if "items" in schema else inner:
        _check_schema(each)


def _message(value: Any, fields: set[str], where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Refused(f"Invalid value at '{where}'.")
    named = {_camel(name): content for name, content in value.items()}
    _known(named, fields, where)
    return named


def _known(value: Mapping[str, Any], fields: set[str], where: str) -> None:
    for name in value:
        if _camel(name) not in fields:
            at = f" at '{where}'" if where else ""
            raise Refused(f'Invalid JSON payload received. Unknown name "{name}"{at}: Cannot find field.')


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.title() for part in rest)
