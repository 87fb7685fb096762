"""Saving labels.csv: no other line changes, and no crash leaves half a file."""

import csv
import io
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from image_release.lab.grouping import CorpusUnreadableError
from image_release.lab.grouping.labelling import (
    BusyError,
    ChangedElsewhereError,
    LabelRow,
    lock_corpus,
    read_rows,
    save_rows,
)

HEADER = b"image,hotel_id,label,attacks,best\n"
OTHERS = b'g/p/1.jpg,g,g/00,side:900|q:90,1\n"g/p/2,""x"".jpg",g,"g/00",,0\n'
OURS = b"h/p/1.jpg,h,h/00,q:41,1\nh/p/2.jpg,h,h/00,,0\n"


@pytest.fixture
def file(tmp_path):
    file = tmp_path / "labels.csv"
    file.write_bytes(HEADER + OTHERS + OURS)
    return file


def relabel(file, label="h/new", best="0", image="h/p/2.jpg"):
    """Give an image another label, as the page does."""
    before = {name: row for name, row in read_rows(file).items() if row.hotel_id == "h"}
    save_rows(file, before, before | {image: replace(before[image], label=label, best=best)})


class TestSaving:
    def test_changes_the_rows_of_these_images_alone(self, file):
        """Every other byte of the file is kept: rows of other hotels, quotes, attacks."""
        relabel(file)
        assert file.read_bytes() == HEADER + OTHERS + b"h/p/1.jpg,h,h/00,q:41,1\nh/p/2.jpg,h,h/new,,0\n"

    def test_makes_the_file_where_there_is_none(self, tmp_path):
        """The new file has all columns."""
        save_rows(tmp_path / "labels.csv", {}, {"h/p/1.jpg": LabelRow("h/p/1.jpg", "h", "h/00")})
        assert (tmp_path / "labels.csv").read_bytes() == HEADER + b"h/p/1.jpg,h,h/00,,\n"

    def test_puts_new_images_behind_the_others(self, file):
        """A last line without a line end gets one first."""
        file.write_bytes((HEADER + OTHERS).removesuffix(b"\n"))
        save_rows(file, {}, {"h/p/1.jpg": LabelRow("h/p/1.jpg", "h", "h/00")})
        assert file.read_bytes() == HEADER + OTHERS + b"h/p/1.jpg,h,h/00,,\n"

    def test_keeps_columns_that_we_do_not_know_and_the_line_ends(self, file):
        """A column that a person added is kept."""
        file.write_bytes(b"note,label,hotel_id,image\r\nmine,h/00,h,h/p/1.jpg\r\n,h/00,h,h/p/2.jpg\r\n")
        relabel(file, best="")
        assert file.read_bytes() == b"note,label,hotel_id,image\r\nmine,h/00,h,h/p/1.jpg\r\n,h/new,h,h/p/2.jpg\r\n"

    def test_adds_the_column_of_best_copies_where_it_is_missing(self, file):
        """A mark is saved even if the file started without that column."""
        file.write_bytes(b"image,hotel_id,label\ng/p/1.jpg,g,g/00\nh/p/2.jpg,h,h/00\n")
        relabel(file, label="h/00", best="1")
        assert file.read_bytes() == b"image,hotel_id,label,best\ng/p/1.jpg,g,g/00\nh/p/2.jpg,h,h/00,1\n"
        assert read_rows(file)["h/p/2.jpg"].is_best is True

    def test_keeps_a_link_a_link_and_the_rights_of_the_file(self, file, tmp_path):
        """The corpus may be shared, and labels.csv may be a symbolic link."""
        file.chmod(0o664)
        (tmp_path / "corpus").mkdir()
        link = tmp_path / "corpus" / "labels.csv"
        link.symlink_to(file)
        relabel(link)
        assert link.is_symlink()
        assert b"h/new" in file.read_bytes()
        assert file.stat().st_mode & 0o777 == 0o664

    @pytest.mark.parametrize(
        "elsewhere",
        [OURS.replace(b"h/p/2.jpg,h,h/00", b"h/p/2.jpg,h,h/77"), b"h/p/1.jpg,h,h/00,q:41,1\n"],
        ids=["changed", "gone"],
    )
    def test_refuses_to_overwrite_what_another_program_changed(self, file, elsewhere):
        """If rows of these images changed or disappeared since they were read, nothing is written."""
        before = {name: row for name, row in read_rows(file).items() if row.hotel_id == "h"}
        file.write_bytes(HEADER + OTHERS + elsewhere)
        with pytest.raises(ChangedElsewhereError):
            save_rows(file, before, {name: replace(row, label="h/new") for name, row in before.items()})
        assert file.read_bytes() == HEADER + OTHERS + elsewhere

    def test_keeps_what_another_program_did_to_other_hotels(self, file):
        """The file is read again before each save."""
        before = {name: row for name, row in read_rows(file).items() if row.hotel_id == "h"}
        file.write_bytes(HEADER + OTHERS + b"k/p/1.jpg,k,k/00,,\n" + OURS)
        save_rows(file, before, {name: replace(row, label="h/new") for name, row in before.items()})
        rows = read_rows(file)
        assert (rows["k/p/1.jpg"].label, rows["h/p/1.jpg"].label) == ("k/00", "h/new")

    @pytest.mark.parametrize(
        "data", [b"\xff\xfe", b"picture,name\na,b\n", b"", b"image,hotel_id,label\n" + b"x" * 200_000 + b",h,h/0\n"]
    )
    def test_refuses_a_file_that_is_no_label_file(self, file, data):
        """The error is reported, and the file is not changed."""
        file.write_bytes(data)
        with pytest.raises(CorpusUnreadableError):
            save_rows(file, {}, {"h/p/1.jpg": LabelRow("h/p/1.jpg", "h", "h/00")})
        assert file.read_bytes() == data

    @given(st.lists(st.tuples(*[st.text(st.characters(codec="utf-8"))] * 3), unique_by=lambda row: row[0]), st.data())
    def test_writes_names_that_any_reader_reads_back(self, tmp_path_factory, rows, data):
        """Line breaks, quotes and commas in names and labels are read back unchanged."""
        file = tmp_path_factory.mktemp("corpus") / "labels.csv"
        said = {image: LabelRow(image, hotel, label, "", "") for image, hotel, label in rows if image and label}
        save_rows(file, {}, said)
        assert read_rows(file) == said
        with file.open(newline="", encoding="utf-8") as stream:
            assert [row["image"] for row in csv.DictReader(stream)] == list(said)
        if said:
            image = data.draw(st.sampled_from(list(said)))
            save_rows(file, said, {image: replace(said[image], label="new")})
            assert read_rows(file) == said | {image: replace(said[image], label="new")}


