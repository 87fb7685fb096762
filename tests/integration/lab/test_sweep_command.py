"""`image-release corpus sweep`: compares methods and thresholds."""

import csv
import os
import shutil
import subprocess

import pytest

from tests.integration.lab.conftest import COMMAND, TIMEOUT_S, call, rows, told

ALL = ["phash", "dhash", "ahash", "whash", "colorhash", "crop-resistant", "crops-phash", "crops-dhash", "ours"]


@pytest.fixture(scope="module")
def swept(made, tmp_path_factory):
    """All methods on the small corpus, with the report and the table that came with it."""
    folder = tmp_path_factory.mktemp("swept")
    found = told("sweep", made, "--report", folder / "report", "--table-out", folder / "table.csv")
    return found, folder


class TestMethods:
    def test_are_all_there(self, swept):
        """They are those of ImageHash, the published 36 crops, and ours."""
        assert [curve["method"] for curve in swept[0]["curves"]] == ALL

    def test_join_more_the_looser_the_threshold(self, swept):
        """The number of groups never grows along a curve of a method that joins transitively."""
        for curve in swept[0]["curves"][:-1]:
            groups = [point["groups"] for point in curve["points"]]
            assert groups == sorted(groups, reverse=True), curve["method"]
            assert groups[0] > groups[-1], curve["method"]

    def test_include_ours_as_evaluate_measures_it(self, measured, swept):
        """With unchanged thresholds, the results are those of evaluate."""
        [ours] = [point for point in swept[0]["curves"][-1]["points"] if point["threshold"] == 0]
        found, _ = measured
        for name in ("groups", "purity", "completeness", "duplicates", "lost"):
            assert ours[name] == found[name]

    def test_are_worse_than_ours_where_copies_are_mirrored_and_cropped(self, swept):
        """The published method repeats pictures that ours does not."""
        best = {curve["method"]: curve["recommended"] for curve in swept[0]["curves"]}
        assert best[swept[0]["recommended"]]["completeness"] == best["ours"]["completeness"] == 1
        assert best["crops-phash"]["completeness"] < 0.9


class TestRecommendation:
    def test_loses_no_more_than_the_maximum(self, swept):
        """Every recommended threshold is within --max-lost, and none that is within it is more complete."""
        for curve in swept[0]["curves"]:
            allowed = [point for point in curve["points"] if point["lost"] <= 0.0025]
            if curve["recommended"] is None:
                assert allowed == []
            else:
                assert curve["recommended"]["completeness"] == max(point["completeness"] for point in allowed)
                assert curve["recommended"] in allowed

    def test_is_none_where_every_threshold_loses_more(self, own):
        """If two labels have the same bytes, every method loses one: status 1 and a sentence."""
        first = rows(own)[1].split(",")
        shutil.copy(own / "images" / first[0], own / "images" / "again.jpg")
        with (own / "labels.csv").open("a", encoding="utf-8") as file:
            file.write(f"again.jpg,{first[1]},another/label,,1\n")
        ended = call("sweep", own, "--methods", "crops-dhash,ours", "--max-lost", 0, status=1)
        assert "no method loses at most 0" in ended.stdout

    def test_of_ours_is_printed_as_settings(self, made):
        """The settings to use are printed under the table."""
        ended = call("sweep", made, "--methods", "ours,crops-phash")
        assert "recommended: registration (ours)" in ended.stdout
        assert "grouping: {clear_score: " in ended.stdout


class TestFiles:
    def test_hold_every_threshold(self, swept):
        """The table has one line per threshold, with the values of the JSON document."""
        with (swept[1] / "table.csv").open(newline="", encoding="utf-8") as file:
            lines = list(csv.DictReader(file))
        points = [(curve["method"], point) for curve in swept[0]["curves"] for point in curve["points"]]
        assert [(line["method"], float(line["threshold"]), float(line["lost"])) for line in lines] == [
            (method, point["threshold"], point["lost"]) for method, point in points
        ]

    def test_draw_a_line_a_method(self, swept):
        """The page has a chart of all methods and one chart per method."""
        page = (swept[1] / "report" / "sweep.html").read_text(encoding="utf-8")
        assert page.count("<polyline") == len(ALL) + 4 * len(ALL)


class TestImageHash:
    def test_that_is_not_installed_is_named(self, made, tmp_path):
        """Its methods end with status 2 and say what to install; other methods work without it."""
        (tmp_path / "imagehash.py").write_text("raise ImportError('no module named imagehash')\n", encoding="utf-8")
        without = {**os.environ, "PYTHONPATH": str(tmp_path)}

        def sweep(methods):
            words = [COMMAND, "corpus", "sweep", made, "--methods", methods]
            return subprocess.run(words, env=without, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)

        ended = sweep("phash,ours")
        assert ended.returncode == 2
        assert "phash: needs the extra `lab`: pip install 'image-release[lab]'" in " ".join(ended.stderr.split())
        assert "Traceback" not in ended.stderr
        assert sweep("crops-phash,ours").returncode == 0

    def test_of_an_unknown_name_is_refused(self, made):
        """The status is 2, and the valid names are listed."""
        ended = call("sweep", made, "--methods", "phash,magic", status=2)
        assert "no method magic" in ended.stderr
        assert "crops-dhash" in ended.stderr
