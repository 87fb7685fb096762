"""Which hotels need a look: each reason is found, and a person's decision is not doubted."""

import pytest

from image_release.gallery import needs_a_look
from image_release.outcomes import Outcome
from image_release.publish import Manifest, PublishedLabel, PublishedPin
from tests.unit.gallery.test_pages import image, manifest


def hotel(first=None, *, pictures: int = 5, copy=None, rejected=None, **changes) -> Manifest:
    """A hotel of which nothing is the matter, with changes of its first picture, its copy and its rejected image."""
    made = manifest("h")
    good = made.pictures[0].model_copy(
        update={
            "category": "bedroom",
            "pinned": None,
            "margin": 2.0,
            "labels": (PublishedLabel(description="x", score=1),),
        }
    )
    other = good.merged[0].model_copy(update={"sha256": "b" * 64, **(copy or {})})
    opening = good.model_copy(update={"merged": (other,), **(first or {})})
    gone = made.rejected[0].model_copy(update={"outcome": Outcome.TOO_SMALL, **(rejected or {})})
    update = {"pictures": (opening, *[good] * (pictures - 1))[:pictures], "rejected": (gone,), **changes}
    return made.model_copy(update=update)


def evidence(score: float, method: str = "registration"):
    return {"evidence": manifest().pictures[0].merged[0].evidence.model_copy(update={"score": score, "method": method})}


@pytest.mark.parametrize(
    ("made", "reasons"),
    [
        (hotel(), ()),
        (hotel(pictures=0), ("no pictures",)),
        (hotel(pictures=4), ("fewer than 5 pictures",)),
        (hotel({"category": "bathroom"}), ("opens with a kind that should never open",)),
        (hotel(copy=evidence(3.4)), ("copies that may be another photograph",)),
        (hotel(copy=evidence(3.5)), ()),
        (hotel({"margin": 0.99}), ("best copy is a guess",)),
        (hotel(rejected={"outcome": Outcome.UNAVAILABLE}), ("images that could not be fetched",)),
        (hotel({"once_with": ("c" * 64,)}), ("a decision holds for two pictures that were one",)),
        (hotel(rejected={"once_with": ("c" * 64,)}), ("a decision holds for two pictures that were one",)),
        (hotel({"labels": ()}), ("pictures that nobody has labelled",)),
        (
            hotel({"category": "bathroom", "margin": 0.5}, pictures=1),
            ("fewer than 5 pictures", "opens with a kind that should never open", "best copy is a guess"),
        ),
    ],
)
def test_every_reason_is_told_the_worst_first(made, reasons):
    """The least evidence is that of a pair that joins alone, as the settings have it."""
    assert needs_a_look(made) == reasons


@pytest.mark.parametrize(
    "made",
    [
        hotel({"category": "bathroom", "pinned": PublishedPin(by="Ana", why="", at="")}),
        hotel(copy=evidence(0.0, "override")),
        hotel({"margin": 0.0}),
        hotel({"margin": 0.5}, copy=image()),
        hotel(pictures=0, withdrawn=True),
    ],
    ids=["pinned", "joined", "chosen as the best", "the same file twice", "withdrawn"],
)
def test_what_people_decided_and_what_is_certain_needs_no_look(made):
    assert needs_a_look(made) == ()
