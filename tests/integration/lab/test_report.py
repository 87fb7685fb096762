"""The report: static pages on which every mistake can be looked at, with a history that grows by a point a run."""

import html
import json
import re
import shutil
from pathlib import Path

import pytest
from PIL import Image

from tests.integration.lab.conftest import JOIN_NONE, call, rows, told

LINK = re.compile(r'(?:href|src)="([^"]*)"')
APART = re.compile("Kept apart: |Not one photograph, but the same view: ")
"""How a sentence about two images that are apart begins."""


def page(report, name="index.html"):
    return (report / name).read_text(encoding="utf-8")


def dead_links(report, name="index.html"):
    """Links of a page that lead to no file of the report."""
    here = (report / name).parent
    return [link for link in LINK.findall(page(report, name)) if not (here / link).is_file()]


def history(report):
    return [json.loads(line) for line in (report / "history.jsonl").read_text(encoding="utf-8").splitlines()]


def section(report, title):
    """The part of the index under a heading."""
    return re.search(rf"<h2>{title}(.*?)</section>", page(report), re.DOTALL)[1]


@pytest.fixture(scope="module")
def report(made, tmp_path_factory):
    """The report on a grouping without a mistake."""
    folder = tmp_path_factory.mktemp("right") / "report"
    ended = call("evaluate", made, "--report", folder)
    assert f"report: {folder}/index.html" in ended.stdout
    return folder


@pytest.fixture
def again(report, tmp_path):
    """A copy of that report, for a test that writes into it."""
    return Path(shutil.copytree(report, tmp_path / "report"))


@pytest.fixture(scope="module")
def split(made, tmp_path_factory):
    """The report on a grouping that joins nothing."""
    folder = tmp_path_factory.mktemp("split")
    (folder / "none.yaml").write_text(JOIN_NONE, encoding="utf-8")
    call("evaluate", made, "--settings", folder / "none.yaml", "--report", folder / "report")
    return folder / "report"


class TestReport:
    def test_shows_each_measure_with_its_definition(self, report):
        """Value, gate and meaning."""
        measures = section(report, "Measures")
        for name, meaning in (
            ("purity", "share of groups that hold a single label"),
            ("lost", "share of labels that no group shows"),
        ):
            assert re.search(rf'<td>{name}</td><td class="value ?">[01]\.0000</td>.*?{meaning}', measures)

    def test_explains_the_nearest_pairs_though_nothing_is_wrong(self, report):
        """Similar rooms that were kept apart have a page that says why."""
        assert "None." in section(report, "Groups that mix photographs: 0")
        assert "None." in section(report, "Photographs that were split: 0")
        pages = re.findall(r'href="(pairs/[^"]+)"', section(report, "Nearest to a wrong join"))
        assert pages
        assert all(APART.search(page(report, name)) for name in pages)

    def test_needs_no_server_no_network_and_no_script(self, report):
        """Every link leads to a file of the report, and a policy forbids the rest."""
        pages = ["index.html", *(f"pairs/{path.name}" for path in (report / "pairs").iterdir())]
        for name in pages:
            assert dead_links(report, name) == []
            assert "<script" not in page(report, name)
            assert "default-src 'none'; img-src 'self' file: data:; style-src 'unsafe-inline'" in page(report, name)

    def test_has_thumbnails_that_are_pictures(self, report):
        """They are small files, so that a report of a thousand images opens at once."""
        thumbs = list((report / "thumbs").iterdir())
        assert thumbs
        for path in thumbs:
            with Image.open(path) as image:
                assert max(image.size) <= 240

    def test_is_what_evaluate_without_it_says(self, made, measured, tmp_path):
        """Writing a report does not change the results."""
        (plain, _), looked = measured, told("evaluate", made, "--report", tmp_path / "report")
        assert {**plain, "cost": None} == {**looked, "cost": None}


