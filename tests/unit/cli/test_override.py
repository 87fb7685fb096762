"""`image-release override`: decisions, undoing them, their history, and many of them from a file."""

import csv
import io
import json

import pytest
from click.testing import CliRunner

from image_release.cli import main
from image_release.ingest import append_override, read_overrides
from image_release.storage import FolderStore
from image_release.store_keys import manifest_key, overrides_key
from image_release.values import Override
from tests.unit.desk.hotels import manifest, sha

B = sha("bbbbbb1")


@pytest.fixture
def called(tmp_path):
    """A function that calls the command on a folder with two published hotels."""
    for hotel_id in ("h", "list"):
        FolderStore(tmp_path / "published").put(manifest_key(hotel_id), manifest(hotel_id).to_bytes())

    def call(*words, status=0):
        ended = CliRunner().invoke(main, ["override", *words, "--workspace", str(tmp_path)])
        assert ended.exit_code == status, (words, ended.output)
        assert ended.exception is None or isinstance(ended.exception, SystemExit)
        return ended

    call.inbox = FolderStore(tmp_path / "inbox")
    call.folder = tmp_path
    return call


def actions(called, hotel_id="h"):
    return [override.action for override in read_overrides(called.inbox, hotel_id)[0]]


def test_a_decision_is_recorded_and_its_digest_told(called):
    told = json.loads(called("h", "pin", "bbbbbb", "--position", "9", "--json").stdout)
    [override] = read_overrides(called.inbox, "h")[0]
    assert (override.images, override.position) == ((B,), 9)
    assert (told["images"], told["notes"]) == ([B], ["the hotel shows 3 pictures, so it comes last: 3rd"])
    assert told["digest"] == json.loads(called("h", "list", "--json").stdout)["decisions"][0]["digest"]


@pytest.mark.parametrize("form", [("h", "revoke"), ("revoke", "h")])
def test_a_decision_is_undone_by_its_digest(called, form):
    digest = json.loads(called("h", "hide", "bbbbbb", "--json").stdout)["digest"]
    called(*form, digest[:10], "--why", "a mistake")
    assert actions(called) == []
    again = called(*form, digest[:10], status=2)
    assert "is revoked already" in again.stderr


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ((), "which hotel, and what of it?"),
        (("h",), "which hotel, and what of it?"),
        (("h", "burn\x1b[2J", "bbbbbb"), "burn\\x1b[2J: is no action"),
        (("nowhere", "hide", "bbbbbb"), "no hotel of that id is published"),
        (("nowhere", "list"), "no hotel of that id is published"),
        (("x" * 300, "list"), "is no hotel"),
        (("h", "hide", "aaaaaa"), "fits 2 images of the hotel"),
        (("h", "hide", "bbbbbb", "--position", "2"), "a position belongs to the action pin"),
        (("h", "hide", "bbbbbb", "--label", "Pool"), "labels belong to the action label"),
        (("h", "hide", "bbbbbb", "--why", "\udcff"), "must be text"),
        (("h", "hide", "bbbbbb", "--dry-run"), "--dry-run goes with --from"),
        (("h", "hide", "bbbbbb", "--by", "ann"), "--by, --since and --csv go with list"),
        (("h", "list", "--why", "x"), "list takes only"),
        (("h", "revoke"), "revoke names one decision"),
        (("h", "revoke", "abcdef", "--label", "x"), "revoke takes only --why"),
        (("list", "--since", "yesterday"), "--since"),
    ],
)
def test_what_makes_no_sense_is_wrong_use(called, words, says):
    assert says in called(*words, status=2).stderr
    assert list(called.inbox.list("")) == []


def test_a_hotel_may_be_called_like_a_word_of_the_command(called):
    called("list", "hide", "bbbbbb")
    assert actions(called, "list") == ["hide"]
    assert "hid the picture of bbbbbb10" in called("list", "list").stdout


def test_a_hotel_that_cannot_be_read_ends_with_1(called):
    FolderStore(called.folder / "published").put(manifest_key("h"), b"{")
    assert "cannot be read" in called("h", "withdraw", status=1).stderr


