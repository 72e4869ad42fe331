"""How GCS remembers a resumable upload. fake-gcs-server appends whatever comes and takes a question for the end.

Source: https://cloud.google.com/storage/docs/performing-resumable-uploads (status check; bytes that were kept already
are ignored when they come again; a finished upload answers with its object).
"""

from __future__ import annotations

import http.client
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from support_servers.proxy import Request, Response


@dataclass
class Session:
    kept: int = 0
    answer: Response | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)


class ResumableSessions:
    """The double before fake-gcs-server."""

    def __init__(self) -> None:
        self._sessions: dict[str, Session] = {}
        self._lock = threading.Lock()

    def handle(self, request: Request, forward: Callable[[Request], Response]) -> Response:
        key = request.query.get("upload_id")
        if key is None or request.method != "PUT":
            return forward(request)
        with self._lock:
            session = self._sessions.setdefault(key, Session())
        with session.lock:
            return self._chunk(session, request, forward)

    def forget(self) -> None:
        """Sessions that are asked for afterwards were never there."""
        with self._lock:
            for session in self._sessions.values():
                session.answer = Response(404)

    def _chunk(self, session: Session, request: Request, forward: Callable[[Request], Response]) -> Response:
        if session.answer is not None:
            return session.answer
        content_range = request.headers["Content-Range"]
        found = re.fullmatch(r"bytes (?:(\d+)-(\d+)|\*)/(\d+|\*)", content_range)
        assert found is not None, content_range
        begins, ends, total = found.groups()
        if begins is None and (total == "*" or int(total) > session.kept):
            return _more(session.kept)
        if begins is not None:
            if int(begins) > session.kept:
                return Response(400, body=b"there is a gap")
            fresh = request.body[session.kept - int(begins) :]
            if not fresh and total == "*":
                return _more(session.kept)
            headers = http.client.HTTPMessage()
            for name, value in request.headers.items():
                if name.lower() != "content-range":
                    headers[name] = value
            headers["Content-Range"] = f"bytes {session.kept}-{ends}/{total}"
            request = Request(request.method, request.target, headers, fresh)
        response = forward(request)
        if response.status == 308:
            session.kept += len(request.body)
        elif response.status < 500:
            session.answer = response
        return response


def _more(kept: int) -> Response:
    return Response(308, [("Range", f"bytes=0-{kept - 1}")] if kept else [])
