"""The reference: what people and partners did, and what must be published. It is serial and has no faults."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from image_release.ingest import append_override, read_current
from image_release.serverless.messages import NudgeMessage
from image_release.state import accept, held, read_json
from image_release.store_keys import (
    accept_catalogue_key,
    accept_release_key,
    catalogue_state_key,
    held_catalogue_key,
    held_release_key,
)
from image_release.values import Override, key_part, sha256_hex
from tests.simulation.photographs import copy_of
from tests.simulation.scheduling import Scheduler
from tests.simulation.stage import Stage, documents

PARTNERS = ("atlas", "bedbank")
ACCOMMODATIONS = ("a", "b", "c")
STEADY = "k"
"""An accommodation with one image that stays: a brake holds what would take everything."""
ALWAYS, EXTRA = "h2", "h5"
SIZES = ((ALWAYS,), (ALWAYS, "h1"), (ALWAYS, "h3", "h1", "h4"))
"""Hotels of releases with 1, 2 and 4 shards: one in each shard, by the hash of its id."""
HOTELS = (*SIZES[-1], EXTRA)
PHOTOGRAPHS = 6

Image = tuple[int, int]
"""Number of a photograph, and version of its bytes."""


@dataclass(frozen=True)
class Decision:
    """Somebody hid a photograph of a hotel, or shows it again, by naming the files that show it at that time."""

    photo: int
    hides: bool
    files: frozenset[str]


@dataclass
class Model:
    """The newest catalogue of every partner, the newest release, every request and every person's decision."""

    stage: Stage
    lists: dict[str, dict[str, dict[str, Image]]] = field(default_factory=lambda: {name: {} for name in PARTNERS})
    """Partner -> accommodation -> URL -> image."""
    release: dict[str, set[tuple[str, str]]] = field(default_factory=dict)
    """Hotel -> its accommodations."""
    requests: dict[str, int] = field(default_factory=dict)
    decisions: dict[str, list[Decision]] = field(default_factory=dict)
    """Hotel -> what people decided about its photographs, oldest first."""
    ever: set[str] = field(default_factory=set)
    """Hotels that were ever in a release."""
    number: int = 0
    newest: dict[str, str] = field(default_factory=dict)
    """Partner, or `releases` -> the newest version that no brake may hold."""
    held: dict[str, str] = field(default_factory=dict)
    """The same -> a newer version that must be held until a person accepts it."""
    always: set[str] = field(default_factory=lambda: {ALWAYS})
    """Hotels that every release has."""
    kept: set[tuple[str, int]] = field(default_factory=set)
    """Hotel and photograph: a decision that must hold from now on, because a witness of it is kept."""

    def expected(self, hotel_id: str) -> dict[int, set[str]] | None:
        """Return the photographs of a hotel with the SHA-256s of their files, or None when it is in no release."""
        if hotel_id not in self.release:
            return None
        found: dict[int, set[str]] = {}
        for partner, accommodation in self.release[hotel_id]:
            for url in self.lists[partner].get(accommodation, {}):
                data = self.stage.files[url]
                found.setdefault(self.stage.sees[sha256_hex(data)], set()).add(sha256_hex(data))
        return found

    def hidden(self, hotel_id: str, expected: dict[int, set[str]]) -> tuple[set[int], set[int]]:
        """Return the photographs of a hotel that must be hidden, and those that may be hidden.

        A decision binds while a partner sends a file that it names. Afterwards the file may or may not be kept as a
        witness; that depends on when the hotel was processed.
        """
        last = {decision.photo: decision for decision in self.decisions.get(hotel_id, [])}
        bound = {
            photo
            for photo, decision in last.items()
            if decision.files & expected.get(photo, set()) or (hotel_id, photo) in self.kept
        }
        return {photo for photo in bound if last[photo].hides}, last.keys() - bound

    def hand_in_catalogue(self, partner: str, without: str | None = None) -> list[str]:
        """Change images of a partner, first on its server, and upload its whole catalogue.

        `without` is an accommodation that it lacks. Returns the accommodations that may have changed.
        """
        dice = self._dice
        lists = self.lists[partner]
        chosen = dice.sample(ACCOMMODATIONS, dice.choice((1, 1, 2)) if lists else len(ACCOMMODATIONS))
        steady = f"https://{partner}.example/{STEADY}"
        lists[STEADY] = {steady: (0, 0)}
        self._serve(steady, (0, 0))
        for accommodation in chosen:
            images = dict(lists.get(accommodation, {}))
            if images and dice.random() < 0.15:
                lists.pop(accommodation)  # the accommodation disappears from the catalogue
                continue
            for url in [url for url in images if dice.random() < 0.25]:
                del images[url]
            for url in [url for url in images if dice.random() < 0.3]:
                images[url] = (images[url][0], images[url][1] + 1)
                self._serve(url, images[url])
            for _ in range(dice.choice((0, 1, 1, 2))):
                url = f"https://{partner}.example/{accommodation}/{dice.randrange(4)}"
                if url not in images:
                    images[url] = (dice.randrange(PHOTOGRAPHS), self._version(url))
                    self._serve(url, images[url])
            lists[accommodation] = images
        lists.pop(without or "", None)
        self.newest[partner] = self._upload_catalogue(partner, lists)
        self.held.pop(partner, None)
        return chosen

    def _upload_catalogue(self, partner: str, lists: dict[str, dict[str, Image]]) -> str:
        self.number += 1
        lines = [
            {
                "accommodation_id": name,
                "images": [
                    {"url": url, "version": f"{photo}.{version}"} for url, (photo, version) in sorted(images.items())
                ],
            }
            for name, images in lists.items()
        ]
        self.stage.upload(f"catalogues/{partner}/{self.number:04}.jsonl", documents(lines))
        return f"{self.number:04}"

    def recompress(self, wanted: dict[str, set[int]], version: int) -> None:
        """Send other bytes of some photographs of hotels, in a new catalogue of every partner that has them."""
        for partner, lists in self.lists.items():
            urls = {
                (accommodation, url): (photo, version)
                for hotel_id, photos in wanted.items()
                for sender, accommodation in self.release[hotel_id]
                if sender == partner
                for url, (photo, _) in lists.get(accommodation, {}).items()
                if photo in photos
            }
            for (accommodation, url), image in urls.items():
                lists[accommodation][url] = image
                self._serve(url, image)
            if urls:
                self.newest[partner] = self._upload_catalogue(partner, lists)
                self.held.pop(partner, None)

    def empty_catalogue(self, partner: str) -> None:
        """Upload a catalogue by mistake that deletes every image. A brake holds it."""
        in_force = read_json(self.stage.state, catalogue_state_key(partner)) or {}
        if partner not in self.held and in_force.get("version") == self.newest[partner] and in_force["images"]:
            self.held[partner] = self._upload_catalogue(partner, {STEADY: {}})

    def lonely_release(self) -> None:
        """Upload a release by mistake that withdraws every hotel. A brake holds it."""
        current = read_current(self.stage.state)
        in_force = current is not None and current.release_id == self.newest["releases"]
        if "releases" not in self.held and in_force and EXTRA not in self.release:
            self.held["releases"] = self._upload_release({EXTRA: set()})

    def accept(self) -> None:
        """Accept what a brake holds, if it is held by now."""
        name = self._dice.choice(sorted(self.held))
        version = self.held[name]
        is_release = name == "releases"
        document = held(self.stage.state, held_release_key(version) if is_release else held_catalogue_key(name))
        if document is None:
            return
        key = accept_release_key(version) if is_release else accept_catalogue_key(name, version)
        accept(self.stage.inbox, key, document)
        self.stage.notify(key)
        self.newest[name] = self.held.pop(name)
        if is_release:
            self.release = {EXTRA: set()}
            self.ever.add(EXTRA)
            self.always.add(EXTRA)
        else:
            self.lists[name].clear()

    def hand_in_release(self) -> None:
        """Upload a release of any size that groups the accommodations into hotels in a new way."""
        dice = self._dice
        size = dice.randrange(len(SIZES))
        hotels = sorted({*SIZES[size], *self.always})
        others = [name for name in HOTELS if name not in hotels]
        if (size == 1 and EXTRA not in hotels) or (size != 1 and others and dice.random() < 0.5):
            hotels.append(dice.choice(others))
        self.release = {name: set() for name in hotels}
        for partner in PARTNERS:
            for name in (*ACCOMMODATIONS, STEADY):
                if dice.random() < 0.9:
                    self.release[dice.choice(hotels)].add((partner, name))
        self.ever |= set(hotels)
        self.newest["releases"] = self._upload_release(self.release)
        self.held.pop("releases", None)

    def _upload_release(self, release: dict[str, set[tuple[str, str]]]) -> str:
        self.number += 1
        rows = ["hotel_id,name,country,city,latitude,longitude,accommodations"]
        for name, accommodations in release.items():
            pairs = ";".join(f"{key_part(partner)}:{key_part(item)}" for partner, item in sorted(accommodations))
            rows.append(f"{name},Hotel {name},ES,Bilbao,43.2,-2.9,{pairs}")
        release_id = f"{self.number:04} semana é"
        self.stage.upload(f"releases/{release_id}.csv", ("\n".join(rows) + "\n").encode())
        return release_id

    def settle(self) -> None:
        """End what is deployed to and fro, and request all hotels under the settings that hold from now on.

        A request reaches none that have left the release: these are nudged beside it.
        """
        if self.stage.deployed.changes:
            self.stage.deployed.settle()
            self._upload_request({"all": True, "force": "none"})
            nudges = (NudgeMessage(hotel_id=name, reason="settings").message() for name in HOTELS)
            self.stage.queues["bulk"].send(nudges)

    def hand_in_request(self) -> None:
        """Upload a request for some hotels. They may have left the release when the request is handled."""
        dice = self._dice
        self._upload_request(
            {
                "hotel_ids": dice.sample(HOTELS, 2),
                "all": dice.random() < 0.3,
                "force": dice.choice(("none", "redownload", "retag", "rerender")),
            }
        )

    def _upload_request(self, document: dict[str, object]) -> None:
        self.number += 1
        request_id = f"q{self.number:04}"
        self.stage.upload(f"requests/{request_id}.json", json.dumps({"request_id": request_id, **document}).encode())
        self.requests[request_id] = self.number

    def decide(self) -> None:
        """Hide a photograph, or show a hidden one again. S3 notifies the urgent queue."""
        dice = self._dice
        hotel_id = dice.choice(sorted(self.release))
        expected = self.expected(hotel_id)
        if not expected:
            return
        photo = dice.choice(sorted(expected))
        hides = photo not in self.hidden(hotel_id, expected)[0]
        decision = Decision(photo, hides, frozenset(expected[photo]))
        override = Override("hide" if hides else "show", tuple(sorted(decision.files)))
        append_override(self.stage.inbox, hotel_id, override)
        self.stage.queues["urgent"].send([NudgeMessage(hotel_id=hotel_id, reason="override").message()])
        self.decisions.setdefault(hotel_id, []).append(decision)

    def act(self) -> None:
        """Do one random action."""
        dice = self._dice
        if self.stage.deployed.changes and dice.random() < 0.5:
            self.stage.deployed.change()
        choice = dice.random()
        if choice < 0.45:
            partner = dice.choice(PARTNERS)
            changed = self.hand_in_catalogue(partner)
            if dice.random() < 0.4:  # the second one corrects the first
                self.hand_in_catalogue(partner, without=dice.choice((*changed, None)))
        elif choice < 0.65:
            self.hand_in_release()
        elif choice < 0.77:
            self.hand_in_request()
        elif choice < 0.88:
            self.decide()
        elif self.held and dice.random() < 0.7:
            self.accept()
        elif dice.random() < 0.5:
            self.empty_catalogue(dice.choice(PARTNERS))
        else:
            self.lonely_release()

    @property
    def _dice(self):
        return self.stage.scheduler.dice

    def _version(self, url: str) -> int:
        return self.number if url in self.stage.files else 0

    def _serve(self, url: str, image: Image) -> None:
        data = copy_of(*image)
        self.stage.files[url] = data
        self.stage.sees[sha256_hex(data)] = image[0]


def shard_bits_of_few(hotels: int) -> int:
    """Return the number of bits for the shards of a release of few hotels: three sizes, and no shard is empty."""
    return 0 if hotels <= 2 else 1 if hotels == 3 else 2


def begun(scheduler: Scheduler) -> Model:
    """Return a model for which a first release and first catalogues were uploaded."""
    model = Model(Stage(scheduler))
    model.hand_in_release()
    for partner in PARTNERS:
        model.hand_in_catalogue(partner)
    return model
