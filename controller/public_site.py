"""Serves the public folder under `/site/`, as a bucket behind a CDN would: types, ranges, ETags, CORS."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from flask import Blueprint, Response, redirect, render_template, request, send_file
from werkzeug.http import parse_range_header
from werkzeug.wrappers import Response as AnyResponse

from shared.cdn.headers import headers_of

PREFIX: Final = "/site"
INDEX: Final = "index.html"

POLICY: Final = (
    "default-src 'none'; img-src 'self' data:; media-src 'self'; connect-src 'self'; script-src 'self'; "
    "style-src 'self' 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)
"""The site shares its origin with the dashboard on a laptop: no text in it may become a script."""


@dataclass(frozen=True)
class Nothing:
    """What a page says that stands where nothing else is."""

    heading: str
    reason: str
    way_out: str
    way_out_label: str


NOTHING_YET: Final = {
    "en": Nothing(
        "Nothing is published yet",
        "The show's site appears here as soon as its first episode is published.",
        "/",
        "Drop a recording on the dashboard",
    ),
    "ja": Nothing(
        "まだ何も公開されていません",
        "最初のエピソードが公開されると、ここに番組のサイトが現れます。",
        "/",
        "ダッシュボードで録音をドロップする",
    ),
}
NOT_THERE: Final = {
    "en": Nothing(
        "There is no such page",
        "Either the address is wrong, or this episode is not public any more.",
        f"{PREFIX}/",
        "To the show's site",
    ),
    "ja": Nothing(
        "ページが見つかりません",
        "アドレスが間違っているか、このエピソードはもう公開されていません。",
        f"{PREFIX}/",
        "番組のサイトへ",
    ),
}


def build_public_site(root: Path) -> Blueprint:
    """The routes that read the folder `root`, which need not exist yet."""
    # Flask takes a relative path for one beside the application's own code.
    root = root.absolute()
    site = Blueprint("public_site", __name__, template_folder="templates")

    @site.get(f"{PREFIX}/", defaults={"name": ""})
    @site.get(f"{PREFIX}/<path:name>")
    def read(name: str) -> AnyResponse | tuple[str, int]:
        path = find(root, name)
        if path is None:
            if not name:
                return _nothing_here(NOTHING_YET), 404
            return _nothing_here(NOT_THERE), 404
        if path.is_dir():  # its relative links need the slash
            return redirect(f"{request.path}/", code=301)
        if not serves(request.headers.get("Range"), path.stat().st_size):
            del request.environ["HTTP_RANGE"]
        response = send_file(path, mimetype="application/octet-stream", conditional=True, etag=True)
        kept = headers_of(path.relative_to(root).as_posix())
        # As in the cloud, but for the time that caches keep it: on a laptop people look at what they just changed.
        response.headers["Content-Type"] = kept.content_type
        response.headers["Content-Disposition"] = kept.content_disposition
        return response

    @site.after_request
    def open_to_players(response: Response) -> Response:
        headers = response.headers
        headers["Access-Control-Allow-Origin"] = "*"
        headers["Access-Control-Allow-Headers"] = "Range, If-None-Match, If-Range"
        headers["Access-Control-Expose-Headers"] = "Accept-Ranges, Content-Length, Content-Range, ETag"
        headers["X-Content-Type-Options"] = "nosniff"
        headers["Content-Security-Policy"] = POLICY
        return response

    return site


def serves(wanted: str | None, size: int) -> bool:
    """Whether a Range header is left to the server of files, which knows one range of bytes and refuses all others.

    What is malformed, has another unit, several ranges or a suffix longer than the file is answered with the whole
    file, as RFC 9110, 14.2 allows or asks.
    """
    if wanted is None:
        return True
    parsed = parse_range_header(wanted)
    if parsed is None or parsed.units != "bytes" or len(parsed.ranges) != 1:
        return False
    ((start, _),) = parsed.ranges
    return start >= -size


def find(root: Path, name: str) -> Path | None:
    """The file under `root` that a URL's path stands for, or the folder where only the final slash is missing.

    None for what is not there, is hidden, or lies elsewhere, be it by `..` or by a link.
    """
    parts = name.removesuffix("/").split("/") if name else []
    if any(part in ("", ".", "..") or part.startswith(".") or "\\" in part or "\0" in part for part in parts):
        return None
    path = root.joinpath(*parts)
    try:
        if not path.resolve().is_relative_to(root.resolve()):
            return None
        if path.is_file():
            return None if name.endswith("/") else path
        if not (path / INDEX).is_file():
            return None
    except OSError:  # a name longer than the file system allows: nothing has it
        return None
    return path / INDEX if not name or name.endswith("/") else path


def _nothing_here(words: Mapping[str, Nothing]) -> str:
    language = request.accept_languages.best_match(tuple(words)) or "en"
    return render_template("public_site/nothing_here.html", language=language, **asdict(words[language]))
