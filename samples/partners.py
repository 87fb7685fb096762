"""Makes three partners' feeds from the sample photographs: copies, watermarks, crops, and files that are no images.

`make_feed` writes the files to be served, a Data Release and three catalogues. A second call makes the same bytes, and
does not write a file again that has them already.
"""

from __future__ import annotations

import csv
import io
import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from PIL import Image, ImageDraw, ImageEnhance, ImageFont, ImageOps

SAMPLES = Path(__file__).parent
HOST = "http://pictures.sample-hotels.test"
RELEASE_ID = "2026-11-01"
VERSION = "2026-11-01"

Picture = Image.Image
Treatment = Callable[[Picture, random.Random], bytes]


@dataclass(frozen=True)
class Hotel:
    """A sample hotel: a row of hotels.csv, and the folder of its photographs."""

    hotel_id: str
    name: str
    country: str
    city: str
    latitude: str
    longitude: str
    folder: str

    def photographs(self) -> dict[str, Path]:
        """What a photograph shows -> its rendered file."""
        return {path.stem: path for path in sorted((SAMPLES / "hotels" / self.folder).glob("*.jpg"))}


def sample_hotels() -> list[Hotel]:
    """All sample hotels, in the order of hotels.csv."""
    with (SAMPLES / "hotels.csv").open(newline="", encoding="utf-8") as file:
        return [Hotel(**row) for row in csv.DictReader(file)]


def encoded(picture: Picture, quality: int) -> bytes:
    """The picture as the bytes of a JPEG."""
    out = io.BytesIO()
    picture.convert("RGB").save(out, "JPEG", quality=quality)
    return out.getvalue()


def scaled(picture: Picture, width: int) -> Picture:
    """The picture scaled to a width in pixels; its shape stays the same."""
    return picture.resize((width, round(picture.height * width / picture.width)), Image.Resampling.LANCZOS)


