"""The measures of a grouping, compared with values computed by hand from the judge's definitions."""

import pytest

from image_release.lab.grouping import CorpusUnreadableError, GroupedImage, LabelledImage, measure, read_labels


def labelled(image, label, best=None, attacks=""):
    return LabelledImage(image, "h", label, attacks, best)


LABELLED = [
    labelled("a1", "h/a", best=True),
    labelled("a2", "h/a", best=False, attacks="side:640|mirror|q:41"),
    labelled("b1", "h/b"),
    labelled("b2", "h/b", attacks="dark:0.3"),
    labelled("p1", "h/placeholder0"),
]


def grouped_images(**groups):
    return [GroupedImage(image, "h", group.rstrip("*"), group.endswith("*")) for image, group in groups.items()]


class TestMeasures:
    def test_of_a_right_grouping(self):
        """Each label is one group, the placeholder is rejected and the clean copy is best, so nothing is wrong."""
        found = measure(LABELLED, grouped_images(a1="1*", a2="1", b1="2*", b2="2", p1="rejected:placeholder"))
        assert (found.purity, found.completeness, found.duplicates, found.lost) == (1, 1, 0, 0)
        assert (found.pair_f1, found.best_right, found.wrong) == (1, 1, ())

    def test_of_a_split_label(self):
        """A label in two groups is shown twice, and neither group is complete."""
        found = measure(LABELLED, grouped_images(a1="1*", a2="3*", b1="2*", b2="2", p1="rejected:placeholder"))
        assert (found.purity, found.completeness, found.duplicates, found.lost) == (1, 1 / 3, 1 / 3, 0)
        assert (found.pair_precision, found.pair_recall, found.best_right) == (1, 0.5, 0.5)
        assert found.attacks == {"mirror": (0, 1), "q<50": (0, 1), "dark": (1, 1)}

    def test_of_two_labels_in_one_group(self):
        """If a group holds two labels, one of them is never shown."""
        found = measure(LABELLED, grouped_images(a1="1*", a2="1", b1="1", b2="1", p1="rejected:placeholder"))
        assert (found.purity, found.completeness, found.duplicates, found.lost) == (0, 1, 0, 0.5)
        assert (found.pair_precision, found.pair_recall) == (pytest.approx(1 / 3), 1)

    def test_a_rejected_photograph_is_lost(self):
        """Only placeholders may be rejected: a photograph that is rejected is not shown."""
        found = measure(
            LABELLED,
            grouped_images(a1="1*", a2="1", b1="rejected:crashed", b2="rejected:crashed", p1="rejected:placeholder"),
        )
        assert (found.lost, found.rejected) == (0.5, 3)


class TestLabels:
    def test_bad_rows_are_reported(self, tmp_path):
        """A repeated image, a missing file, a path outside and an empty label are problems; other rows are used."""
        (tmp_path / "images").mkdir()
        for name in ("images/a.jpg", "images/b.jpg", "secret.jpg"):
            (tmp_path / name).write_bytes(b"x")
        rows = ["a.jpg,h,h/a", "a.jpg,h,h/b", "gone.jpg,h,h/a", "../secret.jpg,h,h/a", "b.jpg,h,"]
        (tmp_path / "labels.csv").write_text("image,hotel_id,label\n" + "\n".join(rows), encoding="utf-8")
        found, problems = read_labels(tmp_path)
        assert [item.image for item in found] == ["a.jpg"]
        assert [problem.line for problem in problems] == [3, 4, 5, 6]

    @pytest.mark.parametrize("text", [None, "", "image,label\na.jpg,x\n"])
    def test_no_corpus_is_an_error(self, tmp_path, text):
        """Without rows or without the required columns, a folder is not a corpus."""
        if text is not None:
            (tmp_path / "labels.csv").write_text(text, encoding="utf-8")
        with pytest.raises(CorpusUnreadableError):
            read_labels(tmp_path)
