"""A Vertex AI of the tests' own: real HTTP on loopback, and answers in the documented shapes.

A script is a function from what was asked to a reply, `Says` or the API's own error, `Fails`. What can go wrong
between client and server is told to `faults`. The server is strict: what the real API refuses, it refuses
(support_servers/vertex_requests.py).

    with vertex(lambda asked: Says({"language": "en", "segments": [], "voices": []})) as server:
        VertexAIClient(…, base_url=server.url, credentials=Credentials(token=TOKEN))

A program of its own finds the server, and a service account that the server believes, by `environment`.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from support_servers.faults import Faults, serving
from support_servers.vertex_requests import LARGEST_REQUEST, MODELS, PATH, Refused, check_request, parts_of
from werkzeug.wrappers import Request, Response

TOKEN = "fake"
TOKENS_A_LETTER = 0.3
TOKENS = "/token"


@dataclass(frozen=True)
class Asked:
    """One request that the API would take."""

    model: str
    location: str
    project: str
    request: dict[str, Any] = field(repr=False)

    @property
    def parts(self) -> list[dict[str, Any]]:
        return [part for content in self.request["contents"] for part in parts_of(content)]

    @property
    def audio(self) -> str | None:
        """The URI of the audio, `inline` for audio in the request, None where a text is asked about."""
        for part in self.parts:
            if "fileData" in part:
                return str(part["fileData"]["fileUri"])
            if "inlineData" in part:
                return "inline"
        return None

    @property
    def texts(self) -> list[str]:
        return [part["text"] for part in self.parts if "text" in part]

    @property
    def instruction(self) -> str:
        return str(self.request["systemInstruction"]["parts"][0]["text"])

    @property
    def config(self) -> dict[str, Any]:
        return dict(self.request["generationConfig"])


@dataclass(frozen=True)
class Says:
    """An answer. `answer` becomes JSON text, unless it is text already."""

    answer: Any = None
    finish: str | None = "STOP"
    blocked: str | None = None
    version: str | None = None
    prompt_tokens: int = 1000
    audio_tokens: int | None = None
    """How many of the prompt's are audio; all of them if None. A number below 0 leaves the details out."""
    thoughts: int = 200
    after: float = 0.0
    """Seconds that the model thinks; only for benches."""


@dataclass(frozen=True)
class Fails:
    """An error as the API words it."""

    code: int
    status: str
    message: str = "It cannot be done."
    headers: dict[str, str] = field(default_factory=dict)


Reply = Says | Fails
Script = Callable[[Asked], Reply]
NOT_THE_API = b"<html><title>Error 404 (Not Found)!!1</title></html>"


class Vertex:
    """Answers as its script says, and remembers what it was asked."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.asked: list[Asked] = []
        self.refused: list[str] = []
        self.faults = Faults(self)
        self.url = ""
        self._ended = threading.Event()
        self._lock = threading.Lock()

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        return self._respond(Request(environ))(environ, start_response)

    def end(self) -> None:
        """Nobody waits for a thinking model any more."""
        self._ended.set()

    def environment(self, folder: Path) -> dict[str, str]:
        """Variables that make Google's library ask this server; the key of the account is written to `folder`."""
        key = folder / "service-account.json"
        key.write_text(json.dumps(service_account(f"{self.url}{TOKENS}")), encoding="utf-8")
        return {"GOOGLE_APPLICATION_CREDENTIALS": str(key), "GOOGLE_VERTEX_BASE_URL": self.url}

    def _respond(self, request: Request) -> Response:
        if request.path == TOKENS:
            return _json(200, {"access_token": TOKEN, "expires_in": 3600, "token_type": "Bearer"})
        place = PATH.fullmatch(request.path)
        if place is None:
            return Response(NOT_THE_API, 404, content_type="text/html; charset=UTF-8")
        reply = _refusal(request, place["model"], place["location"]) or self._reply(request, place.groupdict())
        if isinstance(reply, Says):
            self._ended.wait(reply.after)
            return _json(200, document(reply, place["model"]))
        self.refused.append(reply.message)
        error = {"code": reply.code, "message": reply.message, "status": reply.status}
        return _json(reply.code, {"error": error}, reply.headers)

    def _reply(self, request: Request, place: dict[str, str]) -> Reply:
        try:
            asked = Asked(**place, request=check_request(json.loads(request.get_data()), place["model"]))
        except (json.JSONDecodeError, Refused) as refused:
            return Fails(400, "INVALID_ARGUMENT", str(refused))
        with self._lock:
            self.asked.append(asked)
        return self.script(asked)