def cropped(picture: Picture, rng: random.Random) -> bytes:
    """A light crop, as a partner makes it that needs another shape."""
    left, top = (round(side * rng.uniform(0.02, 0.07)) for side in picture.size)
    return encoded(picture.crop((left, top, picture.width - left // 2, picture.height - top)), 82)


def watermarked(picture: Picture, rng: random.Random) -> bytes:
    """A smaller copy with a partner's name in a corner."""
    small = scaled(picture, 800)
    draw = ImageDraw.Draw(small, "RGBA")
    font = ImageFont.load_default(30)
    place = rng.choice([(20, 20), (small.width - 240, small.height - 60)])
    draw.text(place, "bedbank.example", font=font, fill=(255, 255, 255, 170), stroke_width=1, stroke_fill=(0, 0, 0, 90))
    return encoded(small, 78)


def recoloured(picture: Picture, rng: random.Random) -> bytes:
    """A smaller copy with more colour and contrast, as a filter on a phone makes it."""
    vivid = ImageEnhance.Color(scaled(picture, 720)).enhance(rng.uniform(1.25, 1.5))
    return encoded(ImageEnhance.Contrast(vivid).enhance(rng.uniform(1.1, 1.25)), 80)


def mirrored(picture: Picture, rng: random.Random) -> bytes:
    """A smaller copy, mirrored left to right."""
    del rng
    return encoded(ImageOps.mirror(scaled(picture, 640)), 76)


def framed(picture: Picture, rng: random.Random) -> bytes:
    """A smaller copy with white bars that make it square."""
    del rng
    return encoded(ImageOps.pad(scaled(picture, 600), (600, 600), color=(255, 255, 255)), 80)


def recompressed(picture: Picture, rng: random.Random) -> bytes:
    """A smaller copy with strong JPEG compression."""
    return encoded(scaled(picture, rng.choice([480, 520, 600])), 45)


def original(picture: Picture, rng: random.Random) -> bytes:
    """The photograph in its full size."""
    del rng
    return encoded(picture, 92)


def tiny(picture: Picture, rng: random.Random) -> bytes:
    """A thumbnail, 120 pixels wide: too small to be accepted."""
    del rng
    return encoded(scaled(picture, 120), 80)


def truncated(picture: Picture, rng: random.Random) -> bytes:
    """The first half of a JPEG, as after a broken download."""
    del rng
    whole = encoded(scaled(picture, 800), 85)
    return whole[: len(whole) // 2]


def web_page(picture: Picture, rng: random.Random) -> bytes:
    """An error page of a server under the name of an image."""
    del picture, rng
    return b"<!doctype html><title>Not here</title><p>This picture has moved."


def no_image(picture: Picture, rng: random.Random) -> bytes:
    """A placeholder that says that there is no image."""
    del rng
    blank = Image.new("RGB", (640, 427), (232, 232, 230))
    font = ImageFont.load_default(28)
    ImageDraw.Draw(blank).text((200, 195), "No image available", font=font, fill=(150, 150, 150))
    del picture
    return encoded(blank, 85)


def one_colour(picture: Picture, rng: random.Random) -> bytes:
    """An image of a single colour."""
    del rng
    return encoded(Image.new("RGB", picture.size, (214, 226, 232)), 85)


PARTNERS: dict[str, tuple[str, tuple[Treatment, ...]]] = {
    "atlas": ("{hotel_id}", (original,)),
    "bedbank": ("$bb-{hotel_id}", (watermarked, recompressed, cropped, framed)),
    "cosmo": ("c{hotel_id}", (recoloured, cropped, mirrored, recompressed)),
}
"""Partner -> pattern of its accommodation ids, and what it does to photographs, in turn."""
WRONG: dict[str, tuple[Treatment, ...]] = {
    "atlas": (tiny,),
    "bedbank": (no_image, truncated, tiny),
    "cosmo": (web_page, one_colour),
}
"""Partner -> what it makes of a photograph in addition, none of which can be shown."""


@dataclass(frozen=True)
class Sent:
    """One file of a partner. `photograph` names what it shows; None if the file cannot be shown."""

    partner: str
    hotel: Hotel
    name: str
    data: bytes | None
    photograph: str | None

    @property
    def path(self) -> str:
        """Path below the root of the server."""
        return f"{self.partner}/{self.hotel.hotel_id}/{self.name}"

    @property
    def url(self) -> str:
        """URL of the file; the same at every start of the demo."""
        return f"{HOST}/{quote(self.path)}"


def sent_files() -> Iterator[Sent]:
    """Every file of every partner, in the order of the catalogues. `data` is None if it is not served (404)."""
    for hotel in sample_hotels():
        photographs = hotel.photographs()
        for partner, (_, treatments) in PARTNERS.items():
            rng = random.Random(f"{hotel.hotel_id}/{partner}")
            chosen = sorted(photographs)
            rng.shuffle(chosen)
            for number, name in enumerate(chosen[:9]):
                with Image.open(photographs[name]) as picture:
                    data = treatments[number % len(treatments)](picture.convert("RGB"), rng)
                yield Sent(partner, hotel, f"{number:02}-{name}.jpg", data, name)
            with Image.open(photographs[chosen[0]]) as picture:
                for treatment in WRONG[partner]:
                    yield Sent(
                        partner, hotel, f"{treatment.__name__}.jpg", treatment(picture.convert("RGB"), rng), None
                    )
            if partner == "atlas":
                yield Sent(partner, hotel, "no-longer-there.jpg", None, None)


def make_feed(folder: Path) -> None:
    """Write `files/`, `<release_id>.csv` and `catalogues/` below a folder."""
    listed: dict[tuple[str, str], list[dict[str, object]]] = {}
    for sent in sent_files():
        if sent.data is not None:
            _write(folder / "files" / sent.path, sent.data)
        image: dict[str, object] = {"url": sent.url, "version": VERSION}
        entries = listed.setdefault((sent.partner, sent.hotel.hotel_id), [])
        image["rank"] = len(entries) + 1
        if sent.photograph:
            image["caption"] = sent.photograph.replace("-", " ").capitalize()
        entries.append(image)
    for partner, (accommodation_id, _) in PARTNERS.items():
        lines = [
            json.dumps({"accommodation_id": accommodation_id.format(hotel_id=hotel_id), "images": images}) + "\n"
            for (sender, hotel_id), images in listed.items()
            if sender == partner
        ]
        _write(folder / "catalogues" / partner / f"{VERSION}.jsonl", "".join(lines).encode())
    _write(folder / f"{RELEASE_ID}.csv", _release().encode())


def _release() -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["hotel_id", "name", "country", "city", "latitude", "longitude", "accommodations"])
    for hotel in sample_hotels():
        pairs = ";".join(
            f"{partner}:{quote(accommodation_id.format(hotel_id=hotel.hotel_id), safe='')}"
            for partner, (accommodation_id, _) in PARTNERS.items()
        )
        writer.writerow([hotel.hotel_id, hotel.name, hotel.country, hotel.city, hotel.latitude, hotel.longitude, pairs])
    return out.getvalue()


def _write(path: Path, data: bytes) -> None:
    """Write a file unless it has these bytes already, so that its time says when it really changed."""
    if path.exists() and path.read_bytes() == data:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
