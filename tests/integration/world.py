"""What `process_hotel` needs, for tests: real HTTP, real bytes, stores in memory, and a clock that can be moved."""

from __future__ import annotations

import io
import json
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from image_release.fetch import UrlFetcher
from image_release.hotel import Context, Ports, process_hotel
from image_release.ingest.catalogues import apply_catalogue
from image_release.ingest.releases.applying import apply_release
from image_release.settings import Settings
from image_release.storage import MemoryStore, Stores
from image_release.tag import NoTagger
from image_release.values import Nudge, key_part
from samples.serve import Server


def photo(seed: int, size: tuple[int, int] = (800, 533)) -> Image.Image:
    """Return a generated scene with texture, edges and colour; each seed gives another one."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 255, (12, 18, 3), dtype=np.uint8)
    image = Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC)
    draw = ImageDraw.Draw(image)
    for _ in range(60):
        x, y = rng.integers(0, size[0]), rng.integers(0, size[1])
        w, h = rng.integers(8, size[0] // 5), rng.integers(8, size[1] // 5)
        colour = tuple(int(v) for v in rng.integers(0, 255, 3))
        (draw.rectangle if rng.random() < 0.5 else draw.ellipse)((int(x), int(y), int(x + w), int(y + h)), fill=colour)
    grain = rng.normal(0, 6, (size[1], size[0], 1))
    blurred = np.asarray(image.filter(ImageFilter.GaussianBlur(0.8)), np.float32)
    return Image.fromarray(np.clip(blurred + grain, 0, 255).astype(np.uint8))


def jpeg(image: Image.Image, quality: int = 88) -> bytes:
    """Return the image as the bytes of a JPEG."""
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality)
    return out.getvalue()


class Site:
    """A partner's server. `files` maps a path to bytes or to a status; `asked` lists the paths of all requests."""

    def __init__(self) -> None:
        self.files: dict[str, bytes | int] = {}
        self.asked: list[str] = []
        site = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                site.asked.append(self.path)
                answer = site.files.get(self.path, 404)
                body = answer if isinstance(answer, bytes) else b""
                etag = f'"{hash(body)}"'
                status = 200 if isinstance(answer, bytes) else answer
                if status == 200 and self.headers.get("If-None-Match") == etag:
                    status, body = 304, b""
                self.send_response(status)
                self.send_header("ETag", etag)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Log nothing."""

        self._server = Server(Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class World:
    """Stores, a partner's server and a clock; methods hand in catalogues and releases and process a hotel."""

    def __init__(self, **stores) -> None:
        self.now = datetime(2026, 11, 24, 10, tzinfo=UTC)
        self.inbox = stores.get("inbox") or MemoryStore(clock=lambda: self.now)
        self.state = stores.get("state") or MemoryStore(clock=lambda: self.now)
        self.published = stores.get("published") or MemoryStore(clock=lambda: self.now)
        self.site = Site()
        self.settings = Settings.model_validate(
            {
                "download": {"allowed_networks": ["127.0.0.0/8"], "max_attempts": 1, "back_off_s": 0},
                "renditions": [
                    {"name": "gallery-640", "width": 640, "height": 427},
                    {"name": "thumb-120", "width": 120, "height": 80},
                ],
                "brakes": {"max_deleted_share": 1, "max_withdrawn_share": 1, "max_gone_share": 1},
            }
        )
        self.tagger = NoTagger()
        self.fetcher = UrlFetcher(self.settings.download)

    def wait(self, **duration: float) -> None:
        self.now += timedelta(**duration)

    def serve(self, path: str, answer: bytes | int) -> str:
        self.site.files[path] = answer
        return self.site.address + path

    def catalogue(self, partner: str, version: str, accommodations: dict[str, list]) -> None:
        """Hand in a catalogue: `{accommodation: [url or image document, …]}`."""
        lines = [
            {"accommodation_id": name, "images": [{"url": i} if isinstance(i, str) else i for i in images]}
            for name, images in accommodations.items()
        ]
        key = f"catalogues/{key_part(partner)}/{version}.jsonl"
        self.inbox.put(key, "\n".join(map(json.dumps, lines)).encode())
        apply_catalogue(self.inbox, self.state, key, self.settings)

    def release(self, release_id: str, hotels: dict[str, list[tuple[str, str]]]) -> None:
        """Hand in a Data Release: `{hotel: [(partner, accommodation), …]}`."""
        rows = ["hotel_id,name,country,city,latitude,longitude,accommodations"]
        for hotel_id, accommodations in hotels.items():
            pairs = ";".join(f"{key_part(p)}:{key_part(a)}" for p, a in accommodations)
            rows.append(f"{hotel_id},Hotel {hotel_id},ES,Bilbao,43.2,-2.9,{pairs}")
        key = f"releases/{release_id}.csv"
        self.inbox.put(key, ("\n".join(rows) + "\n").encode())
        apply_release(self.inbox, self.state, key, self.settings, self.now)

    def ports(self, **changes) -> Ports:
        values = {
            "fetcher": self.fetcher,
            "tagger": self.tagger,
            "settings": self.settings,
        }
        stores = {"inbox": self.inbox, "state": self.state, "published": self.published}
        context = {"now": lambda: self.now, "monotonic": lambda: 0.0}
        for parts in (stores, context):
            parts.update({name: changes.pop(name) for name in parts if name in changes})
        return Ports(**{**values, "stores": Stores(**stores), "context": Context(**context), **changes})

    def process(self, hotel_id: str = "h1", reason: str = "test", request_id: str | None = None, **changes):
        return process_hotel(Nudge(hotel_id, reason, request_id), self.ports(**changes))

    def close(self) -> None:
        self.site.close()