@contextmanager
def vertex(script: Script) -> Iterator[Vertex]:
    """The server while the block runs."""
    server = Vertex(script)
    with serving(server.faults) as server.url:
        yield server
        server.end()


def document(said: Says, model: str) -> dict[str, Any]:
    """A GenerateContentResponse.

    https://cloud.google.com/vertex-ai/generative-ai/docs/reference/rest/v1/GenerateContentResponse
    """
    text = said.answer if isinstance(said.answer, str) else json.dumps(said.answer, ensure_ascii=False)
    written = 0 if said.answer is None else int(len(text) * TOKENS_A_LETTER)
    candidate: dict[str, Any] = {"content": {"role": "model"}}
    if said.answer is not None:
        candidate["content"]["parts"] = [{"text": text}]
    if said.finish is not None:
        candidate["finishReason"] = said.finish
    whole: dict[str, Any] = {
        "usageMetadata": {
            "promptTokenCount": said.prompt_tokens,
            "candidatesTokenCount": written,
            "thoughtsTokenCount": said.thoughts,
            "totalTokenCount": said.prompt_tokens + written + said.thoughts,
            "trafficType": "ON_DEMAND",
            **_prompt_details(said),
            "candidatesTokensDetails": [{"modality": "TEXT", "tokenCount": written}],
        },
        "modelVersion": said.version or f"{model}-001",
        "createTime": "2026-11-24T09:30:00.123456Z",
        "responseId": "vertex-1",
    }
    if said.blocked:
        return whole | {
            "promptFeedback": {"blockReason": said.blocked, "blockReasonMessage": "The prompt was blocked."}
        }
    return whole | {"candidates": [candidate]}


def _prompt_details(said: Says) -> dict[str, Any]:
    audio = said.prompt_tokens if said.audio_tokens is None else said.audio_tokens
    if audio < 0:
        return {}
    counts = {"AUDIO": audio, "TEXT": said.prompt_tokens - audio}
    return {"promptTokensDetails": [{"modality": kind, "tokenCount": count} for kind, count in counts.items() if count]}


def service_account(token_uri: str) -> dict[str, str]:
    """A key file as Google's console makes them, for an account that only exists here."""
    key = rsa.generate_private_key(public_exponent=65_537, key_size=2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return {
        "type": "service_account",
        "project_id": "our-project",
        "private_key_id": "1",
        "private_key": pem.decode(),
        "client_email": "process@our-project.iam.gserviceaccount.com",
        "client_id": "1",
        "token_uri": token_uri,
    }


def one_after_another(*replies: Reply) -> Script:
    """The replies in their order, the last one for ever."""
    left = list(replies)
    return lambda _: left.pop(0) if len(left) > 1 else left[0]


def _refusal(request: Request, model: str, location: str) -> Fails | None:
    if request.headers.get("Authorization") != f"Bearer {TOKEN}":
        return Fails(401, "UNAUTHENTICATED", "Request had invalid authentication credentials.")
    if len(request.get_data()) > LARGEST_REQUEST:
        return Fails(413, "FAILED_PRECONDITION", "Request payload size exceeds the limit.")
    if location not in MODELS.get(model, ()):
        return Fails(404, "NOT_FOUND", f"Publisher Model `publishers/google/models/{model}` was not found.")
    return None


def _json(code: int, content: dict[str, Any], headers: dict[str, str] | None = None) -> Response:
    text = json.dumps(content, ensure_ascii=False)
    return Response(text, code, headers, content_type="application/json; charset=UTF-8")
