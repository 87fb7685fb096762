"""One hotel from catalogues to manifest, through real HTTP (architecture, Invariants)."""

import io
import json
from typing import ClassVar

import pytest
from PIL import Image

from image_release.ingest import Request, append_override, append_revoke, read_decisions, store_request
from image_release.outcomes import Outcome
from image_release.publish import read_before
from image_release.storage import CountingStore, StoreCounter
from image_release.store_keys import manifest_key, renditions_folder
from image_release.tag import Tagged
from image_release.values import Accommodation, Label, Override
from tests.integration.world import World, jpeg, photo


@pytest.fixture
def world():
    world = World()
    yield world
    world.close()


def everything_named_exists(world, hotel_id="h1"):
    manifest = read_before(world.published, hotel_id).manifest
    for picture in manifest.pictures:
        for rendition in picture.renditions:
            assert len(world.published.get(rendition.key).data) == rendition.bytes
    return manifest


def simple_hotel(world, pictures=3):
    """A hotel of two partners. The second sends smaller copies of the first one's images, and a tiny image."""
    big = [world.serve(f"/a/{n}.jpg", jpeg(photo(n))) for n in range(pictures)]
    small = [world.serve(f"/b/{n}.jpg", jpeg(photo(n).resize((500, 333)), 70)) for n in range(pictures)]
    tiny = world.serve("/b/tiny.jpg", jpeg(photo(99, (120, 80))))
    world.catalogue("atlas", "1", {"a1": big})
    world.catalogue("bedbank", "1", {"$b": [*small, tiny]})
    world.release("2026-11-01", {"h1": [("atlas", "a1"), ("bedbank", "$b")]})


class Counting:
    """A tagger that counts what it was asked."""

    identity, wants_views, asked = "counting-1", False, 0

    def tag(self, requests, *, deadline_s=None):
        self.asked += len(requests)
        return {request.sha256: Tagged((Label("Pool", 0.9),)) for request in requests}


def credited(image, artist: str) -> bytes:
    """A JPEG that says who made it, and whose it is."""
    exif = Image.Exif()
    exif[0x013B], exif[0x8298] = artist, f"(c) {artist}"
    out = io.BytesIO()
    image.save(out, "JPEG", exif=exif)
    return out.getvalue()


class TestCredit:
    """Who made an image is read when it is opened, and stands in the manifest where its file says so."""

    @pytest.fixture
    def credited_hotel(self, world):
        urls = [
            world.serve("/a.jpg", credited(photo(0), "Ann\x1b[2J")),
            world.serve("/b.jpg", jpeg(photo(1))),
            world.serve("/c.jpg", credited(photo(2, (120, 80)), "Bo")),
        ]
        world.catalogue("atlas", "1", {"a1": urls})
        world.release("2026-11-01", {"h1": [("atlas", "a1")]})
        return world

    def said(self, manifest) -> dict:
        images = [*(picture.best for picture in manifest.pictures), *manifest.rejected]
        return {image.url[-6:]: (image.credit, image.copyright) for image in images}

    EXPECTED: ClassVar = {"/a.jpg": ("Ann [2J", "(c) Ann [2J"), "/b.jpg": (None, None), "/c.jpg": ("Bo", "(c) Bo")}

    def test_stands_in_the_manifest_only_where_a_file_says_so(self, credited_hotel):
        manifest = credited_hotel.process().manifest
        assert self.said(manifest) == self.EXPECTED
        document = json.loads(credited_hotel.published.get(manifest_key("h1")).data)
        assert sum("credit" in picture["best"] for picture in document["pictures"]) == 1

    def test_is_kept_when_nothing_is_opened_again(self, credited_hotel):
        before = credited_hotel.process().manifest
        append_override(credited_hotel.inbox, "h1", Override("pin", (before.pictures[-1].best.sha256,), 1))
        report = credited_hotel.process()
        assert (report.work.decodes, report.work.downloads) == (0, 0)
        assert self.said(report.manifest) == self.said(before)

    def test_of_a_hotel_that_an_older_program_published_comes_with_the_next_download(self, credited_hotel):
        """Its digest is the same, so it stays as it is until then; decoded is only what was refused, as ever."""
        credited_hotel.process()
        [key] = [item.key for item in credited_hotel.state.list("") if item.key.endswith("/credits.json")]
        credited_hotel.state.delete(key)
        document = json.loads(credited_hotel.published.get(manifest_key("h1")).data)
        for image in (*(picture["best"] for picture in document["pictures"]), *document["rejected"]):
            image.pop("credit", None), image.pop("copyright", None)
        credited_hotel.published.put(manifest_key("h1"), json.dumps(document).encode())
        assert credited_hotel.process().status == "unchanged"
        request = Request(request_id="again", hotel_ids=("h1",), force="redownload")
        store_request(credited_hotel.state, request, 1)
        report = credited_hotel.process(request_id="again")
        assert (self.said(report.manifest), report.work.decodes) == (self.EXPECTED, 1)

    @pytest.mark.parametrize("damage", [None, b"{", b"[]", b'{"a": 1}'])
    def test_stays_published_when_its_document_is_lost(self, credited_hotel, damage):
        before = credited_hotel.process().manifest
        [key] = [item.key for item in credited_hotel.state.list("") if item.key.endswith("/credits.json")]
        whole = json.loads(credited_hotel.state.get(key).data)
        credited_hotel.state.delete(key) if damage is None else credited_hotel.state.put(key, damage)
        first = before.pictures[-1].best.sha256
        append_override(credited_hotel.inbox, "h1", Override("pin", (first,), 1))
        assert self.said(credited_hotel.process().manifest) == self.said(before)
        assert json.loads(credited_hotel.state.get(key).data) == whole

    def test_costs_an_unchanged_hotel_no_read_and_a_changed_one_a_read_an_accommodation(self, credited_hotel):
        credited_hotel.process()
        asked = []

        class Asked(CountingStore):
            def get(self, key):
                asked.append(key)
                return super().get(key)

        state = Asked(credited_hotel.state, StoreCounter())
        credited_hotel.process(state=state)
        assert [key for key in asked if key.endswith("credits.json")] == []
        credited_hotel.inbox.put("overrides/h1.jsonl", b'{"action": "withdraw"}\n')
        credited_hotel.process(state=state)
        assert len([key for key in asked if key.endswith("credits.json")]) == 1


