"""Selectors on the command line: which hotels they find and what these cost; one that matches nothing is an error."""

import json

import pytest
from click.testing import CliRunner

from image_release.cli import main
from image_release.ingest import write_listing
from image_release.ingest.releases.applying import apply_release
from image_release.settings import Settings
from image_release.storage import FolderStore
from image_release.values import Accommodation, CatalogueImage, Listing
from tests.unit.ingest.test_release import HEADER, NOW

ROWS = ["köln,Dom,DE,Köln,50.9,6.9,atlas:1", "h2,Arriaga,ES,Bilbao,,,orbis:2", "h3,Mar,ES,Cadaqués,,,orbis:3"]


@pytest.fixture
def call(tmp_path):
    """Call a command in a workspace with three hotels."""
    inbox, state = FolderStore(tmp_path / "inbox"), FolderStore(tmp_path / "state")
    inbox.put("releases/r1.csv", "".join(f"{line}\n" for line in [HEADER, *ROWS]).encode())
    apply_release(inbox, state, "releases/r1.csv", Settings(), NOW)
    return lambda *words: CliRunner().invoke(main, [*words, "--workspace", str(tmp_path)])


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (("--city", "KOLN"), ["köln"]),
        (("--city", "Ko\u0308ln"), ["köln"]),
        (("--city", "cadaques", "--city", "BILBAO"), ["h2", "h3"]),
        (("--country", "es"), ["h2", "h3"]),
        (("--country", "ｅｓ"), ["h2", "h3"]),
        (("--all",), ["h2", "h3", "köln"]),
    ],
)
def test_hotels_are_found_whatever_case_and_accents(call, words, found):
    ended = call("reprocess", *words, "--dry-run", "--json")
    assert json.loads(ended.stdout)["hotel_ids"] == found


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--city", "Bilbo"), "--city Bilbo: matches no hotel of the release in force; did you mean Bilbao?"),
        (("--city", "Bilbao", "--city", "kolm"), "did you mean Köln?"),
        (("--city", "Reykjavik"), "matches no hotel of the release in force\n"),
        (("--country", "EX"), "did you mean ES"),
        (("--partner", "obris"), "did you mean orbis?"),
        (("--hotel", "h4"), "did you mean h2 or h3?"),
        (("--hotel", "ARRIAGA"), "did you mean h2"),
        (("--bbox", "100,0,110,10"), "--bbox 100,0,110,10: matches no hotel"),
        (("--city", "Bilbao", "--country", "DE"), "matches all of these selectors"),
        (("--city", "\x1b[2J"), "--city \\x1b[2J: matches no hotel"),
    ],
)
@pytest.mark.parametrize("command", ["reprocess", "estimate"])
def test_a_selector_that_matches_nothing_is_wrong_use(call, command, words, said):
    ended = call(command, *words)
    assert (ended.exit_code, said in ended.stderr, "\x1b" in ended.output) == (2, True, False), ended.stderr


@pytest.mark.parametrize("command", [("estimate",), ("reprocess", "--all", "--dry-run")])
@pytest.mark.parametrize(
    ("tagger", "sent", "dollars"),
    [("google", 20, 0.03), ("google+local", 20, 0.03), ("local", 0, 0), ("none", 0, 0), (None, 0, 0)],
)
def test_an_estimate_follows_the_stored_tagger(call, tmp_path, command, tagger, sent, dollars):
    images = tuple(CatalogueImage(f"https://p.example/{number}") for number in range(60))
    write_listing(FolderStore(tmp_path / "state"), Listing(Accommodation("orbis", "2"), "1", images))
    if tagger:
        FolderStore(tmp_path / "inbox").put("tagger.txt", tagger.encode())
    told = json.loads(call(*command, "--json").stdout)
    found = told.get("estimate", told)
    assert (found["tagger"], found["vision_images_about"], found["tagging_dollars_about"]) == (
        tagger or "none",
        sent,
        dollars,
    )
    lines = [line.split() for line in call(*command).stdout.splitlines()]
    assert ["tagger", tagger or "none"] in lines
    assert ["tagging", "dollars", "about", f"{found['tagging_dollars_about']:,}"] in lines
