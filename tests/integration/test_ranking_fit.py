"""`image-release ranking fit`: weights proposed from grades, choices and pins, with what they gain elsewhere."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from PIL import Image

from benchmarks.compare_orders import Writer
from image_release.cli.ranking import ranking
from image_release.ingest import append_override
from image_release.publish import Manifest
from image_release.settings_files import load_settings
from image_release.store_keys import manifest_key
from image_release.values import Override, sha256_hex

HOTELS = 12
LABELS = {"street": "Car", "room": "Bedroom", "view": "Sunset", "pool": "Swimming pool"}
SIZES = ((1600, 1067), (1200, 800), (600, 400), (300, 200))
"""Sizes of the four pictures: the larger one is, the worse is what it shows."""
BY_SIZE = {"street": 3, "room": 2, "view": 1, "pool": 0}
"""Grades of people who like large pictures, whatever they show."""
BY_LABEL = {"street": 0, "room": 1, "view": 2, "pool": 3}


def fit(*arguments: str | Path) -> Result:
    return CliRunner().invoke(ranking, ["fit", *map(str, arguments)])


def told(*arguments: str | Path, status: int = 0) -> dict:
    result = fit(*arguments, "--json")
    assert result.exit_code == status, result.output
    return json.loads(result.stdout)


def scenes(directory: Path, grades: dict[str, int], hotels: int = HOTELS, sizes: tuple = SIZES) -> Path:
    """Hotels with the four pictures, whose labels lie beside them."""
    rows, labels = ["image,hotel_id,category,grade"], []
    for number in range(hotels):
        for (name, label), size in zip(LABELS.items(), sizes, strict=True):
            image = f"h{number}/{name}.png"
            data = io.BytesIO()
            Image.new("L", size, number * 4).save(data, "PNG")
            path = directory / "images" / image
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data.getvalue())
            rows.append(f"{image},h{number},other,{grades[name]}")
            said = [{"description": label, "score": 1.0}]
            labels.append(json.dumps({"sha256": sha256_hex(data.getvalue()), "labels": said}))
    (directory / "scenes.csv").write_text("\n".join([*rows, ""]))
    (directory / "vision_labels.jsonl").write_text("\n".join([*labels, ""]))
    return directory


@pytest.fixture(scope="module")
def large_is_good(tmp_path_factory) -> Path:
    return scenes(tmp_path_factory.mktemp("large"), BY_SIZE)


def test_weights_follow_the_grades(large_is_good):
    """Where large pictures are graded best, size gets more weight, and hotels that were held out gain."""
    document = told("--scenes", large_is_good)
    assert (document["choices"], document["hotels"], document["evidence"]) == ("grades", HOTELS, True)
    assert document["weights"]["size"]["proposed"] > document["weights"]["category"]["proposed"]
    assert document["gain"] > document["gain_error"]
    assert document["measure_proposed"] > document["measure_in_force"] + 0.2


def test_a_part_that_is_equal_within_every_hotel_keeps_its_weight(large_is_good):
    """Scenes name no partner, so nothing is known of its weight; the weights sum to 1."""
    weights = told("--scenes", large_is_good)["weights"]
    assert weights["partner"] == {"in_force": 0.2, "proposed": 0.2, "error": None}
    assert sum(weight["proposed"] for weight in weights.values()) == pytest.approx(1)


def test_the_printed_lines_are_settings(large_is_good, tmp_path):
    """They can be pasted into a settings file as they are."""
    text = fit("--scenes", large_is_good).stdout
    (tmp_path / "settings.yaml").write_text(text[text.index("prioritising:") :])
    assert load_settings(tmp_path / "settings.yaml").prioritising.weights.size > 0.2


def test_the_same_grades_give_the_same_bytes(large_is_good):
    """Chance is drawn from a fixed seed."""
    assert fit("--scenes", large_is_good).stdout == fit("--scenes", large_is_good).stdout


def test_weights_that_are_right_already_have_no_evidence_against_them(tmp_path):
    """Where the order in force is the best one, no other weights gain, and those in force are proposed."""
    directory = scenes(tmp_path, BY_LABEL, sizes=SIZES[::-1])
    document = told("--scenes", directory)
    assert (document["evidence"], document["gain"]) == (False, 0)
    assert [weight["proposed"] for weight in document["weights"].values()][:3] == [0.2, 0.2, 0.6]
    assert "# no evidence of a gain" in fit("--scenes", directory).stdout


def test_few_hotels_are_no_evidence(tmp_path):
    """That is an answer, not an error; nothing is proposed."""
    result = fit("--scenes", scenes(tmp_path, BY_SIZE, hotels=3))
    assert (result.exit_code, result.stdout) == (
        0,
        "no evidence of a gain: 3 hotels tell something; at least 10 are needed\n",
    )


def pairs(directory: Path, *rows: str) -> Path:
    file = directory / "pairs.csv"
    file.write_text("\n".join(["hotel_id,better,worse", *rows, ""]))
    return file


def test_choices_between_two_pictures_are_fitted(large_is_good, tmp_path):
    """An image is named by its path or by the first digits of its SHA-256."""
    rows = []
    for number in range(HOTELS):
        street = sha256_hex((large_is_good / f"images/h{number}/street.png").read_bytes())
        rows.append(f"h{number},{street[:8]},h{number}/pool.png")
    document = told("--scenes", large_is_good, "--pairs", pairs(tmp_path, *rows))
    assert (document["choices"], document["evidence"]) == ("pairs", True)
    assert (document["measure_in_force"], document["measure_proposed"]) == (0, 1)


@pytest.mark.parametrize(
    ("row", "rule"),
    [
        ("h99,h1/street.png,h1/pool.png", "there is no such hotel"),
        ("h1,h1/none.png,h1/pool.png", "better: must name one picture of the hotel, not 0"),
        ("h1,h1/pool.png,h2/pool.png", "worse: must name one picture of the hotel, not 0"),
        ("h1,h1/pool.png,h1/pool.png", "the same picture"),
        ("h1,h1/pool.png", "needs a value in each"),
        ("h1,,h1/pool.png", "needs a value in each"),
        ("h1,abc,h1/pool.png", "better: must name one picture"),
    ],
)
def test_a_bad_choice_is_named_and_the_others_count(large_is_good, tmp_path, row, rule):
    """File, line, value and rule are on stderr, and the status is 1."""
    good = [f"h{number},h{number}/street.png,h{number}/pool.png" for number in range(HOTELS)]
    result = fit("--scenes", large_is_good, "--pairs", pairs(tmp_path, row, *good), "--json")
    assert (result.exit_code, json.loads(result.stdout)["hotels"]) == (1, HOTELS)
    assert f"pairs.csv:2: '{row}': " in result.stderr
    assert rule in result.stderr


def test_a_file_of_choices_without_a_column_is_wrong_use(large_is_good, tmp_path):
    """The status is 2, and the columns are named."""
    (tmp_path / "pairs.csv").write_text("hotel_id,better\nh1,a\n")
    result = fit("--scenes", large_is_good, "--pairs", tmp_path / "pairs.csv")
    assert (result.exit_code, "hotel_id,better,worse" in result.stderr) == (2, True)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory) -> Path:
    """Twelve hotels; in each the largest picture, which comes last, is pinned."""
    folder = tmp_path_factory.mktemp("pins") / "workspace"
    writer = Writer(folder, looks=False)
    writer.release(HOTELS)
    for number in range(HOTELS):
        hotel_id = str(number)
        writer.hotel(hotel_id)
        manifest = Manifest.from_bytes(writer.published.get(manifest_key(hotel_id)).data)
        largest = max(manifest.pictures, key=lambda picture: picture.best.width)
        others = [picture for picture in manifest.pictures if picture.best.width < largest.best.width]
        pictures = [p.model_copy(update={"position": at}) for at, p in enumerate([largest, *others], start=1)]
        changed = manifest.model_copy(update={"pictures": tuple(pictures)})
        writer.published.put(manifest_key(hotel_id), changed.to_bytes())
        append_override(writer.inbox, hotel_id, Override("pin", (largest.best.sha256,), 1))
    return folder


class TestPins:
    """People's pins in a published workspace."""

    def test_are_fitted(self, workspace):
        """People pinned the largest picture of each hotel, so size gets more weight."""
        document = told("--workspace", workspace)
        assert (document["choices"], document["hotels"]) == ("pins", HOTELS)
        assert document["weights"]["size"]["proposed"] > 0.5
        assert document["measure_proposed"] > document["measure_in_force"]

    def test_and_nothing_is_applied(self, workspace):
        """No file of the workspace is new or changed."""
        before = {path: path.stat().st_mtime_ns for path in workspace.rglob("*")}
        told("--workspace", workspace)
        assert {path: path.stat().st_mtime_ns for path in workspace.rglob("*")} == before

    def test_give_way_to_choices(self, workspace, tmp_path):
        """`--pairs` names the images of the workspace by SHA-256 or by the end of their URL."""
        rows = []
        for number in range(HOTELS):
            data = (workspace / "published" / manifest_key(str(number))).read_bytes()
            first, *_, last = (picture.best.url.rpartition("/")[2] for picture in Manifest.from_bytes(data).pictures)
            rows.append(f"{number},{first},{last}")
        document = told("--workspace", workspace, "--pairs", pairs(tmp_path, *rows))
        assert (document["choices"], document["hotels"]) == ("pairs", HOTELS)
