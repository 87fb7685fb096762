"""`image-release ranking evaluate`: the order of a graded corpus and its measures, on the command line.

On the labelled corpus beside the repository, the figures are those of its own judge, and the order is far better than
that of the published formula. Without this corpus these tests are skipped.
"""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from PIL import Image

from image_release.cli.ranking import ranking
from image_release.settings import PrioritisingSettings
from image_release.values import sha256_hex

CORPUS = Path(os.environ.get("IMAGE_RELEASE_CORPUS", Path(__file__).parents[2].parent / "shared" / "corpus"))

needs_corpus = pytest.mark.skipif(
    not (CORPUS / "judge_ranking.py").is_file(),
    reason="needs the labelled corpus: ../shared/corpus beside the repository, or IMAGE_RELEASE_CORPUS",
)


def evaluate(*arguments: str | Path) -> Result:
    return CliRunner().invoke(ranking, ["evaluate", *map(str, arguments)])


class SmallCorpus:
    """Two hotels with a pool, a bedroom and a bathroom each, in files of their own."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.grades = [("label", "hotel_id", "category", "grade")]
        self.images = [("image", "hotel_id", "label", "attacks", "best")]
        self.labels: list[dict[str, Any]] = []
        for hotel_id in ("h1", "h2"):
            self.add(hotel_id, "bath", "bathroom", "0", "Toilet", "Bathroom")
            self.add(hotel_id, "room", "bedroom", "2", "Bedroom", "Bed frame")
            self.add(hotel_id, "pool", "pool", "3", "Swimming pool", "Water")

    def add(self, hotel_id: str, name: str, category: str, grade: str, *labels: str) -> None:
        image = f"{hotel_id}/partner-a/{name}.png"
        data = io.BytesIO()
        Image.new("RGB", (600, 400), (len(self.labels) * 20, 80, 120)).save(data, "PNG")
        path = self.directory / "images" / image
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data.getvalue())
        self.grades.append((f"{hotel_id}/{name}", hotel_id, category, grade))
        self.images.append((image, hotel_id, f"{hotel_id}/{name}", "", "1"))
        shown = [{"description": label, "score": 0.9} for label in labels]
        self.labels.append({"sha256": sha256_hex(data.getvalue()), "labels": shown})

    def write(self) -> Path:
        for name, rows in (("ranking.csv", self.grades), ("labels.csv", self.images)):
            with (self.directory / name).open("w", newline="", encoding="utf-8") as file:
                csv.writer(file).writerows(rows)
        lines = "".join(json.dumps(line) + "\n" for line in self.labels)
        (self.directory / "vision_labels.jsonl").write_text(lines, encoding="utf-8")
        return self.directory


def test_orders_and_measures_a_corpus(tmp_path: Path) -> None:
    """Pools come first and bathrooms last: the measures are ideal, in the table and in the JSON document."""
    directory = SmallCorpus(tmp_path).write()
    shown = evaluate(directory)
    assert shown.exit_code == 0
    assert "first_ok     1.000" in shown.stdout
    document = json.loads(evaluate(directory, "--json").stdout)
    assert document | {"wrong": [], "problems": []} == document
    assert (document["hotels"], document["first_ok"], document["ndcg5"]) == (2, 1.0, 1.0)


def test_writes_the_order(tmp_path: Path) -> None:
    """The file has the columns `hotel_id,image,position`, as the judge reads them."""
    order = tmp_path / "order.csv"
    assert evaluate(SmallCorpus(tmp_path).write(), "--order-out", order).exit_code == 0
    assert order.read_text(encoding="utf-8").splitlines()[:4] == [
        "hotel_id,image,position",
        "h1,h1/partner-a/pool.png,1",
        "h1,h1/partner-a/room.png,2",
        "h1,h1/partner-a/bath.png,3",
    ]


def test_judges_other_settings(tmp_path: Path) -> None:
    """Settings that prefer toilets get bad measures."""
    directory = SmallCorpus(tmp_path).write()
    settings = tmp_path / "settings.yaml"
    settings.write_text(
        "prioritising: {never_first: [], labels: {bathroom: {Toilet: 5, Bathroom: 5}}}", encoding="utf-8"
    )
    document = json.loads(evaluate(directory, "--json", "--settings", settings).stdout)
    assert (document["first_ok"], document["first_never"]) == (0.0, 1.0)
    assert document["wrong"] == [f"{h}: first is {h}/bath (bathroom, 0)" for h in ("h1", "h2")]


@pytest.mark.parametrize(
    ("row", "rule"),
    [
        pytest.param(("h1/pool", "h1", "pool", "4"), "grade", id="a grade above 3"),
        pytest.param(("h1/pool", "h1", "pool", "good"), "grade", id="a grade that is no number"),
        pytest.param(("h1/pool", "h1", "pool"), "grade", id="a row without a grade"),
        pytest.param(("h1/pool", "h1", "pool", "3"), "graded once", id="a label twice"),
        pytest.param(("h1/none", "h1", "pool", "3"), "has an image", id="a label without an image"),
        pytest.param(("", "h1", "pool", "3"), "label", id="a row without a label"),
    ],
)
def test_a_bad_grade_is_named_and_the_rest_is_judged(tmp_path: Path, row: tuple[str, ...], rule: str) -> None:
    """The status is 1, the rule is on stderr, and the other pictures are measured."""
    corpus = SmallCorpus(tmp_path)
    corpus.grades.append(row)
    result = evaluate(corpus.write(), "--json")
    document = json.loads(result.stdout)
    assert (result.exit_code, document["hotels"], len(document["problems"])) == (1, 2, 1)
    assert rule in document["problems"][0]
    assert rule in result.stderr


@pytest.mark.parametrize("image", ["../../secret.png", "/etc/passwd", "h1/pool.png", "h1/partner-a/missing.png"])
def test_a_bad_image_is_named_and_the_rest_is_judged(tmp_path: Path, image: str) -> None:
    """The path leads out of `images/`, is too short, or leads to no file."""
    corpus = SmallCorpus(tmp_path)
    corpus.images[3] = (image, *corpus.images[3][1:])
    result = evaluate(corpus.write(), "--json")
    document = json.loads(result.stdout)
    assert (result.exit_code, document["hotels"]) == (1, 2)
    assert document["problems"]
    assert document["wrong"] == []
    assert document["ndcg5"] < 1


def test_a_row_without_a_cell_for_best_is_named(tmp_path: Path) -> None:
    """It might be cut off, so it is not used."""
    corpus = SmallCorpus(tmp_path)
    corpus.images.append(("h1/partner-a/pool.png", "h1", "h1/pool", ""))
    document = json.loads(evaluate(corpus.write(), "--json").stdout)
    assert [problem.rpartition(": ")[2] for problem in document["problems"]] == ["is too short for the column best"]


def test_a_file_that_is_no_image_is_named(tmp_path: Path) -> None:
    """The picture is left out of the order."""
    directory = SmallCorpus(tmp_path).write()
    (directory / "images/h2/partner-a/room.png").write_bytes(b"not an image")
    document = json.loads(evaluate(directory, "--json").stdout)
    assert [problem for problem in document["problems"] if "h2/room" in problem]


def test_a_folder_that_is_no_corpus_is_wrong_use(tmp_path: Path) -> None:
    """The status is 2, and the message names the missing file."""
    result = evaluate(tmp_path)
    assert (result.exit_code, "ranking.csv" in result.stderr) == (2, True)


def test_judges_several_taggers_side_by_side(tmp_path: Path) -> None:
    """Each tagger has a column and a document; without labels there are no kinds to judge."""
    directory = SmallCorpus(tmp_path).write()
    options = ("--tagger", "none", "--tagger", f"recorded:{directory / 'vision_labels.jsonl'}")
    none, recorded = json.loads(evaluate(directory, *options, "--json").stdout)["taggers"]
    assert (none["tagger"], none["kinds_right"]) == ("none", None)
    assert (recorded["ndcg5"], recorded["kinds_right"], recorded["groups_right"]) == (1.0, 1.0, 1.0)
    rows = [line.split() for line in evaluate(directory, *options).stdout.splitlines()]
    assert rows[:2] == [["none", "…_labels.jsonl"], ["hotels", "2", "2"]]
    assert ["kinds_right", "-", "1.000"] in rows


def test_lists_for_each_tagger_which_hotels_open_wrongly(tmp_path: Path) -> None:
    """With several taggers only if `--wrong` asks for it."""
    directory = SmallCorpus(tmp_path).write()
    bad = tmp_path / "bad.jsonl"
    text = (directory / "vision_labels.jsonl").read_text().replace("Swimming pool", "Toilet").replace("Bed", "Sink")
    bad.write_text(
        text.replace('"Toilet"', '"Swimming pool"', 1).replace('"Bathroom"', '"Resort"', 1)
    )  # of the first hotel's bathroom
    options = ("--tagger", "none", "--tagger", f"recorded:{bad}")
    assert "first is" not in evaluate(directory, *options).stdout
    assert "bad.jsonl: h1: first is h1/bath (bathroom, 0)" in evaluate(directory, *options, "--wrong").stdout


def test_recorded_labels_and_looks_go_together(tmp_path: Path) -> None:
    """The labels, and so the kinds, are those of the file; the model adds what it sees."""
    directory = SmallCorpus(tmp_path).write()
    tagger = f"recorded:{directory / 'vision_labels.jsonl'}"
    alone, both = json.loads(evaluate(directory, "--tagger", tagger, "--tagger", f"{tagger}+local", "--json").stdout)[
        "taggers"
    ]
    assert (both["labelled"], both["kinds_right"]) == (alone["labelled"], alone["kinds_right"])


def test_a_tagger_that_does_not_exist_is_wrong_use(tmp_path: Path) -> None:
    """The status is 2, and the message says which taggers there are."""
    result = evaluate(SmallCorpus(tmp_path).write(), "--tagger", "gogle")
    assert (result.exit_code, "must be" in result.stderr) == (2, True)


def test_an_order_is_written_for_one_tagger_only(tmp_path: Path) -> None:
    """Two orders do not fit into one file."""
    result = evaluate(tmp_path, "--tagger", "none", "--tagger", "none", "--order-out", tmp_path / "order.csv")
    assert (result.exit_code, (tmp_path / "order.csv").exists()) == (2, False)


class TestScenes:
    """A folder with scenes.csv: the image is the label."""

    @staticmethod
    def write(directory: Path, *more: str) -> Path:
        """A hotel with four pictures and one with three, whose first file is a bathroom."""
        rows = ["image,hotel_id,category,grade"]
        for hotel_id, names in (("h1", "bath pool room view"), ("h2", "bath pool room")):
            for name in names.split():
                path = directory / "images" / hotel_id / f"{name}.png"
                path.parent.mkdir(parents=True, exist_ok=True)
                Image.new("RGB", (32, 24), (len(rows) * 20, 9, 9)).save(path)
                category = {"bath": "bathroom", "room": "bedroom"}.get(name, name)
                rows.append(f"{hotel_id}/{name}.png,{hotel_id},{category},{0 if name == 'bath' else 2}")
        (directory / "scenes.csv").write_text("\n".join([*rows, *more]) + "\n")
        return directory

    def test_are_judged_with_hotels_of_four_pictures(self, tmp_path: Path) -> None:
        """The default is no tagger; a hotel with three pictures is not measured."""
        result = evaluate(self.write(tmp_path), "--json")
        document = json.loads(result.stdout)
        assert (result.exit_code, document["tagger"], document["hotels"]) == (0, "none", 1)

    def test_are_judged_by_recorded_labels(self, tmp_path: Path) -> None:
        """The labels are found by content; kinds are judged in hotels of every size."""
        directory = self.write(tmp_path)
        (tmp_path / "labels.jsonl").write_text(
            "".join(
                json.dumps(
                    {
                        "sha256": sha256_hex((directory / f"images/{hotel_id}/{name}.png").read_bytes()),
                        "labels": [{"description": label, "score": 1.0}],
                    }
                )
                + "\n"
                for hotel_id in ("h1", "h2")
                for name, label in (("pool", "Swimming pool"), ("bath", "Toilet"))
            )
        )
        document = json.loads(evaluate(directory, "--tagger", f"recorded:{tmp_path / 'labels.jsonl'}", "--json").stdout)
        assert (document["first_ok"], document["labelled"], document["kinds_right"]) == (1.0, 4, 1.0)

    @pytest.mark.parametrize(
        "image", ["../h1/pool.png", "/etc/passwd", "pool.png", "h1/a/b.png", "h1/none.png", "h1/a\0b"]
    )
    def test_with_a_bad_image_are_judged_without_it(self, tmp_path: Path, image: str) -> None:
        """It is named with its rule, and the status is 1."""
        result = evaluate(self.write(tmp_path, f"{image},h1,pool,3"), "--json")
        document = json.loads(result.stdout)
        assert (result.exit_code, document["hotels"], len(document["problems"])) == (1, 1, 1)


@needs_corpus
@pytest.mark.corpus
class TestOnTheLabelledCorpus:
    def test_is_far_better_than_the_published_formula(self) -> None:
        """The published formula has .74 / .06 / .63, the shipped table .97 / 0 / .90."""
        result = evaluate(CORPUS, "--json")
        assert result.exit_code == 0
        measures = json.loads(result.stdout)
        assert measures["first_ok"] >= 0.94
        assert measures["first_never"] <= 0.03
        assert measures["ndcg5"] >= 0.87
        assert measures["same_kind3"] <= 0.2

    def test_reports_what_the_judge_reports(self, tmp_path: Path) -> None:
        """All measures have the same values, up to rounding."""
        order = tmp_path / "order.csv"
        ours = json.loads(evaluate(CORPUS, "--json", "--order-out", order).stdout)
        judge = [sys.executable, CORPUS / "judge_ranking.py", CORPUS / "ranking.csv", CORPUS / "labels.csv", order]
        done = subprocess.run([*map(str, judge), "--json"], capture_output=True, text=True, check=True)
        theirs = json.loads(done.stdout)
        assert {name: ours[name] for name in theirs} == {
            name: pytest.approx(value, abs=1e-12) if isinstance(value, float) else value
            for name, value in theirs.items()
        }

    def test_variety_costs_little(self, tmp_path: Path) -> None:
        """Without variety more hotels start with three pictures of one kind, and the order is hardly better."""
        settings = tmp_path / "settings.yaml"
        settings.write_text("prioritising: {variety_pictures: 0}", encoding="utf-8")
        with_variety = json.loads(evaluate(CORPUS, "--json").stdout)
        without = json.loads(evaluate(CORPUS, "--json", "--settings", settings).stdout)
        assert with_variety["same_kind3"] < without["same_kind3"]
        assert with_variety["ndcg5"] >= without["ndcg5"] - 0.015

    def test_size_and_partner_do_not_drown_what_is_to_be_seen(self, tmp_path: Path) -> None:
        """The shipped weights lose almost nothing compared with the category alone."""
        settings = tmp_path / "settings.yaml"
        settings.write_text("prioritising: {weights: {size: 0, partner: 0, category: 1}}", encoding="utf-8")
        shipped = json.loads(evaluate(CORPUS, "--json").stdout)
        category_alone = json.loads(evaluate(CORPUS, "--json", "--settings", settings).stdout)
        assert PrioritisingSettings().weights_in_force.size > 0
        assert shipped["ndcg5"] >= category_alone["ndcg5"] - 0.02
