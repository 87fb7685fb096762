"""Pages of the gallery: everything that a partner wrote is text, and nothing foreign runs, loads or is linked."""

from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest

from image_release.gallery import IndexEntry, entry_of, hotel_page, index_page, place_of
from image_release.outcomes import Outcome
from image_release.publish import (
    Manifest,
    MergedImage,
    PublishedEvidence,
    PublishedImage,
    PublishedLabel,
    PublishedPart,
    PublishedPicture,
    PublishedPin,
    PublishedRendition,
    PublishedScore,
    RejectedImage,
)
from image_release.store_keys import rendition_key
from image_release.values import HotelRow

HOSTILE = "\"><script>alert(1)</script><img src=x onerror='alert(2)'>{{ 7*7 }}&\u202e"
ALLOWED_TAGS = {
    *("html", "head", "meta", "title", "style", "body", "header", "main", "section", "article", "h1", "h2"),
    *("a", "img", "div", "span", "b", "br", "details", "summary", "ul", "li", "meter", "input", "script"),
    *("p", "form", "label"),
    *("table", "thead", "tbody", "tr", "th", "td"),
}


class Reader(HTMLParser):
    """Tags and attributes of a page, and the text between them."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page.decode())

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data

    def values(self, *names: str) -> list[str]:
        return [value or "" for _, attributes in self.tags for name, value in attributes.items() if name in names]


def image(**changes):
    fields = {"url": HOSTILE, "partner_id": HOSTILE, "accommodation_id": HOSTILE, "sha256": "a" * 64, "reason": HOSTILE}
    return {**fields, "width": 600, "height": 400, **changes}


def manifest(hotel_id: str = HOSTILE, sizes=((320, 213), (80, 60))) -> Manifest:
    """A hotel in which every string is hostile."""
    keys = [rendition_key(hotel_id, 1, "a" * 64, f"w{width}", "jpg") for width, _ in sizes]
    evidence = PublishedEvidence(method=HOSTILE, distance=0.1, overlap=0.9, score=5.0)
    picture = PublishedPicture(
        position=1,
        best=PublishedImage(**image()),
        margin=1.0,
        category=HOSTILE,
        labels=(PublishedLabel(description=HOSTILE, score=0.9),),
        score=PublishedScore(
            total=0.5,
            parts={
                HOSTILE: PublishedPart(value=0.5, weight=1.0),
                "appeal": PublishedPart(value=0.25, weight=0.6, model=HOSTILE),
            },
        ),
        held_back=HOSTILE,
        pinned=PublishedPin(by=HOSTILE, why=HOSTILE, at=HOSTILE),
        renditions=tuple(
            PublishedRendition(name=f"w{size[0]}", key=key, width=size[0], height=size[1], bytes=1, format="jpeg")
            for size, key in zip(sizes, keys, strict=True)
        ),
        merged=(MergedImage(**image(), evidence=evidence),),
    )
    rejected = RejectedImage(
        outcome=Outcome.BAD_URL, **{k: v for k, v in image().items() if k not in ("width", "height")}
    )
    return Manifest(
        seq=1,
        hotel_id=hotel_id,
        name=HOSTILE,
        release_id=HOSTILE,
        inputs="x",
        versions={},
        published_at=datetime(2026, 11, 1, tzinfo=UTC),
        pictures=(picture,),
        rejected=(rejected,),
    )


ROW = HotelRow(HOSTILE, HOSTILE, "ES", HOSTILE, None, None, ())
THUMBNAIL = "data:image/jpeg;base64,AAAA"


def pages() -> list[bytes]:
    shown = hotel_page(manifest(), ROW, {"a" * 64: THUMBNAIL})
    return [shown, index_page([entry_of(manifest(), ROW)], 1)]


@pytest.mark.parametrize("page", pages(), ids=["hotel", "index"])
class TestHostileStrings:
    def test_are_text_and_never_markup(self, page):
        """They open no tag, add no attribute, and are shown as they are."""
        found = Reader(page)
        assert {tag for tag, _ in found.tags} <= ALLOWED_TAGS
        assert [name for _, attributes in found.tags for name in attributes if name.startswith("on")] == []
        assert [attributes for tag, attributes in found.tags if tag == "img" and attributes.get("src") == "x"] == []
        assert "<script>alert(1)</script>" in found.text
        assert "{{ 7*7 }}" in found.text

    def test_lead_nowhere(self, page):
        """Links come from our own keys: relative, percent-encoded, without a scheme, and upwards only to the index."""
        for value in Reader(page).values("href", "src"):
            if value == THUMBNAIL:
                continue
            assert value == "../../index.html" or not value.startswith((".", "/"))
            assert ":" not in value
            assert not set(value) & set("<>\"' ")

    def test_meet_a_policy_that_lets_nothing_run(self, page):
        """Even if markup got through, nothing is loaded from elsewhere, and only the page's own script runs."""
        [policy] = [a["content"] for tag, a in Reader(page).tags if a.get("http-equiv") == "Content-Security-Policy"]
        assert policy.startswith(
            ("default-src 'none'; img-src 'self' file:;", "default-src 'none'; img-src 'self' file: data:;")
        )
        assert "unsafe-eval" not in policy
        scripts = [part for part in policy.split("; ") if part.startswith("script-src")]
        assert all(part.startswith("script-src 'sha256-") for part in scripts)


