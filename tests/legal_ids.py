"""Ids that may be handed in, for Hypothesis: whatever the rules of `ingest.ids` allow."""

from hypothesis import strategies as st

from image_release.ingest import BadValueError, checked_id
from image_release.values import key_part

ODD = ["2026-11-25 week 48", "Bäder & Co", "🏨", "旅" * 22, "é" * 33, "a" * 200, "..", "a\ufffeb", "x\uffff", "\u202ea"]
"""Ids that are legal, and that some field of AWS does not take as they are."""


def legal_ids():
    """Ids that may be handed in, long ones among them."""
    characters = st.characters(exclude_categories=["Cc", "Cs"])
    long = st.builds(lambda one, times: one * min(times, 200 // len(key_part(one))), characters, st.integers(10, 200))
    return (st.sampled_from(ODD) | st.text(characters, min_size=1, max_size=40) | long).filter(is_legal)


def is_legal(identifier):
    try:
        return bool(checked_id(identifier, "id"))
    except BadValueError:
        return False
