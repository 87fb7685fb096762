"""Names and texts that go to AWS: the rules are written here once more, as AWS documents them."""

import inspect
import json
import string
import unicodedata
from datetime import UTC, date, datetime

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from image_release import everywhere_keys, split_keys, store_keys
from image_release.ingest import BadValueError, CatalogueMisnamedError
from image_release.ingest.catalogues.reading import partner_and_version
from image_release.ingest.ids import checked_name
from image_release.ingest.releases.applying import apply_release
from image_release.service_names import json_body, message_group
from image_release.settings import Settings
from image_release.storage import MemoryStore
from image_release.values import Accommodation
from tests.legal_ids import legal_ids

GROUP = set(string.ascii_letters + string.digits + "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")
"""SQS, SendMessage, MessageGroupId: "alphanumeric characters and punctuation", 1 to 128 of them."""


class TestAMessageGroup:
    @given(st.text())
    @example("")
    def test_is_one_that_sqs_takes_whatever_the_text(self, text):
        group = message_group(text)
        assert 1 <= len(group) <= 128
        assert set(group) <= GROUP

    @given(st.text(sorted(GROUP), min_size=1, max_size=128))
    def test_is_the_text_itself_where_sqs_takes_that(self, text):
        assert message_group(text) == text

    @given(st.lists(legal_ids(), min_size=2, max_size=2, unique=True))
    @example(["week 48", "week  48"])
    @example(["é" * 33, "é" * 32])
    def test_of_two_ids_is_never_the_same(self, ids):
        assert len(set(map(message_group, ids))) == len(ids)

    def test_shows_what_it_was_made_of(self):
        assert message_group("2026-11-25 week 48").startswith("2026-11-25-week-48~")


class TestABody:
    @given(st.text(st.characters(exclude_categories=["Cs"])))
    @example("a\ufffe\uffffb")
    def test_has_only_characters_that_sqs_takes_and_says_the_same(self, text):
        """SQS, SendMessage, MessageBody: #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF."""
        body = json_body(json.dumps(text, ensure_ascii=False))
        codes = map(ord, body)
        assert all(
            code in (0x9, 0xA, 0xD) or 0x20 <= code <= 0xD7FF or 0xE000 <= code <= 0xFFFD or code >= 0x10000
            for code in codes
        )
        assert json.loads(body) == text


def made_keys(hotel, partner, accommodation, release, version):
    """Every key that the program makes of these ids, and of the longest other parts."""
    values = {
        "accommodation": Accommodation(partner, accommodation),
        "partner_id": partner,
        "hotel_id": hotel,
        "release_id": release,
        "request_id": "q" * 100,
        "version": version,
        "tagger_identity": "local-efficientnet-lite0-1+google-1",
        "sha256": "0" * 64,
        "image": "0" * 64,
        "day": date(2026, 11, 1),
        "shard": 99_999,
        "share": 99_999,
        "step": "compare",
        "kind": "revalidate",
        "name": "n" * 117,
        "seq": 10**9,
        "extension": "jpeg",
        "suffix": ".jsonl.gz",
        "started": datetime(2026, 11, 1, tzinfo=UTC),
        "made": datetime(2026, 11, 1, tzinfo=UTC),
        "part": "v" * 64,
        "key": store_keys.changed_key(datetime(2026, 11, 1, tzinfo=UTC), "request", "q" * 100),
    }
    for keys in (store_keys, everywhere_keys, split_keys):
        for name, function in inspect.getmembers(keys, inspect.isfunction):
            if function.__module__ != keys.__name__ or not name.endswith("_key"):
                continue
            work = split_keys.split_folder("requests", "n" * 117)
            folders = (f"{store_keys.release_folder(release)}+01234567-4",) if keys is store_keys else (work,)
            parameters = inspect.signature(function).parameters
            for folder in folders if "folder" in parameters else ("",):
                found = {**values, "folder": folder}
                yield function(*(found[parameter] for parameter in parameters))


@given(legal_ids(), legal_ids(), legal_ids(), legal_ids(), st.text(max_size=300))
@example("a" * 200, "é" * 33, "旅" * 22, "2026-11-25 week 48", "v" * 237)
def test_every_key_of_ids_that_may_be_handed_in_can_exist(hotel, partner, accommodation, release, version):
    """S3: at most 1,024 bytes of UTF-8. File systems: at most 255 bytes a part."""
    assume("/" not in release)  # it is the name of a file
    assume("\0" not in version and all(unicodedata.category(character) != "Cs" for character in version))
    try:
        checked_name(release, "release_id")
        partner_and_version(f"catalogues/p/{version}.jsonl")
    except (BadValueError, CatalogueMisnamedError):
        assume(False)
    for key in made_keys(hotel, partner, accommodation, release, version):
        assert len(key.encode()) <= 1_024, key
        assert all(1 <= len(part.encode()) <= 255 and part not in (".", "..") for part in key.split("/")), key


@pytest.mark.parametrize("name", [".", ".."])
def test_a_file_whose_accept_could_not_exist_is_refused_when_it_is_handed_in(name):
    inbox, state = MemoryStore(), MemoryStore()
    with pytest.raises(BadValueError, match="release_id must not be"):
        apply_release(inbox, state, f"releases/{name}.csv", Settings(), datetime(2026, 11, 1, tzinfo=UTC))
    with pytest.raises(BadValueError, match="version must not be"):
        partner_and_version(f"catalogues/p/{name}.jsonl")


@pytest.mark.parametrize("version", ["v" * 238, "é" * 40])
def test_a_version_whose_keys_cannot_exist_is_refused_when_it_is_handed_in(version):
    with pytest.raises(BadValueError, match="version must be at most 237 bytes") as refused:
        partner_and_version(f"catalogues/p/{version}.jsonl")
    assert refused.value.value == version
