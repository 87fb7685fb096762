"""`image-release corpus evaluate`: the measures of a corpus, the effect of bad input, and the gate."""

import csv
import json
import subprocess
import sys

import pytest

from tests.integration.lab.conftest import call, make, rows, told


class TestMeasures:
    def test_are_perfect_on_partners_copies_of_sample_photographs(self, made, measured):
        """Ordinary copies of five photographs become five groups."""
        found, _ = measured
        assert (found["labels"], found["groups"]) == (5, 5)
        assert (found["purity"], found["completeness"], found["duplicates"], found["lost"]) == (1, 1, 0, 0)
        assert found["images"] == len(rows(made)) - 1
        assert found["wrong"] == []

    def test_show_what_each_stage_costs(self, measured):
        """It shows CPU milliseconds per image by stage, and of grouping per pair."""
        cost = measured[0]["cost"]
        assert set(cost) == {"decode", "print", "group", "best", "group_pair"}
        assert cost["print"] > cost["decode"] > 0
        assert cost["group_pair"] > 0

    def test_do_not_depend_on_the_number_of_workers(self, made, measured):
        """One process and two give the same groups."""
        one, (two, _) = told("evaluate", made, "--workers", 1), measured
        assert {**one, "cost": None} == {**two, "cost": None}

    def test_are_the_judges(self, corpus, tmp_path):
        """The judge of the corpus, which shares no code with the product, computes the same values from the groups."""
        if not (corpus / "judge.py").is_file():
            pytest.skip("the corpus has no judge")
        groups = tmp_path / "groups.csv"
        found = told("evaluate", corpus, "--groups-out", groups)
        judged = json.loads(
            subprocess.run(
                [sys.executable, corpus / "judge.py", corpus / "labels.csv", groups, "--json"],
                capture_output=True,
                check=True,
            ).stdout
        )
        judged.pop("wrong")
        attacks = {name: (each["found"], each["pairs"]) for name, each in judged.pop("attacks").items()}
        assert judged == {name: found[name] for name in judged}
        assert attacks == {name: (each["found"], each["pairs"]) for name, each in found["attacks"].items()}


class TestGroupsOut:
    def test_hold_every_image_once_with_one_best_a_group(self, made, measured):
        """The judge reads this file."""
        with measured[1].open(newline="", encoding="utf-8") as file:
            found = list(csv.DictReader(file))
        assert sorted(row["image"] for row in found) == sorted(line.split(",")[0] for line in rows(made)[1:])
        groups = {(row["hotel_id"], row["group"]) for row in found}
        assert sum(row["best"] == "1" for row in found) == len(groups)


class TestGate:
    def test_lets_a_good_grouping_through(self, measured):
        """At most the best images miss the gate, because five groups are too few for that measure."""
        found, _ = measured
        assert [line for line in found["gate_missed"] if not line.startswith("best_right")] == []

    @pytest.mark.parametrize("settings", ["joining_all", "joining_none"])
    def test_stops_a_bad_one(self, made, settings, request):
        """If too much or too little is joined, the status is 1 and each worse measure has a line."""
        file = request.getfixturevalue(settings)
        ended = call("evaluate", made, "--settings", file, "--gate", status=1)
        assert "gate: pair_f1" in ended.stdout
        assert call("evaluate", made, "--settings", file).stdout.count("gate:") == 0


class TestBadInput:
    def test_a_missing_image_is_reported_and_the_rest_is_measured(self, own):
        """The row is a problem with file, line and value; status 1."""
        lost = rows(own)[1].split(",")[0]
        (own / "images" / lost).unlink()
        ended = call("evaluate", own, status=1)
        assert f"labels.csv:2: '{lost}': is no file below images/" in ended.stderr
        assert f"images          {len(rows(own)) - 2}" in ended.stdout

    def test_a_repeated_row_is_reported_and_counts_once(self, own):
        """The first row counts."""
        first = rows(own)[1]
        with (own / "labels.csv").open("a", encoding="utf-8") as file:
            file.write(first.replace(first.split(",")[2], "other/label") + "\n")
        ended = call("evaluate", own, status=1)
        assert "has a second row; the first row counts" in ended.stderr
        assert f"images          {len(rows(own)) - 2}" in ended.stdout

    def test_an_unreadable_image_is_rejected_by_name(self, own):
        """It is not an image, so it is in no group, its reason is reported, and its label is incomplete."""
        broken = rows(own)[1].split(",")[0]
        (own / "images" / broken).write_bytes(b"\xff\xd8\xff\xe0 not much of a JPEG")
        found = told("evaluate", own)
        assert list(found["rejected_images"]) == [broken]
        assert found["rejected_images"][broken].startswith("truncated: ")
        assert found["completeness"] < 1
        assert f"rejected: {broken}: truncated" in call("evaluate", own).stdout

    def test_a_hotel_with_one_image_is_one_group(self, tmp_path):
        """There is nothing to compare it with, and no division by zero."""
        corpus = make(tmp_path, photos={"casa-brisa": ("pool",)})
        (corpus / "labels.csv").write_text("\n".join(rows(corpus)[:2]) + "\n", encoding="utf-8")
        found = told("evaluate", corpus)
        assert (found["images"], found["groups"], found["purity"], found["completeness"]) == (1, 1, 1, 1)
        assert found["cost"]["group_pair"] == pytest.approx(0, abs=1000)

    @pytest.mark.parametrize("command", ["evaluate", "sweep"])
    def test_an_empty_folder_is_no_corpus(self, tmp_path, command):
        """It is wrong use: status 2, and the message says what is missing."""
        assert "holds no labels.csv" in call(command, tmp_path, status=2).stderr

    @pytest.mark.parametrize("command", ["evaluate", "sweep"])
    @pytest.mark.parametrize("content", ["", "image,hotel_id\na,b\n", "image,hotel_id,label\n"])
    def test_labels_without_columns_or_rows_are_no_corpus(self, tmp_path, content, command):
        """It is wrong use: status 2, and the message says what the file needs."""
        (tmp_path / "labels.csv").write_text(content, encoding="utf-8")
        assert "needs the columns image,hotel_id,label" in call(command, tmp_path, status=2).stderr

    @pytest.mark.parametrize("command", ["evaluate", "sweep"])
    def test_labels_of_nothing_that_is_there_are_no_corpus(self, tmp_path, command):
        """If no row can be used, the first problem is reported."""
        (tmp_path / "labels.csv").write_text("image,hotel_id,label\ngone.jpg,h,h/a\n", encoding="utf-8")
        ended = call(command, tmp_path, status=2)
        assert "no row can be used, such as" in ended.stderr
        assert "gone.jpg" in ended.stderr

    @pytest.mark.parametrize("command", ["evaluate", "sweep"])
    def test_a_corpus_of_broken_images_is_reported(self, tmp_path, command):
        """If nothing can be grouped, the first reason is reported."""
        (tmp_path / "images").mkdir()
        (tmp_path / "images" / "a.jpg").write_bytes(b"no picture")
        (tmp_path / "labels.csv").write_text("image,hotel_id,label\na.jpg,h,h/a\n", encoding="utf-8")
        told = call(command, tmp_path, "--workers", 1, status=2).stderr
        assert "no image can be grouped" in told
        assert "not_an_image" in told
