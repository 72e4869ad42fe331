"""What R2 refuses and moto accepts, and conditional writes that are atomic.

Sources: https://developers.cloudflare.com/r2/api/s3/api/,
https://developers.cloudflare.com/r2/objects/multipart-objects/#limitations and
https://developers.cloudflare.com/r2/api/s3/conditional-operations/.
"""

from __future__ import annotations

import http.client
import threading
from collections.abc import Callable
from xml.etree import ElementTree as ET

from support_servers.proxy import Request, Response

SMALLEST_PART = 5 * 1024 * 1024
REGIONS = ("auto", "us-east-1")


class Strictness:
    """The double before moto."""

    def __init__(self) -> None:
        self._sizes: dict[str, dict[int, int]] = {}
        self._lock = threading.Lock()
        self._writing = threading.Lock()

    def handle(self, request: Request, forward: Callable[[Request], Response]) -> Response:
        if request.method == "PUT" and "uploadId" in request.query:
            return self._refusal(request) or self._remember(request, forward(request))
        if request.method in ("PUT", "POST", "DELETE"):
            with self._writing:  # moto looks and then writes: two at once would both win
                return self._refusal(request) or self._unmet(request, forward) or forward(request)
        return self._refusal(request) or forward(request)

    def _refusal(self, request: Request) -> Response | None:
        headers = {name.lower(): value for name, value in request.headers.items()}
        if "acl" in request.query or any(name == "x-amz-acl" or name.startswith("x-amz-grant-") for name in headers):
            return _error(501, "NotImplemented", "Header 'x-amz-acl' not implemented")
        if "x-amz-trailer" in headers or "aws-chunked" in headers.get("content-encoding", ""):
            return _error(501, "NotImplemented", "STREAMING-UNSIGNED-PAYLOAD-TRAILER not implemented")
        if "x-amz-sdk-checksum-algorithm" in headers:
            # Over TLS boto3 sends its own checksums as trailers; over plain HTTP, as here, this header gives it away.
            return _error(501, "NotImplemented", "Header 'x-amz-sdk-checksum-algorithm' not implemented")
        scope = headers.get("authorization", "").partition("Credential=")[2].split(",")[0].split("/")
        if len(scope) == 5 and scope[2] not in REGIONS:
            return _error(400, "InvalidRegionName", f"The region name '{scope[2]}' is not valid.")
        if request.method == "POST" and "uploadId" in request.query:
            return self._unequal(request.query["uploadId"], request.body)
        return None

    def _unequal(self, upload: str, body: bytes) -> Response | None:
        numbers = sorted(int(each.text or 0) for each in ET.fromstring(body).iter() if each.tag.endswith("PartNumber"))
        with self._lock:
            known = self._sizes.get(upload, {})
        sizes = [known[number] for number in numbers if number in known]
        if not sizes or (len(set(sizes[:-1])) <= 1 and sizes[-1] <= sizes[0]):
            return None
        return _error(400, "InvalidPart", "All non-trailing parts must have the same length.")

    def _unmet(self, request: Request, forward: Callable[[Request], Response]) -> Response | None:
        # moto knows If-Match of a PUT, not of the end of a multipart upload.
        wanted = request.headers["If-Match"]
        if wanted is None or "uploadId" not in request.query:
            return None
        who = http.client.HTTPMessage()
        for name in ("Host", "Authorization"):
            who[name] = request.headers[name]
        found = forward(Request("HEAD", request.target.partition("?")[0], who, b""))
        if found.status == 200 and found.header("ETag") == wanted:
            return None
        return _error(412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold.")

    def _remember(self, request: Request, response: Response) -> Response:
        query = request.query
        if request.method == "PUT" and "uploadId" in query and response.status == 200:
            with self._lock:
                self._sizes.setdefault(query["uploadId"], {})[int(query["partNumber"])] = len(request.body)
        return response


def _error(status: int, code: str, message: str) -> Response:
    body = f'<?xml version="1.0" encoding="UTF-8"?><Error><Code>{code}</Code><Message>{message}</Message></Error>'
    return Response(status, [("Content-Type", "application/xml")], body.encode())
