"""The parts of a split catalogue: to whom a line belongs, how digests are stored, and when a catalogue is large."""

import gzip
import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from image_release.ingest import MissingInputError, SplitSizes
from image_release.ingest.catalogues import is_large, to_split
from image_release.ingest.catalogues.comparing import digest_of
from image_release.ingest.catalogues.digests import pack_digests
from image_release.ingest.catalogues.reading import judge_line, plain_id
from image_release.ingest.catalogues.splitting import share_of
from image_release.storage import MemoryStore

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
DIGESTS = st.dictionaries(TEXT, st.tuples(st.from_regex("[0-9a-f]{32}", fullmatch=True), st.integers(0, 99)))
PIECES = st.lists(
    st.sampled_from(
        ['{"accommodation_id": "a"', '"', "}", '"b"', "accommodation_id", "accommodation\\u005fid", ":", ",", "\\", "é"]
    ),
    max_size=12,
).map("".join)

LINES = st.builds(
    lambda name, more: json.dumps({"accommodation_id": name, **more}), TEXT, st.dictionaries(TEXT, TEXT, max_size=3)
)


class TestTheIdOfALine:
    @given(st.one_of(PIECES, LINES))
    def test_that_is_found_without_reading_the_rest_is_the_one_that_counts(self, text):
        """Otherwise two lines of one accommodation would be in two shares."""
        line = text.encode()
        found, said = plain_id(line), judge_line(line, "c.jsonl", 1).accommodation_id
        assert found is None or said is None or found == said.encode()

    @pytest.mark.parametrize(
        "text",
        [
            '{"images": [], "accommodation_id": "a"}',
            '{"accommodation_id": "a", "accommodation_id": "b", "images": []}',
            '{"accommodation_id": "a", "accommodation\\u005fid": "b", "images": []}',
            '{"accommodation_id": "\\u0061", "images": []}',
            '{"accommodation_id": "", "images": []}',
        ],
    )
    def test_is_not_guessed_where_it_could_be_another_one(self, text):
        assert plain_id(text.encode()) is None

    def test_is_found_where_a_caption_has_accents_that_are_written_by_number(self):
        line = json.dumps({"accommodation_id": "a", "images": [{"url": "u", "caption": "Café"}]}).encode()
        assert (b"\\u00e9" in line, plain_id(line)) == (True, b"a")


class TestDigests:
    @given(DIGESTS)
    def test_are_stored_as_they_always_were(self, digests):
        """A version before this one reads them, and its digest of the whole catalogue is the same."""
        entries = sorted(digests.items())
        lines = "".join(json.dumps([name, *known]) + "\n" for name, known in entries)
        assert gzip.decompress(pack_digests(entries)).decode() == lines
        assert digest_of(entries) == hashlib.sha256(json.dumps(entries).encode()).hexdigest()


class TestAShare:
    @given(TEXT, st.integers(1, 11))
    def test_of_an_accommodation_is_one_of_them(self, name, bits):
        assert 0 <= share_of(name.encode(), bits) < 2**bits


class TestTheSize:
    @pytest.mark.parametrize(("most_lines", "most_bytes", "is_split"), [(3, 99, False), (2, 99, True), (3, 5, True)])
    def test_is_counted_in_lines_and_bytes_that_are_not_blank(self, most_lines, most_bytes, is_split):
        inbox = MemoryStore()
        inbox.put("catalogues/p/1.jsonl.gz", gzip.compress(b"{}\n\n{}\n \n{}\n"))
        sizes = SplitSizes(most_lines=most_lines, most_bytes=most_bytes)
        assert is_large(inbox, MemoryStore(), "catalogues/p/1.jsonl.gz", sizes) == is_split

    def test_decides_how_many_shares_there_are(self):
        """A packed file holds more than its size says; there are at least two shares, and not more than 2,048."""
        inbox, sizes = MemoryStore(), SplitSizes(share_bytes=100)
        shares = []
        for key, size in (("1.jsonl", 10), ("2.jsonl", 1_000), ("3.jsonl.gz", 1_000), ("4.jsonl", 1_000_000)):
            inbox.put(f"catalogues/p/{key}", b" " * size)
            shares.append(to_split(inbox, MemoryStore(), f"catalogues/p/{key}", sizes).shares)
        assert shares == [2, 16, 256, 2048]

    def test_of_a_file_that_is_not_there_is_an_error(self):
        with pytest.raises(MissingInputError):
            to_split(MemoryStore(), MemoryStore(), "catalogues/p/1.jsonl", SplitSizes())