class TestANewHotel:
    def test_shows_each_picture_once_and_accounts_for_every_image(self, world):
        simple_hotel(world)
        report = world.process()
        assert report.status == "processed"
        assert report.outcomes == {Outcome.PUBLISHED: 3, Outcome.MERGED: 3, Outcome.TOO_SMALL: 1}
        manifest = everything_named_exists(world)
        assert {picture.best.partner_id for picture in manifest.pictures} == {"atlas"}
        assert [picture.position for picture in manifest.pictures] == [1, 2, 3]
        assert all(len(picture.renditions) == 2 for picture in manifest.pictures)

    def test_gives_the_same_bytes_from_the_same_start(self, world):
        simple_hotel(world)
        world.process()
        first = world.published.get(manifest_key("h1")).data
        again = World()
        again.site.close()
        again.site = world.site
        simple_hotel(again)
        again.process()
        assert again.published.get(manifest_key("h1")).data == first

    def test_that_no_release_names_is_absent(self, world):
        simple_hotel(world)
        assert world.process("h2").status == "absent"
        assert list(world.published.list("hotels/h2/")) == []


class TestAnUnchangedHotel:
    def test_costs_reads_only(self, world):
        simple_hotel(world)
        world.process()
        counter = StoreCounter()
        stores = {name: CountingStore(getattr(world, name), counter) for name in ("inbox", "state", "published")}
        asked = len(world.site.asked)
        report = world.process(**stores)
        assert report.status == "unchanged"
        assert (counter.writes, len(world.site.asked) - asked, report.work.decodes) == (0, 0, 0)
        assert counter.reads <= 2 + 4
        assert report.outcomes == {Outcome.PUBLISHED: 3, Outcome.MERGED: 3, Outcome.TOO_SMALL: 1}

    def test_stays_unchanged_in_another_release_that_says_the_same_of_it(self, world):
        simple_hotel(world)
        world.process()
        world.release("2026-11-08", {"h1": [("bedbank", "$b"), ("atlas", "a1")], "h2": []})
        assert world.process().status == "unchanged"


