"""Finding the hotels and images of a corpus, whose names may be hostile."""

import os

from image_release.lab.grouping.labelling import LabelRow, find_hotels


def touch(corpus, *names):
    for name in names:
        path = corpus / "images" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")


class TestFinding:
    def test_lists_hotels_and_images_in_order(self, tmp_path):
        """Files that are not images are left out, unless a row names them."""
        touch(tmp_path, "b/p/2.JPG", "b/p/1.png", "a/q/x.webp", "a/q/notes.txt", "a/q/odd", "a/q/.hid.jpg", "a/1.jpg")
        hotels, problems = find_hotels(tmp_path, {"a/q/odd": LabelRow("a/q/odd", "a", "a/00")})
        assert [(hotel.hotel_id, hotel.images) for hotel in hotels] == [
            ("a", ("a/q/odd", "a/q/x.webp")),
            ("b", ("b/p/1.png", "b/p/2.JPG")),
        ]
        assert problems == []

    def test_takes_the_hotel_from_the_rows_or_decodes_its_folder(self, tmp_path):
        """`corpus make` percent-encodes an id in the folder's name; any other folder name is the id itself."""
        touch(tmp_path, "%24abc/p/1.jpg", "100% inn/p/1.jpg", "f/p/1.jpg", "f/p/2.jpg")
        hotels, _ = find_hotels(tmp_path, {"f/p/1.jpg": LabelRow("f/p/1.jpg", "The F", "f/00")})
        assert [hotel.hotel_id for hotel in hotels] == ["$abc", "100% inn", "The F"]
        assert hotels[2].images == ("f/p/1.jpg", "f/p/2.jpg")

    def test_shows_nothing_from_outside(self, tmp_path):
        """A link or a path that leads out of the folder and a missing file are reported and not shown."""
        touch(tmp_path, "h/p/1.jpg")
        (tmp_path / "secret.jpg").write_bytes(b"secret")
        (tmp_path / "images" / "h" / "p" / "link.jpg").symlink_to(tmp_path / "secret.jpg")
        names = ["../secret.jpg", str(tmp_path / "secret.jpg"), "h/p/gone.jpg", "h/p/\0.jpg"]
        hotels, problems = find_hotels(tmp_path, {name: LabelRow(name, "h", "h/00") for name in names})
        assert [hotel.images for hotel in hotels] == [("h/p/1.jpg",)]
        assert {problem.value for problem in problems} == {*names, "h/p/link.jpg"}

    def test_reports_a_name_that_labels_cannot_hold(self, tmp_path):
        """A name that is not UTF-8 is a problem."""
        touch(tmp_path, "h/p/1.jpg")
        (tmp_path / "images/h/p" / os.fsdecode(b"\xff.jpg")).touch()
        hotels, [problem] = find_hotels(tmp_path, {})
        assert hotels[0].images == ("h/p/1.jpg",)
        assert "not UTF-8" in str(problem)
