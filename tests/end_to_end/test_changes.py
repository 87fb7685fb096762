"""Changes between two runs: releases, catalogues, people's decisions. Only what changed is processed."""

import pytest


@pytest.fixture(scope="module")
def published_once(module_machine):
    """h1, h2 and h3, each with two images of one accommodation of one partner, published."""
    machine = module_machine
    for number, seed in ((1, 10), (2, 20), (3, 30)):
        machine.photo(f"/{number}a.jpg", seed)
        machine.photo(f"/{number}b.jpg", seed + 1)
    url = machine.site.address
    machine.catalogue("p", "2026-11-01", {str(n): [f"{url}/{n}a.jpg", f"{url}/{n}b.jpg"] for n in (1, 2, 3)})
    machine.release("2026-11-01", {f"h{n}": [("p", str(n))] for n in (1, 2, 3)})
    machine.run()
    return machine


@pytest.fixture
def three_hotels(published_once, tmp_path):
    with published_once.copied(tmp_path) as machine:
        yield machine


class TestReleaseThatRegroups:
    def test_costs_no_download_and_no_tagging(self, three_hotels):
        """Accommodation 2 moves from h2 to h1, and h3 is dropped. Nothing is downloaded or tagged, and no image is
        decoded again for grouping. Both hotels are right, and the dropped one is withdrawn."""
        machine, asked = three_hotels, len(three_hotels.site.asked)
        machine.release("2026-11-08", {"h1": [("p", "1"), ("p", "2")], "h2": []})
        told = machine.run()
        assert told["hotels"] == {"processed": 3, "unchanged": 0, "failed": 0}
        assert sorted(machine.pictures("h1")) == ["/1a.jpg", "/1b.jpg", "/2a.jpg", "/2b.jpg"]
        assert machine.pictures("h2") == []
        assert (machine.manifest("h3")["withdrawn"], machine.pictures("h3")) == (True, [])
        work = told["work"]
        assert (work["downloads"], work["tagged"], len(machine.site.asked)) == (0, 0, asked)
        moved = 2
        assert work["decodes"] == moved, "only the two pictures that moved are decoded, for their renditions"
        assert machine.run()["hotels"] == {"processed": 0, "unchanged": 2, "failed": 0}

    def test_leaves_hotels_alone_that_it_does_not_change(self, three_hotels):
        """A new release with the same rows changes no manifest."""
        machine = three_hotels
        before = {name: machine.manifest(name) for name in ("h1", "h2", "h3")}
        machine.release("2026-11-08", {f"h{n}": [("p", str(n))] for n in (3, 2, 1)})
        assert machine.run()["hotels"] == {"processed": 0, "unchanged": 3, "failed": 0}
        assert {name: machine.manifest(name) for name in before} == before
        assert machine.told("status")["release"]["release_id"] == "2026-11-08"

    def test_is_ignored_when_it_is_older(self, three_hotels):
        """A release that sorts before the one in force is ignored with a warning."""
        machine = three_hotels
        machine.release("2026-10-01", {"h9": [("p", "1")]})
        machine.run()
        assert len(machine.pictures("h1")) == 2
        assert machine.told("status")["release"]["release_id"] == "2026-11-01"


class TestCatalogueThatChanges:
    def test_removes_deleted_images_from_the_hotel_at_once(self, three_hotels):
        """An image that the new catalogue does not list is removed, a new one is added; the others cost nothing."""
        machine, asked = three_hotels, len(three_hotels.site.asked)
        url = machine.site.address
        listed = {str(n): [f"{url}/{n}a.jpg", f"{url}/{n}b.jpg"] for n in (2, 3)}
        machine.catalogue("p", "2026-11-02", {"1": [f"{url}/1a.jpg", machine.photo("/1c.jpg", 40)], **listed})
        told = machine.run()
        assert told["hotels"] == {"processed": 1, "unchanged": 2, "failed": 0}
        assert sorted(machine.pictures("h1")) == ["/1a.jpg", "/1c.jpg"]
        assert machine.site.asked[asked:] == ["/1c.jpg"]

    def test_is_held_when_it_would_delete_many(self, three_hotels):
        """A catalogue that deletes every image changes nothing until a person accepts it."""
        machine = three_hotels
        machine.catalogue("p", "2026-11-02", {"4": [machine.photo("/4.jpg", 40)]})
        told = machine.run()
        assert told["held"] == [{"what": "catalogue", "id": "p 2026-11-02", "share": 1.0}]
        assert told["hotels"] == {"processed": 0, "unchanged": 3, "failed": 0}
        assert len(machine.pictures("h2")) == 2
        [waiting] = machine.told("status")["held"]
        assert waiting["accept"].startswith("image-release accept catalogue p 2026-11-02 --workspace ")
        machine.told("accept", "catalogue", "p", "2026-11-02")
        assert machine.run()["hotels"] == {"processed": 3, "unchanged": 0, "failed": 0}
        assert [machine.pictures(name) for name in ("h2", "h3")] == [[], []]
        assert machine.told("status")["held"] == []

    def test_that_is_unknown_cannot_be_accepted(self, three_hotels):
        """A mistyped version is wrong use: the acceptance must not apply to a later file."""
        ended = three_hotels.call("accept", "catalogue", "p", "2026-11-03")
        assert (ended.returncode, "is not held" in ended.stderr) == (2, True)