class TestAChangedHotel:
    def test_a_deleted_image_leaves_and_the_others_keep_their_renditions(self, world):
        simple_hotel(world)
        before = world.process().manifest
        world.catalogue("atlas", "2", {"a1": [world.site.address + f"/a/{n}.jpg" for n in (0, 1)]})
        world.catalogue("bedbank", "2", {"$b": [world.site.address + f"/b/{n}.jpg" for n in (0, 1)]})
        asked = len(world.site.asked)
        report = world.process()
        assert len(report.manifest.pictures) == 2
        assert report.manifest.named_keys() < before.named_keys()
        assert (report.work.downloads, report.work.renditions_written) == (0, 0)
        assert len(world.site.asked) == asked

    def test_one_new_image_costs_one_download_and_its_own_decodes(self, world):
        simple_hotel(world)
        world.process()
        new = world.serve("/a/new.jpg", jpeg(photo(50)))
        world.catalogue("atlas", "2", {"a1": [*(world.site.address + f"/a/{n}.jpg" for n in range(3)), new]})
        report = world.process()
        assert (report.work.downloads, report.work.decodes, report.work.renditions_written) == (1, 2, 2)

    def test_an_updated_image_is_fetched_again(self, world):
        url = world.serve("/a/0.jpg", jpeg(photo(0)))
        world.catalogue("atlas", "1", {"a1": [{"url": url, "version": "1"}]})
        world.release("r1", {"h1": [("atlas", "a1")]})
        first = world.process().manifest.pictures[0].best.sha256
        world.serve("/a/0.jpg", jpeg(photo(7)))
        assert world.process().status == "unchanged"
        world.catalogue("atlas", "2", {"a1": [{"url": url, "version": "2"}]})
        report = world.process()
        assert report.work.downloads == 1
        assert report.manifest.pictures[0].best.sha256 != first

    def test_unnamed_renditions_and_originals_go_after_the_grace_period(self, world):
        simple_hotel(world)
        world.process()
        world.catalogue("atlas", "2", {"a1": [world.site.address + "/a/0.jpg"]})
        world.catalogue("bedbank", "2", {"$b": [world.site.address + "/b/0.jpg"]})
        world.process()
        renditions = len(list(world.published.list(renditions_folder("h1"))))
        assert renditions == 3 * 2
        world.wait(days=9)
        manifest = world.process().manifest
        assert {item.key for item in world.published.list(renditions_folder("h1"))} == manifest.named_keys()
        originals = [item.key for item in world.state.list("accommodations/") if "/originals/" in item.key]
        assert len(originals) == 2
        world.wait(days=1)
        assert world.process().status == "unchanged"


class TestRegrouping:
    def test_labels_outlive_the_accommodation_that_had_them_first(self, world):
        data, eyes = jpeg(photo(1)), Counting()
        world.catalogue("atlas", "1", {"a1": [world.serve("/1.jpg", data)]})
        world.catalogue("bedbank", "1", {"b1": []})
        world.release("r1", {"h1": [("atlas", "a1"), ("bedbank", "b1")]})
        world.process(tagger=eyes)
        world.catalogue("bedbank", "2", {"b1": [world.serve("/2.jpg", data)]})
        world.process(tagger=eyes)
        world.catalogue("atlas", "2", {"a1": []})
        world.process(tagger=eyes)
        world.release("r2", {"h1": [("bedbank", "b1")]})
        report = world.process(tagger=eyes)
        assert [label.description for label in report.manifest.pictures[0].labels] == ["Pool"]
        assert eyes.asked == 1

    def test_accommodations_that_move_cost_no_download_decode_or_tagging(self, world):
        pictures = {n: jpeg(photo(n)) for n in range(4)}
        urls = {n: world.serve(f"/{n}.jpg", data) for n, data in pictures.items()}
        world.catalogue("atlas", "1", {"a1": [urls[0], urls[1]], "a2": [urls[2]], "a3": [urls[3]]})
        world.release("r1", {"h1": [("atlas", "a1"), ("atlas", "a2")], "h2": [], "h3": [("atlas", "a3")]})
        for hotel in ("h1", "h2", "h3"):
            world.process(hotel)
        asked = len(world.site.asked)
        world.release("r2", {"h1": [("atlas", "a1")], "h2": [("atlas", "a2")]})
        one, two, three = (world.process(hotel) for hotel in ("h1", "h2", "h3"))
        assert [len(report.manifest.pictures) for report in (one, two, three)] == [2, 1, 0]
        assert three.manifest.withdrawn
        assert len(world.site.asked) == asked
        assert sum(report.work.downloads for report in (one, two, three)) == 0
        assert one.work.decodes == 0
        assert two.work.decodes == 1, "only the best image is decoded, for its renditions"
        assert world.process("h3").status == "unchanged"