class TestHotelPage:
    def test_shows_why_each_picture_stands_where_it_does(self):
        """It shows the total, weighted parts, labels, copies with evidence, and rejected images with reasons."""
        text = Reader(hotel_page(manifest())).text
        for expected in (
            "0.500",
            "0.50 × 1",
            "0.90",
            "best of 2 copies",
            "distance 0.100",
            "overlap 90 %",
            "Not shown",
            "bad url",
        ):
            assert expected in text

    def test_shows_the_appeal_with_its_model_and_why_a_picture_does_not_open(self):
        """A person sees the value, its weight, who gave it, the kind, and the rule that was stronger than the score."""
        made = manifest("h")
        parts = {"appeal": PublishedPart(value=0.83, weight=0.6, model="local-test-1")}
        picture = made.pictures[0].model_copy(
            update={
                "category": "spa_area",
                "score": PublishedScore(total=0.5, parts=parts),
                "held_back": "the kind detail never opens a hotel",
            }
        )
        text = " ".join(Reader(hotel_page(made.model_copy(update={"pictures": (picture,)}))).text.split())
        for expected in ("spa area", "appeal0.83 × 0.6 by local-test-1", "but the kind detail never opens a hotel"):
            assert expected in text

    def test_says_where_the_hotel_is(self):
        """City and country stand in the release; a country that is not known is left out."""
        row = HotelRow("h", "Casa", "ES", "Cadaqués", None, None, ())
        assert "Cadaqués, ES" in Reader(hotel_page(manifest("h"), row)).text
        assert place_of(replace(row, country="ZZ")) == "Cadaqués"
        assert (place_of(replace(row, city="")), place_of(None)) == ("ES", "")

    def test_says_who_pinned_a_picture_why_and_when(self):
        """Only the day is told of a time."""
        made = manifest("h")
        pin = PublishedPin(by="Ana", why="the new wing", at="2026-11-02T10:00:00+00:00")
        pinned = made.pictures[0].model_copy(update={"pinned": pin})
        text = Reader(hotel_page(made.model_copy(update={"pictures": (pinned,)}))).text
        assert "pinned here by Ana, 2026-11-02: the new wing" in text
        assert "pinned to the 1st place by Ana (the new wing)" in text

    def test_shows_copies_and_rejected_images_small(self):
        """Both images of this hotel have one content, whose thumbnail is shown at each of them."""
        page = Reader(hotel_page(manifest("h"), None, {"a" * 64: THUMBNAIL}))
        assert page.values("src").count(THUMBNAIL) == 2

    def test_breaks_a_long_reason_for_missing_labels_into_lines(self):
        """Else a phone would show the page a tenth as large."""
        style = hotel_page(manifest("h")).decode().partition(".chip{")[2].partition("}")[0]
        assert "overflow-wrap:anywhere" in style
        assert "nowrap" not in style

    def test_says_nothing_of_models_and_rules_where_there_are_none(self):
        """As for a hotel that no model looked at."""
        made = manifest("h")
        parts = {"size": PublishedPart(value=0.5, weight=1.0)}
        update = {"score": PublishedScore(total=0.5, parts=parts), "held_back": None, "pinned": None}
        page = hotel_page(made.model_copy(update={"pictures": (made.pictures[0].model_copy(update=update),)}))
        assert 'class="model"' not in page.decode()
        assert 'class="held"' not in page.decode()

    def test_of_a_withdrawn_hotel_says_so(self):
        """The page stays for visitors with an old link."""
        gone = manifest("h").model_copy(update={"withdrawn": True, "pictures": (), "rejected": ()})
        assert "withdrawn" in Reader(hotel_page(gone)).text

    def test_links_beside_itself(self):
        """The renditions are beside the page; their names are percent-encoded, and encoded again in the link."""
        [first, *_] = [a["src"] for tag, a in Reader(hotel_page(manifest("h"))).tags if tag == "img"]
        assert first == "renditions/1/" + "a" * 20 + "-w320.jpg"


class TestIndexPage:
    def test_of_a_thousand_hotels_stays_small_and_lazy(self):
        """The page is below a megabyte, and a browser loads only the images in sight."""
        entries = [
            IndexEntry(
                f"h{n}", f"Hotel {n}", f"hotels/h{n}/index.html", f"hotels/h{n}/t.jpg", 12, 20, 3, withdrawn=False
            )
            for n in range(1_000)
        ]
        page = index_page(entries, 1_000)
        found = Reader(page)
        images = [attributes for tag, attributes in found.tags if tag == "img"]
        assert (len(images), {attributes.get("loading") for attributes in images}) == (1_000, {"lazy"})
        assert len(page) < 1_000_000
        assert "1000 hotels" in found.text
        assert "12000 distinct pictures" in " ".join(found.text.split())

    def test_says_when_it_shows_only_a_part(self):
        """It says so if there are more hotels than it shows."""
        assert "7 hotels, the first 1 shown" in Reader(index_page([entry_of(manifest())], 7)).text

    def test_counts_and_marks_the_hotels_that_need_a_look(self):
        """The reasons stand on the card, and the number beside the box that shows only them."""
        text = Reader(index_page([entry_of(manifest("h"))], 1)).text
        assert "only the 1 that need a look" in text
        assert "needs a look: fewer than 5 pictures" in text

    def test_is_searched_without_accents_and_case(self):
        """Name, id, city and country of a hotel are one text, folded."""
        row = HotelRow("h", "Casa", "ES", "Cadaqués", None, None, ())
        named = manifest("H-1").model_copy(update={"name": "Łódź Straße"})
        assert entry_of(named, row).sought == "lodz strasse h-1 cadaques, es"

    def test_takes_the_smallest_rendition_that_is_large_enough(self):
        """If none is large enough, it takes the largest one."""
        assert entry_of(manifest("h")).thumb.endswith("w320.jpg")
        assert entry_of(manifest("h", ((80, 60), (120, 80)))).thumb.endswith("w120.jpg")
