"""The reference: what people and partners did, and what must be published. It is serial and has no faults."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from image_release.ingest import append_override
from image_release.serverless.messages import NudgeMessage
from image_release.values import Override, key_part, sha256_hex
from tests.simulation.photographs import copy_of
from tests.simulation.scheduling import Scheduler
from tests.simulation.stage import Stage, documents

PARTNERS = ("atlas", "bedbank")
ACCOMMODATIONS = ("a", "b", "c")
HOTELS = ("h1", "h2", "h3")
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
        bound = {photo for photo, decision in last.items() if decision.files & expected.get(photo, set())}
        return {photo for photo in bound if last[photo].hides}, last.keys() - bound

    def hand_in_catalogue(self, partner: str) -> None:
        """Change images of a partner, first on its server, and upload its whole catalogue."""
        dice = self._dice
        lists = self.lists[partner]
        for accommodation in dice.sample(ACCOMMODATIONS, dice.choice((1, 1, 2)) if lists else len(ACCOMMODATIONS)):
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

    def hand_in_release(self) -> None:
        """Upload a release that groups the accommodations into hotels in a new way."""
        dice = self._dice
        everything = [(partner, name) for partner in PARTNERS for name in ACCOMMODATIONS]
        hotels = [name for name in HOTELS if not self.release or dice.random() < 0.8] or [HOTELS[0]]
        self.release = {name: set() for name in hotels}
        for accommodation in everything:
            if dice.random() < 0.9:
                self.release[dice.choice(hotels)].add(accommodation)
        self.ever |= set(hotels)
        self.number += 1
        rows = ["hotel_id,name,country,city,latitude,longitude,accommodations"]
        for name, accommodations in self.release.items():
            pairs = ";".join(f"{key_part(partner)}:{key_part(item)}" for partner, item in sorted(accommodations))
            rows.append(f"{name},Hotel {name},ES,Bilbao,43.2,-2.9,{pairs}")
        self.stage.upload(f"releases/{self.number:04}.csv", ("\n".join(rows) + "\n").encode())

    def hand_in_request(self) -> None:
        """Upload a request for some hotels. They may have left the release when the request is handled."""
        dice = self._dice
        self.number += 1
        request_id = f"q{self.number:04}"
        document = {
            "request_id": request_id,
            "hotel_ids": dice.sample(HOTELS, 2),
            "all": dice.random() < 0.3,
            "force": dice.choice(("none", "redownload", "retag", "rerender")),
        }
        self.stage.upload(f"requests/{request_id}.json", json.dumps(document).encode())
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
        choice = dice.random()
        if choice < 0.5:
            self.hand_in_catalogue(dice.choice(PARTNERS))
        elif choice < 0.7:
            self.hand_in_release()
        elif choice < 0.85:
            self.hand_in_request()
        else:
            self.decide()

    @property
    def _dice(self):
        return self.stage.scheduler.dice

    def _version(self, url: str) -> int:
        return self.number if url in self.stage.files else 0

    def _serve(self, url: str, image: Image) -> None:
        data = copy_of(*image)
        self.stage.files[url] = data
        self.stage.sees[sha256_hex(data)] = image[0]


def begun(scheduler: Scheduler) -> Model:
    """Return a model for which a first release and first catalogues were uploaded."""
    model = Model(Stage(scheduler))
    model.hand_in_release()
    for partner in PARTNERS:
        model.hand_in_catalogue(partner)
    return model