class TestTheList:
    def test_of_a_hotel_is_in_the_order_of_its_file_and_says_what_each_does_now(self, called):
        called("h", "hide", "bbbbbb", "--why", "not this hotel")
        called("h", "pin", "cccccc")
        first, effect, second, _ = called("list", "h").stdout.splitlines()
        assert "hid the picture of bbbbbb10: not this hotel" in first
        assert effect.strip() == "waits until the hotel is processed"
        assert "moved the picture of cccccc10 to the 1st place" in second

    def test_of_all_hotels_names_them(self, called):
        called("h", "hide", "bbbbbb")
        append_override(called.inbox, "gone\x1b", Override("withdraw", (), by="\x1b[2J", at="2026-01-01"))
        newest, oldest = called("list").stdout.splitlines()
        assert "  h  " in newest
        assert "  gone\\x1b  \\x1b[2J took all pictures of the hotel off" in oldest
        assert called("list", "--since", "2026-01-02").stdout.splitlines() == [newest]

    def test_of_a_hotel_that_is_not_published_any_more_is_shown(self, called):
        append_override(called.inbox, "gone", Override("withdraw", (), by="ann"))
        assert "ann took all pictures" in called("gone", "list").stdout

    def test_as_csv_has_no_formulas(self, called):
        append_override(called.inbox, "h", Override("hide", (B,), by="=1+1", why="-2", at="@now"))
        [row] = csv.DictReader(io.StringIO(called("list", "--csv").stdout))
        assert (row["by"], row["why"], row["at"]) == ("'=1+1", "'-2", "'@now")
        assert (row["hotel_id"], row["action"], row["images"], row["in_force"]) == ("h", "hide", B, "yes")

    def test_is_empty_where_nothing_was_decided(self, called):
        assert called("list").stdout == "no decisions\n"
        assert called("h", "list").stdout == "h: no decisions\n"


class TestAFile:
    def written(self, called, *lines):
        path = called.folder / "decisions.csv"
        path.write_text("\n".join(("hotel_id,action,images,why", *lines)) + "\n", encoding="utf-8")
        return "--from", str(path)

    def test_is_told_first_and_made_then(self, called):
        words = self.written(called, "h,hide,bbbbbb,no", "list,withdraw,,")
        assert "2 would be decided about 2 hotels" in called(*words, "--dry-run").stdout
        assert list(called.inbox.list("")) == []
        said = called(*words).stdout
        assert "2 decisions about 2 hotels" in said
        assert "image-release hotel h list --workspace" in said
        assert "2 decided already" in called(*words).stdout
        assert actions(called) == ["hide"]

    def test_with_wrong_lines_ends_with_1_and_names_them(self, called):
        words = self.written(called, "h,hide,123456,", "list,withdraw,,", "nowhere,burn,,")
        ended = called(*words, "--json", status=1)
        told = json.loads(ended.stdout)
        assert (told["new"], told["wrong"], told["hotels"]) == (1, 2, ["list"])
        assert told["problems"][0].startswith("decisions.csv:2: 'h hide 123456': 123456: the hotel has no such image")
        assert "error: decisions.csv:4" in called(*words, status=1).stderr

    def test_that_is_none_is_wrong_use(self, called):
        path = called.folder / "decisions.csv"
        path.write_bytes(b"\xff")
        assert "is not UTF-8" in called("--from", str(path), status=2).stderr
        assert "--from takes only --dry-run" in called("h", "hide", "bbbbbb", "--from", str(path), status=2).stderr

    def test_that_was_listed_can_be_made_elsewhere(self, called):
        """The list as CSV has the columns of a file."""
        called("h", "hide", "bbbbbb")
        path = called.folder / "listed.csv"
        path.write_text(called("list", "--csv").stdout, encoding="utf-8")
        FolderStore(called.folder / "inbox").delete(overrides_key("h"))
        assert "1 decisions about 1 hotels" in called("--from", str(path)).stdout