class TestMistakes:
    def test_of_joining_show_the_group_and_the_wrong_joins_first(self, made, joining_all, tmp_path):
        """Every mixed group is shown with all its images and a page for each joined pair."""
        report = tmp_path / "report"
        found = told("evaluate", made, "--settings", joining_all, "--report", report)
        mixed = [wrong for wrong in found["wrong"] if len(wrong["labels"]) > 1]
        assert mixed
        shown = section(report, f"Groups that mix photographs: {len(mixed)}")
        for wrong in mixed:
            for image in wrong["images"]:
                assert f'<span class="url soft">{image}</span>' in shown
        first = re.search(r'<li><a href="(pairs/[^"]+)">[^<]+</a> <span class="outcome">two photographs', shown)
        assert shown.index("<li>") == first.start()
        assert "the program is wrong here" in page(report, first[1])
        assert "Joined: " in page(report, first[1])

    def test_of_splitting_show_the_parts_and_why_they_are_apart(self, made, split):
        """Every label in several groups is shown, with a page for each pair across the groups."""
        copies = {}
        for row in rows(made)[1:]:
            copies.setdefault(row.split(",")[2], []).append(row.split(",")[0])
        several = {label: images for label, images in copies.items() if len(images) > 1}
        shown = section(split, f"Photographs that were split: {len(several)}")
        pairs = sum(len(images) * (len(images) - 1) // 2 for images in several.values())
        assert shown.count("<li>") == pairs
        assert len(APART.findall(shown)) == pairs
        assert dead_links(split) == []


class TestHistory:
    def test_grows_by_a_line_and_a_point_a_run(self, made, joining_none, again):
        """It has the commit, date and measures of each run, oldest first, and the page draws them all."""
        assert section(again, "History").count("<circle") == 6
        call("evaluate", made, "--report", again, "--settings", joining_none)
        first, second = history(again)
        assert first["at"] < second["at"]
        assert first["commit"] == second["commit"]
        assert (first["measures"]["completeness"], second["measures"]["completeness"]) == (1, 0)
        assert section(again, "History").count("<circle") == 12

    def test_names_the_commit_of_the_program(self, report):
        """It names the git commit that was measured, or `unknown` without a repository."""
        assert re.fullmatch(r"[0-9a-f]{12}\+?|unknown", history(report)[0]["commit"])

    def test_survives_a_line_that_broke_off(self, made, again):
        """A run that was killed while writing loses only its own point, and this is reported: status 1."""
        whole = (again / "history.jsonl").read_text(encoding="utf-8")
        (again / "history.jsonl").write_text(whole + whole[:50], encoding="utf-8")
        ended = call("evaluate", made, "--report", again, status=1)
        assert "history.jsonl:2: " in ended.stderr
        assert section(again, "History").count("<circle") == 12

    def test_of_another_corpus_is_not_mixed_in(self, made, again, tmp_path):
        """Two corpora in one report have separate curves."""
        call("evaluate", shutil.copytree(made, tmp_path / "other"), "--report", again)
        assert len(history(again)) == 2
        assert section(again, "History").count("<circle") == 6


class TestFolder:
    def test_that_holds_something_else_is_not_touched(self, made, tmp_path):
        """A mistyped folder is wrong use: status 2, and nothing in it changes."""
        (tmp_path / "pairs").mkdir()
        (tmp_path / "pairs" / "mine.html").write_text("mine", encoding="utf-8")
        for command in ("evaluate", "sweep"):
            ended = call(command, made, "--report", tmp_path, status=2)
            assert "is neither empty nor a report" in ended.stderr
        assert [path.name for path in tmp_path.rglob("*")] == ["pairs", "mine.html"]

    def test_keeps_no_pages_of_the_last_run(self, made, split, tmp_path):
        """A pair that is right now has no page any more."""
        report = Path(shutil.copytree(split, tmp_path / "report"))
        many = len(list((report / "pairs").iterdir()))
        call("evaluate", made, "--report", report)
        assert 0 < len(list((report / "pairs").iterdir())) < many
        assert dead_links(report) == []
        for folder in ("pairs", "thumbs"):
            assert {f"{folder}/{path.name}" for path in (report / folder).iterdir()} <= set(LINK.findall(page(report)))

    def test_is_left_as_it_is_by_a_corpus_that_cannot_be_read(self, again, tmp_path):
        """The last report stays complete: its pages are deleted only when the next one is written."""
        before = sorted(path.name for path in again.rglob("*"))
        (tmp_path / "empty").mkdir()
        call("evaluate", tmp_path / "empty", "--report", again, status=2)
        assert sorted(path.name for path in again.rglob("*")) == before
        assert dead_links(again) == []

    def test_shows_the_curves_of_a_sweep_into_it(self, made, tmp_path):
        """The index draws all methods and links to the page of every threshold."""
        report = tmp_path / "report"
        call("sweep", made, "--methods", "crops-phash,ours", "--report", report)
        call("evaluate", made, "--report", report)
        assert section(report, "Methods and thresholds").count("<polyline") == 2
        assert dead_links(report) == []
        assert dead_links(report, "sweep.html") == []


class TestHostileNames:
    def test_are_text_on_every_page(self, own, tmp_path):
        """Hotels, labels and files may have any name; none becomes markup."""
        hostile = "<img src=x onerror=alert(1)>\"'"
        lines = rows(own)
        names = {line.split(",")[0] for line in lines[1:]}
        for number, name in enumerate(sorted(names)):
            (own / "images" / f"<b>{number}.jpg").write_bytes((own / "images" / name).read_bytes())
        quoted = '"' + hostile.replace('"', '""')
        labels = [f'<b>{number}.jpg,{quoted}",{quoted}{number % 2}"' for number in range(len(names))]
        (own / "labels.csv").write_text("image,hotel_id,label\n" + "\n".join(labels) + "\n", encoding="utf-8")
        report = tmp_path / "report"
        call("evaluate", own, "--report", report)
        pages = ["index.html", *(f"pairs/{path.name}" for path in (report / "pairs").iterdir())]
        assert len(pages) > 1
        for name in pages:
            assert "<img src=x" not in page(report, name)
            assert "<b>0.jpg" not in page(report, name).replace("<b>&lt;", "")
            assert dead_links(report, name) == []
        assert html.escape(hostile, quote=False)[:20] in page(report)
