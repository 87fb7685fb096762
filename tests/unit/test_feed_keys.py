"""Keys of notes and parts: whoever looks between two moments finds every note of that time, in few folders."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from image_release.feed_keys import lines_key, lines_made, note_folders, note_key, noted, slot_folder, slot_of

MOMENTS = st.floats(1_577_836_800, 2_208_988_800).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
IDS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)


@given(MOMENTS, st.timedeltas(timedelta(0), timedelta(days=70)), st.floats(0, 1), IDS, st.integers(1, 2**63))
def test_a_note_is_found_between_any_two_moments_around_it(since, lasts, share, hotel_id, seq):
    """Exactly once, over midnight and over months; only the first and the last day are looked at slot by slot."""
    key = note_key(since + lasts * share, hotel_id, seq)
    folders = list(note_folders(since, since + lasts))
    assert sum(key.startswith(folder) for folder in folders) == 1
    assert len(folders) <= 2 * 144 + 71
    assert noted(key) == (hotel_id, seq)


@given(MOMENTS)
def test_a_slot_is_ten_minutes_of_a_day(moment):
    slot = slot_of(moment)
    assert slot <= moment < slot + timedelta(minutes=10)
    assert list(note_folders(moment, moment)) == [slot_folder(slot)]


def test_what_is_no_note_and_no_part_is_left_alone():
    """Somebody may put anything into a bucket."""
    strange = ["noted/x", "noted/2026-11-30/0310/0/h1", "noted/2026-11-30/0310/1/a/b", "noted/2026-11-30/0310/-1/h1"]
    assert [noted(key) for key in strange] == [None] * 4
    strange = [
        "feed/lines/x",
        "feed/lines/changed-never-00.jsonl.gz",
        "feed/lines/CHANGED-2026-11-30T000000.0Z-0.jsonl.gz",
    ]
    assert [lines_made(key) for key in strange] == [None] * 3


@given(MOMENTS)
def test_a_part_says_what_it_is(moment):
    assert lines_made(lines_key("listed", moment, "00ff")) == ("listed", moment)
