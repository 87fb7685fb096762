"""The architecture page is the text that the code cites: what is cited exists, and what exists is on the page."""

import inspect
import re
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from image_release import store_keys
from image_release.outcomes import Outcome
from image_release.values import Accommodation
from tests.conftest import ROOT

PACKAGE = ROOT / "shared" / "image_release"
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"))
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
SOURCES = sorted(
    path
    for folder in ("shared", "functions", "tests", "benchmarks", "deployment", "layers", "samples", "docs")
    for path in (ROOT / folder).rglob("*")
    if path != Path(__file__)
    and path.suffix in (".py", ".md", ".js", ".yml", ".yaml", ".html", ".css")
    and "node_modules" not in path.parts
)
HEADINGS = {heading.casefold() for heading in re.findall(r"^## (.+)$", PAGE, re.MULTILINE)}
RULES = PAGE.partition("## Invariants")[2].partition("\n## ")[0]
INVARIANTS = [int(number) for number in re.findall(r"^(\d+)\. ", RULES, re.MULTILINE)]
SAMPLE = {
    "suffix": ".csv.gz",
    "accommodation": Accommodation("p", "a"),
    "partner_id": "p",
    "hotel_id": "h",
    "release_id": "r",
    "request_id": "q",
    "version": "v",
    "tagger_identity": "v",
    "sha256": "0" * 64,
    "day": date(2026, 11, 1),
    "folder": "releases/r",
    "shard": 3,
    "kind": "k",
    "name": "n",
    "seq": 1,
    "extension": "jpg",
    "started": datetime(2026, 11, 1, tzinfo=UTC),
    "made": datetime(2026, 11, 1, tzinfo=UTC),
    "key": "changed/2026-11-01T000000.000000Z/k-n.jsonl.gz",
    "part": "v",
}


def cited(pattern: str) -> list[tuple[str, str]]:
    """Every citation in the sources: where it stands, and what it cites."""
    return [
        (str(path.relative_to(ROOT)), found)
        for path in SOURCES
        for found in re.findall(pattern, " ".join(path.read_text(encoding="utf-8").split()))
    ]


class TestCitations:
    def test_of_the_page_name_one_of_its_sections(self):
        """`(architecture, Formats)` in a docstring leads somewhere."""
        found = cited(r"\(architecture, ([^)]+)\)")
        assert found
        assert [place for place in found if place[1].casefold() not in HEADINGS] == []

    def test_of_invariants_give_a_number_that_exists(self):
        """Eleven invariants, counted without a gap."""
        assert list(range(1, 12)) == INVARIANTS
        found = cited(r"[Ii]nvariants? (\d+(?:(?:, | and )\d+)*)")
        numbers = [(place, int(number)) for place, text in found for number in re.findall(r"\d+", text)]
        assert [place for place in numbers if place[1] not in INVARIANTS] == []

    def test_of_a_text_outside_the_repository_are_gone(self):
        """Nobody can read "the design, section 5"."""
        assert cited(r"(\(design|[Dd]esign,? (?:section|invariant)[^.]{0,20}|the design's section)") == []

    def test_of_decisions_lead_to_a_file(self):
        """A path below docs/decisions exists."""
        names = {path.name for path in DECISIONS}
        assert [place for place in cited(r"decisions/(\d{4}-[\w-]+\.md)") if place[1] not in names] == []


class TestThePage:
    def test_of_decisions_lists_each_under_its_title(self):
        """`docs/decisions/README.md` names every decision once, in the order of their numbers."""
        index = (DECISIONS[0].parent / "README.md").read_text("utf-8")
        listed = re.findall(r"^- (\d+) \[(.+)\]\((.+)\)$", index, re.MULTILINE)
        titles = [re.match(r"# (\d+)[.:] (.+)", page.read_text("utf-8")).groups() for page in DECISIONS]
        expected = [(number, title, page.name) for (number, title), page in zip(titles, DECISIONS, strict=True)]
        assert [(number, title.casefold(), name) for number, title, name in listed] == [
            (number, title.casefold(), name) for number, title, name in expected
        ]

    @pytest.mark.parametrize("decision", DECISIONS, ids=lambda path: path.name)
    def test_or_another_links_every_decision(self, decision):
        """A decision that nothing links is found by nobody."""
        linking = [page for page in PAGES if page != decision and decision.name in page.read_text(encoding="utf-8")]
        assert linking != []

    def test_lists_every_outcome(self):
        """An outcome that the manifest may hold is explained."""
        table = PAGE.partition("## Outcomes")[2].partition("\n## ")[0]
        assert [str(outcome) for outcome in Outcome if f"`{outcome}`" not in table] == []

    def test_lists_every_folder_and_module_of_the_package(self):
        """One sentence for each."""
        table = PAGE.partition("## Folders")[2].partition("\n## ")[0]
        entries = [path.parent.name + "/" for path in PACKAGE.glob("*/__init__.py")]
        entries += [path.name for path in PACKAGE.glob("*.py") if path.name != "__init__.py"]
        assert [entry for entry in entries if f"`{entry}`" not in table] == []

    def test_sends_nobody_to_a_file_that_is_not_there(self):
        """Every path in "Where to change" exists, below the package or the repository."""
        table = PAGE.partition("## Where to change")[2]
        paths = re.findall(r"`([\w/]+(?:\.(?:py|yaml|yml)|/))`", table)
        assert len(paths) > 20
        assert [path for path in paths if not (PACKAGE / path).exists() and not (ROOT / path).exists()] == []

    def test_lists_every_key(self):
        """What `keys` makes stands in the table of the three stores, in its last part that is no id."""
        table = PAGE.partition("## Keys")[2].partition("\n## ")[0]
        made = {
            name: function(*(SAMPLE[parameter] for parameter in inspect.signature(function).parameters))
            for name, function in inspect.getmembers(store_keys, inspect.isfunction)
            if function.__module__ == store_keys.__name__ and name.endswith("_key")
        }
        assert len(made) > 20
        assert {name: key for name, key in made.items() if not _stands_in(key, table)} == {}


def _stands_in(key: str, table: str) -> bool:
    """Whether one row of the table has all of a key's own words (those that are not the sample's ids)."""
    samples = (
        "p",
        "a",
        "h",
        "r",
        "q",
        "v",
        "k",
        "n",
        "k-n",
        "1",
        "3",
        "0" * 64,
        "2026-11-01",
        "2026-11-01T000000.000000Z",
    )
    words = [part for part in re.split(r"[/.]", key) if part not in samples and part not in ("jpg", "000000Z")]
    words = [re.sub(r"-v$|^0+-n$|-2026-11-01$", "", word) for word in words if not word.startswith("2026-")]
    return any(all(word in row for word in words) for row in table.splitlines() if row.startswith("|"))