class TestACrash:
    @pytest.mark.parametrize("fault", ["fsync", "write", "replace"])
    def test_while_saving_leaves_the_old_file_and_nothing_else(self, file, monkeypatch, fault):
        """A full disk is reported, and the labels are those before the edit."""
        old = file.read_bytes()

        def fail(*_, **__):
            raise OSError(28, "No space left on device")

        class FullDisk(io.FileIO):
            write = fail

        if fault == "fsync":
            monkeypatch.setattr(os, "fsync", fail)
        elif fault == "write":
            monkeypatch.setattr(os, "fdopen", FullDisk)
        else:
            monkeypatch.setattr("pathlib.Path.replace", fail)
        with pytest.raises(OSError, match="No space"):
            relabel(file)
        monkeypatch.undo()
        assert file.read_bytes() == old
        assert [path.name for path in file.parent.iterdir()] == ["labels.csv"]

    def test_is_survived_at_any_moment(self, file):
        """A program that saves in a loop is killed ten times: each time the file is complete."""
        program = (
            "import sys; from pathlib import Path; from dataclasses import replace\n"
            "from image_release.lab.grouping.labelling import read_rows, save_rows\n"
            "file = Path(sys.argv[1])\n"
            "while True:\n"
            "    rows = read_rows(file)\n"
            "    label = 'h/' + str(int(rows['h/p/1.jpg'].label.partition('/')[2]) + 1)\n"
            "    save_rows(file, rows, {name: replace(row, label=label) for name, row in rows.items()})\n"
            "    print('saved', flush=True)\n"
        )
        file.write_bytes(HEADER + b"".join(b"h/p/%d.jpg,h,h/0,,\n" % image for image in range(2_000)))
        last = 0
        for attempt in range(10):
            saving = subprocess.Popen([sys.executable, "-c", program, str(file)], stdout=subprocess.PIPE)
            assert saving.stdout.readline() == b"saved\n"
            time.sleep(0.02 * attempt)
            saving.send_signal(signal.SIGKILL)
            saving.communicate()
            rows = read_rows(file)
            labels = {row.label for row in rows.values()}
            assert (len(rows), len(labels)) == (2_000, 1)
            now = int(labels.pop().partition("/")[2])
            assert now >= last
            last = now
        assert last > 0


class TestTwoPrograms:
    def test_cannot_label_one_corpus_at_once(self, tmp_path):
        """The second program is refused until the first one has ended."""
        with lock_corpus(tmp_path), pytest.raises(BusyError), lock_corpus(tmp_path):
            pass
        with lock_corpus(tmp_path):
            assert list(tmp_path.iterdir()) == []
