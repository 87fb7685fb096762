"""Estimate the work and the cost of the suite on AWS, by a formula whose inputs anyone can change.

    python -m benchmarks.capacity [--hotels 1000000] [--images 35000000] [--changed 0.03] … [--json]

Every case has two bills: its pictures are tagged by Google, or by the local model. `--help` lists every input with its
default. Nothing is measured here. CPU figures are those of docs/performance.md. Prices are the list prices of AWS and
Google as we know them; please check the current ones.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import yaml

from image_release.ingest.estimate import (
    CPU_S_A_PICTURE,
    CPU_S_AN_IMAGE,
    DOLLARS_A_THOUSAND_LABELS,
    IMAGES_A_PICTURE,
)
from image_release.settings import Settings

ROOT = Path(__file__).parents[1]
MINUTES_A_DAY = 24 * 60
TAGGERS = ("google", "local")
DECIMALS = {"days_by_googles_quota": 1, "days_by_our_cap": 1, "hours": 1, "hours_if_s3_splits_nothing": 1}


def deployed(parameter: str) -> float:
    """A parameter of production, as serverless.yml has it."""
    template = (ROOT / "serverless.yml").read_text("utf-8")
    parameters = yaml.safe_load(template.partition("\nparams:\n")[2].partition("\nprovider:")[0])
    return float({**parameters["default"], **parameters["production"]}[parameter])


@dataclass(frozen=True)
class Assumptions:
    """The inputs of the formula. Times are in seconds, prices in US dollars."""

    hotels: float = 1_000_000
    images: float = 35_000_000
    accommodations_a_hotel: float = 3
    partners: float = 3
    images_a_picture: float = IMAGES_A_PICTURE
    changed: float = 0.03  # share of the images that are new or updated in a week
    changed_a_hotel: float = 2  # new or updated images of one changed hotel
    renditions: float = 14
    city_hotels: float = 1_000
    cpu_s_an_image: float = CPU_S_AN_IMAGE
    cpu_s_a_picture: float = CPU_S_A_PICTURE
    cpu_s_an_image_regrouped: float = 0.010
    cpu_s_unchanged: float = 0.05
    cpu_s_a_view: float = 0.001  # local: what the model would look at is kept from the first decode of each image
    cpu_s_a_picture_tagged: float = 0.008  # local: the network looks at the best image of a picture
    cpu_s_a_picture_opened: float = 0.05  # a best image that was examined before is read and opened for its tagger
    wait_s_a_download: float = 0.08  # added to the time of a hotel by each download; several run at once
    reads_unchanged: float = 5  # manifest, current release, row shard, overrides, request; plus one an accommodation
    reads_processed: float = 3  # asked again at the end: current release, row shard, overrides
    reads_an_accommodation: float = 4  # of a processed hotel: state, fingerprints, credits, and its list again
    writes_processed: float = 3  # manifest, page, record of the change
    writes_an_accommodation: float = 3  # whose images are new or tagged: state, fingerprints or labels, credits
    lists_of_decisions: float = 2  # of a hotel with new images, before its swap and after it; priced as writes
    memory_gb: float = 1769 / 1024
    bulk_concurrency: float = deployed("bulkConcurrency")  # invocations of process_hotel at once, in production
    urgent_concurrency: float = deployed("urgentConcurrency")
    first_invocations: float = 5  # that Lambda starts at once for a queue that was empty
    more_invocations_a_minute: float = 300
    s3_s: float = 0.02  # of a request to S3; several that are under way at once count as one round
    rounds_unchanged: float = 4
    rounds_processed: float = 9  # the cache in two, page, record of the change, marker, manifest; asked again in three
    rounds_an_accommodation: float = 6  # whose images are new or tagged: three documents are read and written
    mb_an_original: float = 0.3
    mb_a_picture: float = 0.53  # its 14 renditions
    kb_an_image: float = 24  # fingerprint, what is known of it, its lines in listing, manifest and page
    kb_a_hotel: float = 5  # row, record of the change, and what pages and manifests have once
    puts_a_prefix: float = 3_500  # a second, that S3 takes until it has split a prefix
    gb_month_dollars: float = 0.023
    vision_a_minute: float = Settings().tagging.images_a_minute
    vision_a_day: float = Settings().tagging.images_a_day
    gb_second_dollars: float = 0.0000166667  # x86-64
    million_invocations_dollars: float = 0.20
    million_queue_requests_dollars: float = 0.40
    queue_requests_a_message: float = 2.1  # received, deleted, and a tenth of a request to send it in a batch of ten
    thousand_reads_dollars: float = 0.0004
    thousand_writes_dollars: float = 0.005
    thousand_labels_dollars: float = DOLLARS_A_THOUSAND_LABELS


@dataclass(frozen=True)
class Work:
    """Amounts of each kind of work, in hotels, images or pictures."""

    nudges: float
    unchanged: float = 0
    downloads: float = 0
    examined: float = 0
    regrouped: float = 0
    rendered: float = 0
    tagged: float = 0
    opened: float = 0  # of those tagged: examined before, and read and opened again
    untouched: float = 0  # accommodations of hotels with new images that have none themselves
    is_urgent: bool = False
    """Whether hotels that change come through the urgent queue: a catalogue changed them, or a request named them."""


def scenarios(given: Assumptions) -> dict[str, Work]:
    """The work of typical events in the life of a suite, by name."""
    each = given.images / given.hotels
    pictures = given.images / given.images_a_picture
    fresh = given.images * given.changed
    changed_hotels = min(given.hotels, fresh / given.changed_a_hotel)
    fresh_pictures = fresh / given.images_a_picture
    of_partner = given.images / given.partners
    city = given.city_hotels * each
    return {
        "a release in which nothing changed": Work(given.hotels, unchanged=given.hotels),
        "a week: a release, and catalogues with the changed share": Work(
            given.hotels + changed_hotels,
            unchanged=given.hotels,
            downloads=fresh,
            examined=fresh,
            regrouped=changed_hotels * each,
            rendered=fresh_pictures,
            tagged=fresh_pictures,
            untouched=changed_hotels * max(0.0, given.accommodations_a_hotel - given.changed_a_hotel),
            is_urgent=True,
        ),
        "the first full load": Work(
            given.hotels, downloads=given.images, examined=given.images, rendered=pictures, tagged=pictures
        ),
        "other weights for all hotels": Work(given.hotels, regrouped=given.images),
        "another tagger for all hotels": Work(given.hotels, regrouped=given.images, tagged=pictures, opened=pictures),
        "a partner gives every image another version, same bytes": Work(
            given.hotels, downloads=of_partner, regrouped=given.images, is_urgent=True
        ),
        "a partner sends every image in other bytes": Work(
            given.hotels,
            downloads=of_partner,
            examined=of_partner,
            regrouped=given.images,
            rendered=pictures,
            tagged=pictures,
            is_urgent=True,
        ),
        "a city is rendered again": Work(
            given.city_hotels, regrouped=city, rendered=city / given.images_a_picture, is_urgent=True
        ),
    }


def cost(work: Work, given: Assumptions, tagger: str) -> dict[str, float]:
    """The bill of some work: requests, time and dollars, by name."""
    processed = work.nudges - work.unchanged
    seconds = cpu_s(work, given, tagger) + waits_s(work, given)
    reads = work.nudges * (given.reads_unchanged + given.accommodations_a_hotel)
    reads += processed * (given.reads_processed + given.reads_an_accommodation * given.accommodations_a_hotel)
    reads += work.rendered + work.opened
    writes = work.downloads + work.rendered * given.renditions + _writes_of_hotels(processed, work, given)
    gb_s = seconds * given.memory_gb
    sent = work.tagged if tagger == "google" else 0
    return {
        "invocations": work.nudges,
        "gb_seconds": gb_s,
        "s3_reads": reads,
        "s3_writes": writes,
        "vision_images": sent,
        "days_by_googles_quota": sent / (given.vision_a_minute * MINUTES_A_DAY),
        "days_by_our_cap": sent / given.vision_a_day,
        "hours": wall_s(seconds, work, given) / 3600,
        "hours_if_s3_splits_nothing": work.rendered * given.renditions / given.puts_a_prefix / 3600,
        "puts_a_second": writes / wall_s(seconds, work, given),
        "lambda_dollars": gb_s * given.gb_second_dollars + work.nudges / 1e6 * given.million_invocations_dollars,
        "sqs_dollars": work.nudges * given.queue_requests_a_message / 1e6 * given.million_queue_requests_dollars,
        "s3_dollars": reads / 1e3 * given.thousand_reads_dollars + writes / 1e3 * given.thousand_writes_dollars,
        "vision_dollars": sent / 1e3 * given.thousand_labels_dollars,
    }


def waits_s(work: Work, given: Assumptions) -> float:
    """The seconds that all hotels wait for stores and servers, which Lambda bills as well."""
    rounds = work.nudges * given.rounds_unchanged + (work.nudges - work.unchanged) * given.rounds_processed
    if work.downloads or work.tagged:
        touched = (work.nudges - work.unchanged) * given.accommodations_a_hotel - work.untouched
        rounds += touched * given.rounds_an_accommodation
    return rounds * given.s3_s + work.downloads * given.wait_s_a_download


def wall_s(seconds: float, work: Work, given: Assumptions) -> float:
    """How long the two queues take for some seconds of work, with the time in which Lambda adds invocations."""
    bulk_s = work.unchanged * (given.cpu_s_unchanged + given.rounds_unchanged * given.s3_s)
    urgent_s = seconds - bulk_s if work.is_urgent else 0.0
    queues = ((seconds - urgent_s, given.bulk_concurrency), (urgent_s, given.urgent_concurrency))
    return max(
        queue_s / most + (most - given.first_invocations) / given.more_invocations_a_minute * 60 / 2
        for queue_s, most in queues
        if queue_s
    )


def stored_gb(given: Assumptions) -> dict[str, float]:
    """What lies in the stores after the first full load, in GB: originals, renditions, state."""
    return {
        "originals": given.images * given.mb_an_original / 1e3,
        "renditions": given.images / given.images_a_picture * given.mb_a_picture / 1e3,
        "state": (given.images * given.kb_an_image + given.hotels * given.kb_a_hotel) / 1e6,
    }


def _writes_of_hotels(processed: float, work: Work, given: Assumptions) -> float:
    """What processed hotels write beside originals and renditions, with the listings that cost as much."""
    a_hotel = given.writes_processed
    if work.downloads or work.tagged:
        a_hotel += given.writes_an_accommodation * given.accommodations_a_hotel
    if work.examined:
        a_hotel += given.lists_of_decisions
    return processed * a_hotel - work.untouched * given.writes_an_accommodation


def cpu_s(work: Work, given: Assumptions, tagger: str) -> float:
    """The seconds of CPU that some work takes."""
    seconds = (
        work.nudges * given.cpu_s_unchanged
        + work.examined * given.cpu_s_an_image
        + work.regrouped * given.cpu_s_an_image_regrouped
        + work.rendered * given.cpu_s_a_picture
        + work.opened * given.cpu_s_a_picture_opened
    )
    if tagger == "local":
        seconds += work.examined * given.cpu_s_a_view + work.tagged * given.cpu_s_a_picture_tagged
    return seconds


def main() -> None:
    """Print the bill of every scenario."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for field in fields(Assumptions):
        parser.add_argument(f"--{field.name.replace('_', '-')}", type=float, default=field.default, help="%(default)s")
    parser.add_argument("--json", action="store_true", help="one JSON document instead of lines")
    options = vars(parser.parse_args())
    as_json = options.pop("json")
    given = Assumptions(**options)
    bills = {name: {by: cost(work, given, by) for by in TAGGERS} for name, work in scenarios(given).items()}
    if as_json:
        print(json.dumps({"inputs": asdict(given), "bills": bills, "stored_gb": stored_gb(given)}))
        return
    for name, by_tagger in bills.items():
        print(name)
        nothing_tagged = by_tagger["google"] == by_tagger["local"]
        for tagger, bill in by_tagger.items() if not nothing_tagged else [("any tagger", by_tagger["local"])]:
            print(f"  {tagger}\n{lines(bill)}")
    stored = stored_gb(given)
    told = ", ".join(f"{what} {gb:,.0f} GB" for what, gb in stored.items())
    print(f"stored: {told}\n    US$ {sum(stored.values()) * given.gb_month_dollars:,.0f} a month")


def lines(bill: dict[str, float]) -> str:
    """A bill as two lines: amounts, and dollars."""
    amounts = {kind: value for kind, value in bill.items() if not kind.endswith("dollars")}
    told = ", ".join(f"{kind} {value:,.{DECIMALS.get(kind, 0)}f}" for kind, value in amounts.items())
    money = {kind.removesuffix("_dollars"): value for kind, value in bill.items() if kind.endswith("dollars")}
    shown = ", ".join(f"{kind} {value:,.0f}" for kind, value in money.items())
    return f"    {told}\n    US$ {sum(money.values()):,.0f}: {shown}"


if __name__ == "__main__":
    main()