class TestServerThatFails:
    def test_keeps_the_last_good_copy_and_says_so(self, three_hotels):
        """An image whose new version cannot be downloaded stays as it was; the exit status is 1."""
        machine, url = three_hotels, three_hotels.site.address
        machine.site.files["/1a.jpg"] = 503
        machine.site.files["/new.jpg"] = 503
        listed = {str(n): [f"{url}/{n}a.jpg", f"{url}/{n}b.jpg"] for n in (2, 3)}
        changed = [{"url": f"{url}/1a.jpg", "version": "2"}, f"{url}/1b.jpg", f"{url}/new.jpg"]
        machine.catalogue("p", "2026-11-02", {"1": changed, **listed})
        told = machine.run(status=1)
        assert told["images"] == {"total": 7, "published": 6, "unavailable": 1}
        assert sorted(machine.pictures("h1")) == ["/1a.jpg", "/1b.jpg"]
        [kept] = [p["best"] for p in machine.manifest("h1")["pictures"] if p["best"]["url"].endswith("/1a.jpg")]
        assert "503" in kept["reason"]


class TestDecisionsOfPeople:
    def test_are_applied_and_can_be_undone(self, three_hotels):
        """`pin` puts a picture first, `hide` removes it and keeps the reason, `show` brings it back."""
        machine = three_hotels
        first, second = [picture["best"] for picture in machine.manifest("h1")["pictures"]]
        machine.told("override", "h1", "pin", second["sha256"][:10])
        machine.told("override", "h1", "hide", first["sha256"], "--why", "not <this> hotel")
        told = machine.run()
        assert told["hotels"] == {"processed": 1, "unchanged": 2, "failed": 0}
        assert told["images"] == {"total": 6, "published": 5, "hidden": 1}
        assert machine.pictures("h1") == [machine.path(second["url"])]
        [hidden] = machine.manifest("h1")["rejected"]
        assert "not <this> hotel" in hidden["reason"]
        machine.told("override", "h1", "show", first["sha256"])
        machine.told("hotel", "h1")
        assert machine.pictures("h1") == [machine.path(second["url"]), machine.path(first["url"])]
        pin, *_ = machine.told("override", "h1", "list")["decisions"]
        machine.told("override", "h1", "revoke", pin["digest"][:12])
        machine.told("hotel", "h1")
        assert machine.pictures("h1") == [machine.path(first["url"]), machine.path(second["url"])]

    @pytest.mark.parametrize(
        ("words", "said"),
        [
            (("nowhere", "hide", "abcdef12"), "no hotel of that id"),
            (("h1", "hide", "abcdef12"), "fits 0"),
            (("h1", "explode", "abcdef12"), "explode"),
            (("h1", "label", "{sha}"), "--label"),
            (("h1", "same", "{sha}"), "at least two"),
            (("h1", "pin"), "needs an image"),
            (("h1", "withdraw", "{sha}"), "names no image"),
            (("h1", "rescue", "{sha}"), "is not rejected, so rescue would have no effect"),
            (("h1", "show", "{sha}"), "is not hidden, so show would have no effect"),
            (("h1", "revoke", "abcdef12"), "fits 0"),
        ],
    )
    def test_that_make_no_sense_are_wrong_use(self, three_hotels, words, said):
        """The exit status is 2, stderr says why, and nothing is recorded."""
        sha256 = three_hotels.manifest("h1")["pictures"][0]["best"]["sha256"]
        ended = three_hotels.call("override", *(word.format(sha=sha256) for word in words))
        assert ended.returncode == 2
        assert said in ended.stderr
        assert not (three_hotels.workspace / "inbox/overrides").exists()