class TestFailures:
    def test_a_failing_server_keeps_the_last_good_copy_and_says_so(self, world):
        url = world.serve("/a/0.jpg", jpeg(photo(0)))
        world.catalogue("atlas", "1", {"a1": [{"url": url, "version": "1"}]})
        world.release("r1", {"h1": [("atlas", "a1")]})
        world.process()
        world.serve("/a/0.jpg", 503)
        world.catalogue("atlas", "2", {"a1": [{"url": url, "version": "2"}]})
        report = world.process()
        assert report.outcomes == {Outcome.PUBLISHED: 1}
        assert "503" in report.manifest.pictures[0].best.reason
        assert [pending.kind for pending in report.manifest.pending] == ["download"]
        assert world.process().status == "unchanged"
        world.serve("/a/0.jpg", jpeg(photo(1)))
        world.wait(hours=2)
        after = world.process()
        assert after.manifest.pictures[0].best.reason is None
        assert after.manifest.pending == () or after.manifest.pending[0].kind == "sweep"

    def test_a_picture_that_is_gone_leaves_when_seen_twice_a_day_apart(self, world):
        url = world.serve("/a/0.jpg", jpeg(photo(0)))
        world.catalogue("atlas", "1", {"a1": [url]})
        world.release("r1", {"h1": [("atlas", "a1")]})
        world.process()
        world.serve("/a/0.jpg", 404)
        world.wait(days=32)
        assert world.process().outcomes == {Outcome.PUBLISHED: 1}
        world.wait(hours=3)
        assert world.process().status == "unchanged"
        world.wait(days=1)
        assert world.process().outcomes == {Outcome.GONE: 1}

    def test_mass_disappearance_is_held_until_somebody_accepts(self, world):
        urls = [world.serve(f"/a/{n}.jpg", jpeg(photo(n))) for n in range(3)]
        world.settings = world.settings.model_copy(
            update={"brakes": world.settings.brakes.model_copy(update={"max_gone_share": 0.3})}
        )
        world.catalogue("atlas", "1", {"a1": urls})
        world.release("r1", {"h1": [("atlas", "a1")]})
        world.process()
        for n in range(3):
            world.serve(f"/a/{n}.jpg", 410)
        world.wait(days=32)
        world.process()
        world.wait(days=2)
        held = world.process()
        assert held.outcomes == {Outcome.PUBLISHED: 3}
        assert all("held" in picture.best.reason for picture in held.manifest.pictures)
        world.wait(days=2)
        world.inbox.put(f"accepts/catalogues/atlas/gone-{world.now.date()}", b"")
        assert world.process().outcomes == {Outcome.GONE: 3}

    def test_losing_state_costs_time_and_no_picture(self, world):
        simple_hotel(world)
        before = world.process().manifest
        for item in list(world.state.list("accommodations/")):
            if not item.key.endswith("images.json"):
                world.state.delete(item.key)
        assert world.process().status == "unchanged"
        world.inbox.put("overrides/h1.jsonl", b"\n")
        new = world.serve("/a/new.jpg", jpeg(photo(50)))
        world.catalogue("atlas", "2", {"a1": [*(world.site.address + f"/a/{n}.jpg" for n in range(3)), new]})
        after = world.process()
        assert len(after.manifest.pictures) == 4
        assert before.named_keys() <= after.manifest.named_keys()

    def test_a_lost_original_is_downloaded_again(self, world):
        simple_hotel(world)
        before = world.process().manifest
        for item in list(world.state.list("accommodations/")):
            if "/originals/" in item.key:
                world.state.delete(item.key)
        world.settings = world.settings.model_copy(
            update={
                "renditions": (
                    *world.settings.renditions[:1],
                    world.settings.renditions[1].model_copy(update={"quality": 50}),
                )
            }
        )
        after = world.process()
        assert [p.best.sha256 for p in after.manifest.pictures] == [p.best.sha256 for p in before.pictures]
        assert after.work.downloads == 3
        everything_named_exists(world)


