"""Files: style sheets, modules, and the renditions of published pictures."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from image_release.desk.reports import TEMPLATES as REPORT_TEMPLATES
from image_release.desk.web.refusals import not_found
from image_release.desk.web.rendering import HERE, desk_of
from image_release.gallery import TEMPLATES as GALLERY_TEMPLATES
from image_release.storage import delivery_of
from image_release.store_keys import rendition_seq
from image_release.values import sha256_hex

TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
IMAGE_TYPES = frozenset({"image/jpeg", "image/webp", "image/avif", "image/png"})
FOR_EVER = "private, max-age=31536000, immutable"
"""Cache-Control of renditions: the bytes under a key never change."""


@cache
def static_files() -> dict[str, Path]:
    """All style sheets and modules by name. Only these can be asked for, so no path comes from outside."""
    folders = (HERE / "static", HERE / "hotel" / "static", REPORT_TEMPLATES)
    found = [file for folder in folders for file in folder.glob("*") if file.suffix in TYPES]
    return {"gallery.css": GALLERY_TEMPLATES / "style.css"} | {file.name: file for file in found}


def static(request: Request) -> Response:
    """A style sheet or a module. The browser asks again each time, and is told if it has the present one."""
    file = static_files().get(request.path_params["name"])
    if file is None:
        raise not_found("There is no such file.")
    data = file.read_bytes()
    headers = {"ETag": f'"{sha256_hex(data)[:32]}"', "Cache-Control": "no-cache"}
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    return Response(data, headers=headers, media_type=TYPES[file.suffix])


def rendition(request: Request) -> Response:
    """A published rendition, by its key. No other key of the store can be asked for."""
    key = request.path_params["key"]
    kind = delivery_of(key).content_type
    stored = desk_of(request).stores.published.get(key) if rendition_seq(key) and kind in IMAGE_TYPES else None
    if stored is None:
        raise not_found("There is no such picture.")
    return Response(stored.data, media_type=kind, headers={"Cache-Control": FOR_EVER})


ROUTES = (Route("/static/{name}", static), Route("/renditions/{key:path}", rendition))
