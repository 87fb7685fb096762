"""The reports' sums are those of the manifests, counted by a loop of its own over the published documents."""

import csv
import json
import tempfile
from collections import Counter
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from image_release.desk.index import GOOD_LONG_SIDE_PX
from image_release.desk.reports import few_hotels, few_hotels_csv, hotel_report, partner_report, partners_csv
from image_release.outcomes import Outcome
from image_release.ranking_settings import shipped_never_first
from image_release.store_keys import HOTELS
from tests.unit.desk.conftest import World
from tests.unit.desk.made_manifests import manifest, picture, rejected

PARTNERS = st.sampled_from(["atlas", "bedbank", "=cmd", "x y"])
REASONS = st.sampled_from([None, "unavailable: HTTP 503", "deferred: time was up", "earlier renditions are shown"])
COPIES = st.lists(st.tuples(PARTNERS, st.floats(-1, 9), REASONS), max_size=3)
PICTURES = st.builds(
    picture,
    st.uuids().map(str),
    PARTNERS,
    copies=COPIES,
    category=st.sampled_from(["bedroom", "bathroom", None]),
    size=st.sampled_from([(1600, 900), (900, 999), (500, 1000)]),
    reason=REASONS,
)
REFUSED = st.builds(rejected, st.sampled_from(list(Outcome)[2:]), PARTNERS, st.uuids().map(str))


@st.composite
def workspaces(draw):
    contents = draw(st.lists(st.tuples(st.lists(PICTURES, max_size=4), st.lists(REFUSED, max_size=3)), max_size=6))
    return [manifest(f"h{number}", pictures, refused=refused) for number, (pictures, refused) in enumerate(contents)]


def documents(stores):
    """The published manifests as JSON: nothing of the program reads them here."""
    return [json.loads(stores.published.get(listed.key).data) for listed in stores.published.list(HOTELS)]


def images_of(shown):
    return [shown["best"], *shown["merged"]]


def counted(stores):
    """Partner -> name of a sum -> the sum."""
    sums = {}
    for document in documents(stores):
        only = Counter()
        involved = set()
        for shown in document["pictures"]:
            senders = {image["partner_id"] for image in images_of(shown)}
            best = shown["best"]["partner_id"]
            if len(senders) == 1:
                only[best] += 1
            for sender in senders:
                sums.setdefault(sender, Counter())["pictures"] += 1
            sums[best].update({"best": 1, "shared_best": len(senders) > 1})
            for image in images_of(shown):
                outcome = "published" if image is shown["best"] else "merged"
                down = str(image["reason"]).startswith("unavailable")
                sums[image["partner_id"]].update({"images": 1, ("outcome", outcome): 1, "unavailable": down})
                involved.add(image["partner_id"])
        for image in document["rejected"]:
            counts = sums.setdefault(image["partner_id"], Counter())
            down = image["outcome"] == "unavailable"
            counts.update({"images": 1, ("outcome", image["outcome"]): 1, "unavailable": down})
            involved.add(image["partner_id"])
        shown = len(document["pictures"])
        for sender in involved:
            wholly, mostly = only[sender] == shown > 0, shown > only[sender] > shown / 2
            sums[sender].update({"hotels": 1, "only": only[sender], "wholly": wholly, "mostly": mostly})
    return sums


def told(line):
    sums = {name: getattr(line, name) for name in ("hotels", "images", "pictures", "only", "best", "shared_best")}
    sums |= {"unavailable": line.unavailable, "wholly": line.depends_wholly, "mostly": line.depends_mostly}
    return Counter(sums | {("outcome", outcome): images for outcome, images in line.outcomes.items()})


