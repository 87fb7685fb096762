"""Reading CSV files of a corpus: rows with line numbers and their text, and errors that name the file."""

import pytest

from image_release.lab.corpus_csv import CorpusUnreadableError, LabelRow, label_row, read_csv


@pytest.fixture
def file(tmp_path):
    return tmp_path / "labels.csv"


class TestReading:
    def test_keeps_the_line_number_and_the_text_of_each_row(self, file):
        """Also after a cell with a line break and after an empty line."""
        file.write_bytes(b'image,hotel_id,label\n"a\nb",h,h/0\n\nc,h,h/1')
        table = read_csv(file)
        assert table.header.cells == ["image", "hotel_id", "label"]
        assert [(row.line, row.cells) for row in table.rows] == [
            (2, ["a\nb", "h", "h/0"]),
            (4, []),
            (5, ["c", "h", "h/1"]),
        ]
        assert table.header.text + "".join(row.text for row in table.rows) == file.read_text(encoding="utf-8")

    @pytest.mark.parametrize(
        "data",
        [b"image\n\xff", b"image\n" + b"x" * 200_000, b"", b"label,hotel_id\n"],
        ids=["bytes", "long", "empty", "columns"],
    )
    def test_names_the_file_that_cannot_be_used(self, file, data):
        """It is not UTF-8, a cell is too long, or a required column is missing."""
        file.write_bytes(data)
        with pytest.raises(CorpusUnreadableError, match=r"labels\.csv"):
            read_csv(file, ["image"])

    def test_of_a_missing_file_is_an_os_error(self, file):
        """The caller decides what a missing file means."""
        with pytest.raises(FileNotFoundError):
            read_csv(file)


class TestLabelRow:
    def test_takes_known_columns_in_any_order(self):
        """Cells that the row is too short for are empty."""
        assert label_row(["label", "note", "image", "hotel_id", "best"], ["h/0", "x", "a", "h"]) == LabelRow(
            "a", "h", "h/0"
        )

    @pytest.mark.parametrize(("best", "meaning"), [("", None), ("1", True), ("0", False)])
    def test_says_whether_it_is_a_best_copy(self, best, meaning):
        """An empty cell says nothing."""
        assert LabelRow("a", "h", "h/0", "", best).is_best is meaning
