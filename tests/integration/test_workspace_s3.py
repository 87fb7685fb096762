"""The command line with a workspace in buckets: it does what it does in a folder."""

import json
import subprocess
import sys

import pytest

from image_release.one_machine.workspace import Buckets, WorkspaceError, open_workspace
from image_release.settings import Settings
from image_release.storage import S3Address
from tests.integration.world import jpeg, photo


def image_release(aws, *arguments, **variables):
    """Run a command with the local AWS in its environment; returns exit status, stdout and stderr."""
    program = "from image_release.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        env={"PATH": "/usr/bin:/bin", **aws.environment(), **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def test_a_run_publishes_into_buckets_and_status_reads_them(ministack, tmp_path):
    folder = tmp_path / "photos" / "h1" / "atlas"
    folder.mkdir(parents=True)
    for number in range(2):
        (folder / f"{number}.jpg").write_bytes(jpeg(photo(number)))
    address = f"s3://{ministack.bucket()}/w"
    status, out, err = image_release(
        ministack, "run", "--workspace", address, "--photos", str(tmp_path / "photos"), "--workers", "1", "--json"
    )
    assert status == 0, err
    assert json.loads(out)["hotels"] == {"processed": 1, "unchanged": 0, "failed": 0}
    assert json.loads(out)["gallery"] == f"{address}/published/index.html"
    names = ",".join(f"{address}/{name}" for name in ("inbox", "state", "published"))
    status, out, err = image_release(ministack, "status", "--workspace", names, "--json")
    assert (status, json.loads(out)["release"]["hotels"]) == (0, 1)


def test_what_hotels_share_is_found_beside_a_suite(ministack, tmp_path):
    for hotel_id, size, quality in (("h1", (800, 533), 90), ("h2", (600, 400), 60)):
        folder = tmp_path / "photos" / hotel_id / "atlas"
        folder.mkdir(parents=True)
        for number in range(3):
            (folder / f"{number}.jpg").write_bytes(jpeg(photo(number).resize(size), quality))
    address = f"s3://{ministack.bucket()}/w"
    status, _, err = image_release(
        ministack, "run", "--workspace", address, "--photos", str(tmp_path / "photos"), "--workers", "1", "--json"
    )
    assert status == 0, err
    status, out, err = image_release(
        ministack, "shared", "--workspace", address, "--json", XDG_CACHE_HOME=str(tmp_path / "cache")
    )
    assert status == 0, err
    [pair] = json.loads(out)["pairs"]
    assert [hotel["hotel_id"] for hotel in pair["hotels"]] == ["h1", "h2"]
    assert len(pair["shared"]) == 3


def test_a_bucket_that_does_not_exist_is_reported_in_one_line(ministack):
    status, out, err = image_release(ministack, "status", "--workspace", "s3://no-such-bucket")
    assert (status, out) == (1, "")
    assert "no such bucket" in err
    assert "Traceback" not in err


class TestAnAddress:
    def test_is_one_prefix_or_three_stores(self):
        one = Buckets.parse("s3://bucket/w")
        assert (one.inbox, one.published) == (S3Address("bucket", "w/inbox"), S3Address("bucket", "w/published"))
        three = Buckets.parse("s3://i,s3://s/x,s3://p")
        assert str(three) == "s3://i,s3://s/x,s3://p"
        assert three.state == S3Address("s", "x")

    @pytest.mark.parametrize("text", ["s3://", "s3://a,s3://b", "s3://a,b,c", "s3://a,s3://b,s3://c,s3://d"])
    def test_that_is_neither_is_wrong_use(self, text):
        with pytest.raises(WorkspaceError):
            open_workspace(text, Settings())