class TestOverrides:
    def override(self, world, action, sha256, **more):
        line = {"action": action, "images": [sha256], "by": "ann", "at": "2026-11-24T10:00:00Z", **more}
        stored = world.inbox.get("overrides/h1.jsonl")
        data = (stored.data if stored else b"") + json.dumps(line).encode() + b"\n"
        world.inbox.put("overrides/h1.jsonl", data)

    def test_a_hidden_picture_stays_hidden_when_its_copy_is_recompressed(self, world):
        simple_hotel(world)
        target = world.process().manifest.pictures[0].best
        self.override(world, "hide", target.sha256, why="not our hotel")
        report = world.process()
        assert report.outcomes[Outcome.HIDDEN] == 2
        number = int(target.url.rsplit("/", 1)[1].split(".")[0])
        fresh = world.serve("/a/fresh.jpg", jpeg(photo(number), 60))
        others = [world.site.address + f"/a/{n}.jpg" for n in range(3) if n != number]
        world.catalogue("atlas", "2", {"a1": [*others, fresh]})
        world.catalogue("bedbank", "2", {"$b": []})
        after = world.process()
        assert after.outcomes == {Outcome.PUBLISHED: 2, Outcome.HIDDEN: 1}
        assert any("not our hotel" in image.reason for image in after.manifest.rejected)

    def test_a_pin_wins(self, world):
        simple_hotel(world)
        last = world.process().manifest.pictures[-1].best.sha256
        self.override(world, "pin", last, position=1)
        assert world.process().manifest.pictures[0].best.sha256 == last

    def test_the_later_of_two_pins_wins_and_moves_the_other_one_on(self, world):
        simple_hotel(world)
        first, *_, last = (picture.best.sha256 for picture in world.process().manifest.pictures)
        self.override(world, "pin", first, position=1)
        self.override(world, "pin", last, position=1)
        assert [picture.best.sha256 for picture in world.process().manifest.pictures][:2] == [last, first]

    def test_labels_given_by_a_person_count(self, world):
        simple_hotel(world)
        last = world.process().manifest.pictures[-1].best.sha256
        self.override(world, "label", last, labels=[{"description": "Bedroom", "score": 1.0}])
        labelled = {p.best.sha256: p.labels for p in world.process().manifest.pictures}[last]
        assert [label.description for label in labelled] == ["Bedroom"]

    def rejected(self, world) -> dict:
        """Two good pictures of the second partner, and two that our filters refuse."""
        pale = Image.new("RGB", (400, 300), "white")
        files = {"ok.jpg": photo(1), "ok2.jpg": photo(2), "tiny.jpg": photo(3, (120, 80)), "pale.jpg": pale}
        world.catalogue("atlas", "1", {"a1": [world.serve(f"/{name}", jpeg(image)) for name, image in files.items()]})
        world.release("r1", {"h1": [("atlas", "a1")]})
        manifest = world.process().manifest
        assert len(manifest.pictures) == 2
        return {image.outcome: image.sha256 for image in manifest.rejected}

    @pytest.mark.parametrize("outcome", [Outcome.TOO_SMALL, Outcome.NO_CONTENT])
    def test_a_rejected_image_can_be_rescued_and_the_rescue_revoked(self, world, outcome):
        refused = self.rejected(world)
        self.override(world, "rescue", refused[outcome])
        report = world.process()
        assert report.outcomes[Outcome.PUBLISHED] == 3
        assert report.work.downloads == 0
        assert refused[outcome] in {picture.best.sha256 for picture in report.manifest.pictures}
        [rescue] = read_decisions(world.inbox, "h1")[0]
        append_revoke(world.inbox, "h1", rescue.digest, by="ann", at="", why="")
        assert world.process().outcomes == {Outcome.PUBLISHED: 2, Outcome.TOO_SMALL: 1, Outcome.NO_CONTENT: 1}

    def test_another_copy_can_be_made_the_best(self, world):
        simple_hotel(world)
        picture = world.process().manifest.pictures[0]
        self.override(world, "best", picture.merged[0].sha256)
        after = {p.best.sha256: p for p in world.process().manifest.pictures}
        assert after[picture.merged[0].sha256].merged[0].sha256 == picture.best.sha256

    def test_a_hotel_can_be_withdrawn_and_brought_back(self, world):
        simple_hotel(world)
        before = world.process().manifest
        append_override(world.inbox, "h1", Override("withdraw", (), by="ann", why="closed"))
        report = world.process()
        assert report.manifest.withdrawn
        assert report.outcomes == {Outcome.HIDDEN: 6, Outcome.TOO_SMALL: 1}
        assert any("withdrawn by a person (ann): closed" in image.reason for image in report.images)
        [line] = read_decisions(world.inbox, "h1")[0]
        append_revoke(world.inbox, "h1", line.digest, by="ann", at="", why="")
        after = world.process().manifest
        assert not after.withdrawn
        assert [p.best.sha256 for p in after.pictures] == [p.best.sha256 for p in before.pictures]


def test_a_later_writer_with_older_inputs_loses_and_starts_again(world):
    """Invariant 2: a writer reads the ETag before the inputs, so it cannot replace newer inputs by older ones."""
    simple_hotel(world)
    ports = world.ports()
    real_now, raced = ports.context.now, []

    def now_after_a_rival_has_published():
        if not raced:
            raced.append(True)
            world.catalogue("atlas", "2", {"a1": [world.site.address + "/a/0.jpg"]})
            world.process()
        return real_now()

    report = world.process(now=now_after_a_rival_has_published)
    rival = read_before(world.published, "h1").manifest
    assert report.manifest == rival
    assert Accommodation("atlas", "a1") in {
        Accommodation(p.best.partner_id, p.best.accommodation_id) for p in rival.pictures
    }
    assert sum(1 for p in rival.pictures if p.best.partner_id == "atlas") == 1
