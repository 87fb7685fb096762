"""A workspace of 1,000 hotels for the desk's tests: some really processed, the others made of their manifests.

`make_world` writes it into a folder. The real hotels have small pictures, copies, and images of every fault; nothing is
asked of the network afterwards, so decisions about them are applied as in a workspace of a company.
"""

import csv
import io
import json
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import yaml
from PIL import Image

from image_release.desk.web import Access, DeskServer, application
from image_release.ingest.releases.applying import apply_release
from image_release.one_machine.desk import open_desk
from image_release.one_machine.workspace import Workspace
from image_release.storage import FolderStore
from image_release.store_keys import SETTINGS, manifest_key
from image_release.values import key_part
from tests.integration.desk_client import DeskClient
from tests.integration.world import World, jpeg, photo

BRISA, ODD_ID, HOSTILE, FORMULA = "casa-brisa", "100 % a/b?", "hostile", "formula"
"""Real hotels: many pictures with copies and rejected images; an id of odd characters; hostile texts; a formula."""
PLAIN = ("seaview", "lakeside", "old-mill", "station", "harbour", "garden")
REAL = (BRISA, ODD_ID, HOSTILE, FORMULA, *PLAIN)
ATTACK = "<img src=x onerror=\"document.title='attacked'\">"
NAMES = {BRISA: "Casa Brisa", ODD_ID: "Hotel of an odd id", HOSTILE: f"Hotel {ATTACK}", FORMULA: "=1+1"}
MADE = 1_000 - len(REAL)
"""Number of hotels that are made of manifests."""
CITIES = (("Cadaqués", "ES"), ("Bilbao", "ES"), ("Zürich", "CH"), ("Århus", "DK"), ("Porto", "PT"))
KINDS = ("bedroom", "pool", "exterior", "lobby")
SMALL = (640, 427)


def made_id(number: int) -> str:
    """The id of a hotel that is made of a manifest."""
    return f"m{number:04}"


def make_world(folder: Path) -> None:
    """Write the workspace into a folder: takes a few seconds."""
    world = World(**{name: FolderStore(folder / name) for name in ("inbox", "state", "published")})
    world.now = datetime.now(UTC).replace(microsecond=0)
    try:
        world.inbox.put(SETTINGS, yaml.safe_dump(_stored(world.settings)).encode())
        _catalogues(world)
        _release(world)
        for hotel_id in REAL:
            world.process(hotel_id)
        template = json.loads(world.published.get(manifest_key("seaview")).data)
        for number in range(MADE):
            manifest = json.dumps(_made_manifest(template, number), sort_keys=True, ensure_ascii=False).encode()
            world.published.put(manifest_key(made_id(number)), manifest)
    finally:
        world.close()


@dataclass
class OpenDesk:
    """A desk that is served from this process, and how to reach it."""

    folder: Path
    desk: object
    access: Access

    @property
    def address(self) -> str:
        """What the command prints: it lets a browser in."""
        return self.access.address

    @property
    def base(self) -> str:
        """The beginning of all addresses."""
        return f"http://127.0.0.1:{self.access.port}"

    def client(self) -> DeskClient:
        """An HTTP client that has entered."""
        return DeskClient(self.access)

    def settle(self, hotel_id: str) -> None:
        """Wait until a hotel that is being processed is done, and until the list of hotels knows it."""
        if under_way := self.desk.applying.of(hotel_id):
            under_way.result()
        assert self.desk.keeper.caught_up(timeout_s=120)

    def manifest(self, hotel_id: str) -> dict:
        """The published manifest of a hotel."""
        return json.loads((self.folder / "published" / manifest_key(hotel_id)).read_bytes())


@contextmanager
def open_world(folder: Path, person: str = "Ada", proxy=None):
    """Serve the desk of a workspace while the block runs; the index is built."""
    from image_release.one_machine.choices import choices_of
    from image_release.settings import Settings

    workspace = Workspace(folder, Settings())
    workspace = Workspace(folder, choices_of(workspace, None, None).settings)
    with open_desk(workspace, str(folder)) as desk:
        server = DeskServer()
        access = Access(server.port, person, proxy)
        with server.serving(application(desk, access)):
            assert desk.keeper.caught_up(timeout_s=120), "the index was not built in time"
            assert not desk.keeper.now.error
            yield OpenDesk(folder, desk, access)


def _stored(settings) -> dict:
    """What `run --settings` would store: two small renditions, no brakes."""
    document = settings.model_dump(mode="json", include={"renditions", "brakes"}, exclude_unset=True)
    return {
        **document,
        "renditions": [{"name": r["name"], "width": r["width"], "height": r["height"]} for r in document["renditions"]],
    }


def _catalogues(world: World) -> None:
    atlas = {hotel_id: _images(world, "atlas", at, 8 if hotel_id == BRISA else 3) for at, hotel_id in enumerate(REAL)}
    world.catalogue("atlas", "2026-11-01", atlas)
    world.catalogue("bedbank", "2026-11-01", {BRISA: _copies_and_faults(world)})


def _images(world: World, partner: str, at: int, count: int) -> list[dict]:
    return [
        {
            "url": world.serve(f"/{partner}/{at}-{number}.jpg", jpeg(photo(100 * at + number, SMALL))),
            "caption": ATTACK if REAL[at] == HOSTILE else f"Picture {number}",
        }
        for number in range(count)
    ]


def _copies_and_faults(world: World) -> list[dict]:
    """Smaller copies of three pictures, and one image for each common fault."""
    at = 100 * REAL.index(BRISA)
    copies = [jpeg(photo(at + number, SMALL).resize((600, 400)), quality=60) for number in range(3)]
    files = {
        **{f"copy-{number}.jpg": data for number, data in enumerate(copies)},
        "tiny.jpg": jpeg(photo(990, SMALL).resize((120, 80))),
        "flat.jpg": jpeg(Image.new("RGB", SMALL, (200, 200, 200))),
        "broken.jpg": b"<html>no image</html>",
    }
    return [{"url": world.serve(f"/bedbank/{name}", data)} for name, data in files.items()]


def _release(world: World) -> None:
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(["hotel_id", "name", "country", "city", "latitude", "longitude", "accommodations"])
    for hotel_id in REAL:
        pairs = [f"atlas:{key_part(hotel_id)}", *([f"bedbank:{BRISA}"] if hotel_id == BRISA else [])]
        name = NAMES.get(hotel_id, hotel_id.replace("-", " ").title())
        rows.writerow([hotel_id, name, "ES", "Cadaqués", "42.28", "3.27", ";".join(pairs)])
    for number in range(MADE):
        city, country = CITIES[number % len(CITIES)]
        rows.writerow([made_id(number), f"Hotel {number}", country, city, "", "", f"made:{made_id(number)}"])
    key = "releases/2026-11-01.csv"
    world.inbox.put(key, text.getvalue().encode())
    apply_release(world.inbox, world.state, key, world.settings, world.now)


def _made_manifest(template: dict, number: int) -> dict:
    """A manifest like a real one, with large pictures: every 20th has none, every 50th opens with a bathroom."""
    manifest = json.loads(json.dumps(template))
    manifest |= {"hotel_id": made_id(number), "name": f"Hotel {number}"}
    pictures = manifest["pictures"] if number % 20 else []
    for picture in pictures:
        picture["category"] = "bathroom" if number % 50 == 3 else KINDS[number % len(KINDS)]
        picture["best"] |= {"width": 1_200, "height": 800}
    manifest["pictures"] = pictures
    manifest.pop("change", None)
    return manifest
