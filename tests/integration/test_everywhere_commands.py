"""`image-release everywhere`: what its commands answer, and what they refuse."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from image_release.cli import main
from image_release.everywhere_keys import everywhere_key
from image_release.values import sha256_hex
from tests.integration.test_everywhere import FOUR, LOGO, SMALL_LOGO, Chain

SHA = sha256_hex(LOGO)


@pytest.fixture(scope="module")
def chain(tmp_path_factory):
    made = Chain(tmp_path_factory.mktemp("chain"))
    made.hotels(**FOUR)
    yield made
    made.world.close()


def said(chain: Chain, *words: str):
    return CliRunner().invoke(main, ["everywhere", *words, "--workspace", str(chain.folder)])


def test_find_lists_the_hotels_with_their_own_images(chain):
    answer = json.loads(said(chain, "find", "h1", SHA[:8], "--json").stdout)
    assert answer["found"] == [
        {"hotel_id": "h1", "images": [SHA]},
        {"hotel_id": "h2", "images": [sha256_hex(SMALL_LOGO)]},
    ]


def test_a_dry_run_shows_the_number_of_hotels_and_decides_nothing(chain):
    answer = said(chain, "hide", "h1", SHA, "--dry-run")
    assert f"image {SHA[:12]} of h1 is in 2 hotels" in answer.stdout
    assert list(chain.world.inbox.list("decisions/")) == []


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("find", "h1", "12"), "is too short"),
        (("find", "h9", SHA), "h9"),
        (("hide", "h1", "0" * 64), "the hotel has no such image"),
        (("revoke", SHA), "(fits 0)"),
        (("resume", "3f"), "must be the first 6 or more digits"),
    ],
)
def test_what_cannot_be_is_refused_with_a_sentence_and_status_2(chain, words, told):
    answer = said(chain, *words)
    assert (answer.exit_code, told in answer.output) == (2, True), answer.output


def test_list_names_a_decision_that_cannot_be_read_and_ends_with_1(chain):
    chain.world.inbox.put(everywhere_key("1" * 64), b'{"image": "\x1b[2J"')
    answer = said(chain, "list")
    chain.world.inbox.delete(everywhere_key("1" * 64))
    assert answer.exit_code == 1
    assert f"decisions/{'1' * 64}.json" in answer.stderr
    assert "\x1b" not in answer.output
