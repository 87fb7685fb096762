"""The measures have the values of the corpus' independent judge, and a corpus that is wrong is told so."""

import csv
import importlib.util
import io

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from image_release.corpus import CorpusUnreadableError, LabelledImage, Placed, evaluate, measure, read_labels
from image_release.settings import Settings
from tests.integration.world import jpeg, photo


def labelled(*rows):
    return [LabelledImage(image, hotel, label, attacks, best) for image, hotel, label, attacks, best in rows]


class TestMeasures:
    def test_a_perfect_grouping(self):
        labels = labelled(("a", "h", "h/1", "", True), ("b", "h", "h/1", "mirror", False), ("c", "h", "h/2", "", True))
        found = measure(
            labels, [Placed("a", "h", "g1", True), Placed("b", "h", "g1", False), Placed("c", "h", "g2", True)]
        )
        assert (found.purity, found.completeness, found.duplicates, found.lost, found.best_right) == (1, 1, 0, 0, 1)
        assert found.attacks == {"mirror": (1.0, 1)}
        assert found.wrong == ()

    def test_a_picture_shown_twice_is_a_duplicate(self):
        labels = labelled(("a", "h", "h/1", "", True), ("b", "h", "h/1", "", False))
        found = measure(labels, [Placed("a", "h", "g1", True), Placed("b", "h", "g2", True)])
        assert (found.purity, found.completeness, found.duplicates, found.lost) == (1, 0, 0.5, 0)
        assert len(found.wrong) == 2

    def test_a_picture_behind_another_is_lost(self):
        labels = labelled(("a", "h", "h/1", "", True), ("b", "h", "h/2", "", True))
        found = measure(labels, [Placed("a", "h", "g1", True), Placed("b", "h", "g1", False)])
        assert (found.purity, found.lost, found.pair_precision) == (0, 0.5, 0)


@st.composite
def groupings(draw):
    count = draw(st.integers(1, 12))
    attacks = st.sampled_from(["", "side:900|q:40", "mirror", "crop_light:0.1|q:90"])
    rows, placed = [], []
    for number in range(count):
        hotel = draw(st.sampled_from(["h", "i"]))
        label = f"{hotel}/{draw(st.sampled_from(['0', '1', '2', 'placeholder0']))}"
        best = draw(st.sampled_from([True, False, None]))
        rows.append(LabelledImage(f"{number}.jpg", hotel, label, draw(attacks), best))
        group = draw(st.sampled_from(["g0", "g1", "g2", "rejected:placeholder", "rejected:truncated"]))
        placed.append(Placed(f"{number}.jpg", hotel, group, draw(st.booleans())))
    placed.append(Placed("last.jpg", "h", "g0", False))
    rows.append(LabelledImage("last.jpg", "h", "h/0", "", True))
    return rows, placed


@given(groupings())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_our_values_are_the_judges(corpus, grouping):
    """Two programs that share no code say the same of any grouping."""
    spec = importlib.util.spec_from_file_location("judge", corpus / "judge.py")
    judge = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(judge)
    rows, placed = grouping
    best = {True: "1", False: "0", None: ""}
    theirs, attacks, wrong = judge.judge(
        [
            {"image": r.image, "hotel_id": r.hotel_id, "label": r.label, "attacks": r.attacks, "best": best[r.best]}
            for r in rows
        ],
        [{"image": p.image, "hotel_id": p.hotel_id, "group": p.group, "best": str(int(p.best))} for p in placed],
    )
    ours = measure(rows, placed)
    assert {name: getattr(ours, name) for name in theirs} == pytest.approx(theirs)
    assert dict(ours.attacks) == attacks
    assert len(ours.wrong) == len(wrong)


class TestReadingACorpus:
    def write(self, folder, rows):
        (folder / "images").mkdir(exist_ok=True)
        with (folder / "labels.csv").open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([("image", "hotel_id", "label", "attacks", "best"), *rows])

    def test_bad_rows_are_named_and_the_rest_goes_on(self, tmp_path):
        self.write(
            tmp_path, [("a.jpg", "h", "h/1", "", "1"), ("a.jpg", "h", "h/2", "", ""), ("../x", "h", "h/3", "", "")]
        )
        (tmp_path / "images" / "a.jpg").write_bytes(b"")
        images, problems = read_labels(tmp_path)
        assert [image.image for image in images] == ["a.jpg"]
        assert [(problem.line, problem.value) for problem in problems] == [(3, "a.jpg"), (4, "../x")]

    def test_a_folder_without_labels_is_refused(self, tmp_path):
        with pytest.raises(CorpusUnreadableError, match=r"labels\.csv"):
            read_labels(tmp_path)

    def test_evaluating_a_small_corpus(self, tmp_path):
        """A copy is found, a look-alike is not, what cannot be decoded is rejected and counted."""
        one, two = photo(1), photo(2)
        files = {"a.jpg": jpeg(one), "b.jpg": jpeg(one.resize((500, 333)), 60), "c.jpg": jpeg(two), "d.jpg": b"nothing"}
        self.write(
            tmp_path,
            [
                ("a.jpg", "h", "h/1", "", "1"),
                ("b.jpg", "h", "h/1", "q:60", "0"),
                ("c.jpg", "h", "h/2", "", "1"),
                ("d.jpg", "h", "h/3", "", ""),
            ],
        )
        for name, data in files.items():
            (tmp_path / "images" / name).write_bytes(data)
        told = []
        result = evaluate(tmp_path, Settings(), 1, lambda hotel, images: told.append((hotel, images)))
        groups = {placed.image: placed.group for placed in result.placed}
        assert groups["a.jpg"] == groups["b.jpg"] != groups["c.jpg"]
        assert groups["d.jpg"] == "rejected:not_an_image"
        assert (result.measures.purity, result.measures.lost) == (1, pytest.approx(1 / 3))
        assert told == [("h", 4)]
        assert Image.open(io.BytesIO(files["a.jpg"])).size == (800, 533)