@given(workspaces())
@settings(max_examples=12, deadline=None)
def test_partners_equal_the_manifests(made):
    """Each sum of each partner, and the totals."""
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder) / "index.sqlite", *made)
        world.catch_up()
        report = partner_report(world.index)
    assert {line.partner_id: told(line) for line in report.lines} == counted(world.stores)
    published = documents(world.stores)
    assert report.hotels == len(published)
    assert report.pictures == sum(len(document["pictures"]) for document in published)
    in_manifests = sum(
        len(document["rejected"]) + sum(len(images_of(shown)) for shown in document["pictures"])
        for document in published
    )
    assert report.images == sum(report.outcomes.values()) == in_manifests
    assert sum(line.best for line in report.lines) == report.pictures


@given(workspaces(), st.integers(0, 4))
@settings(max_examples=8, deadline=None)
def test_hotels_equal_the_manifests(made, fewer_than):
    """Good pictures of each hotel, counted again from sizes and kinds."""
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder) / "index.sqlite", *made)
        world.catch_up()
        report = hotel_report(world.index, fewer_than)
        few = {hotel.hotel_id: hotel.good for hotel in few_hotels(world.index, fewer_than)}
    good = {
        document["hotel_id"]: sum(
            max(shown["best"]["width"], shown["best"]["height"]) >= GOOD_LONG_SIDE_PX
            and shown["category"] not in shipped_never_first()
            for shown in document["pictures"]
        )
        for document in documents(world.stores)
    }
    assert few == {hotel_id: count for hotel_id, count in good.items() if count < fewer_than}
    assert (report.hotels, report.few, sum(report.by_good)) == (len(good), len(few), len(good))
    assert sum(line.good for line in report.cities) == sum(good.values())


def test_hotels_are_summed_by_country_and_city(world_of):
    """The worst place first; a hotel without a place stands under none; withdrawn and unreadable ones do not count."""
    large = [picture(f"p{number}") for number in range(5)]
    world = world_of(
        *(manifest(hotel_id, large) for hotel_id in "ab"),
        *(manifest(hotel_id, large[:2]) for hotel_id in "cde"),
        manifest("f", withdrawn=True),
    )
    world.stores.published.put("hotels/broken/manifest.json", b"{")
    world.release("r", *((name, name, country, city) for name, country, city in [
        ("a", "ES", "Bilbao"), ("b", "ES", "Irun"), ("c", "ES", "Bilbao"), ("d", "FR", "Paris"), ("f", "FR", "Paris"),
    ]))  # fmt: skip
    world.catch_up()
    report = hotel_report(world.index)
    assert [(line.country, line.hotels, line.few) for line in report.countries] == [
        ("", 1, 1),
        ("FR", 1, 1),
        ("ES", 3, 1),
    ]
    cities = {(line.country, line.city): (line.few, line.hotels) for line in report.cities}
    assert cities == {("ES", "Bilbao"): (1, 2), ("ES", "Irun"): (0, 1), ("FR", "Paris"): (1, 1), ("", ""): (1, 1)}


def test_a_hotel_whose_manifest_cannot_be_read_counts_nowhere(world_of):
    """Nobody knows its pictures."""
    world = world_of()
    world.stores.published.put("hotels/broken/manifest.json", b"{")
    world.catch_up()
    assert partner_report(world.index).hotels == hotel_report(world.index).hotels == 0
    assert next(partners_csv(partner_report(world.index))).startswith("partner_id,hotels,images")


def test_csv_has_the_same_numbers_and_no_formula(world_of):
    """A column for each outcome; a partner's name is text."""
    shown = picture("a", "=cmd", copies=[("atlas", 5.0, None)])
    world = world_of(manifest("h", [shown], refused=[rejected(Outcome.GONE)], name="+1"))
    world.catch_up()
    rows = list(csv.DictReader(partners_csv(partner_report(world.index))))
    assert [row["partner_id"] for row in rows] == ["atlas", "'=cmd"]
    assert (rows[0]["images"], rows[0]["outcome_gone"], rows[0]["outcome_merged"]) == ("2", "1", "1")
    assert rows[0]["share_best_of_shared"] == "0.0"
    (hotel,) = csv.DictReader(few_hotels_csv(world.index))
    assert (hotel["name"], hotel["good_pictures"]) == ("'+1", "1")
