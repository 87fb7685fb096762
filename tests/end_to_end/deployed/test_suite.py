"""The suite, deployed by osls to a local AWS with IAM enforced, and used as partners and people use it.

The local AWS cannot move dead letters back to their queue (StartMessageMoveTask) or scale as Lambda does, so neither is
tested. Pictures are tagged by the local model, as in every new stage; Google is not called.
"""

import hashlib
import json
import re

import pytest

from image_release.ingest import Request
from image_release.store_keys import manifest_key
from samples.partners import PARTNERS, RELEASE_ID, VERSION, encoded, sample_hotels
from tests.conftest import ROOT
from tests.end_to_end.deployed.suite import QUEUES

pytestmark = [pytest.mark.deployed, pytest.mark.timeout(1800)]

HOTELS = {hotel.hotel_id: hotel for hotel in sample_hotels()}
FIRST, SECOND, THIRD = HOTELS


def shown(suite):
    """Return the manifest of every hotel."""
    return {hotel_id: suite.manifest(hotel_id) for hotel_id in HOTELS}


def images(manifest):
    """Return the SHA-256 of every image that is shown or merged, by URL."""
    return {
        image["url"]: image["sha256"]
        for picture in manifest["pictures"]
        for image in (picture["best"], *picture["merged"])
    }


class TestRelease:
    def test_and_catalogues_that_are_put_into_the_inbox_become_published_hotels(self, suite):
        """Each hotel of the release has a manifest with pictures of several partners, and every rendition exists."""
        for hotel_id, manifest in shown(suite).items():
            assert manifest["release_id"] == RELEASE_ID
            assert len(manifest["pictures"]) >= 8
            partners = {
                image["partner_id"]
                for picture in manifest["pictures"]
                for image in (picture["best"], *picture["merged"])
            }
            assert partners == set(PARTNERS)
            named = {rendition["key"] for picture in manifest["pictures"] for rendition in picture["renditions"]}
            assert named <= set(suite.keys("published", f"hotels/{hotel_id}/renditions/"))

    def test_is_completed_by_the_tick(self, suite):
        """When every shard was fanned out, `tick` records it in the document of the release."""
        suite.call("tick", json.loads((ROOT / "events" / "schedule.json").read_bytes()))
        current = json.loads(suite.read("state", "releases/current.json"))
        assert current["completed"]["release_id"] == RELEASE_ID

    def test_that_comes_again_publishes_nothing(self, suite, feed):
        """When the same release and catalogues are uploaded again, every hotel is unchanged."""
        before = shown(suite)
        suite.hand_in(f"releases/{RELEASE_ID}.csv", (feed / f"{RELEASE_ID}.csv").read_bytes())
        suite.hand_in(f"catalogues/atlas/{VERSION}.jsonl", (feed / f"catalogues/atlas/{VERSION}.jsonl").read_bytes())
        suite.settle()
        assert shown(suite) == before

    def test_leaves_no_dead_letter(self, suite):
        """No message failed for good."""
        assert suite.dead_letters() == {}


class TestLocalTagger:
    def test_looks_at_every_picture_of_a_new_stage(self, suite):
        """Every picture has labels and an appeal, both by the model, and nothing waits for a quota."""
        for manifest in shown(suite).values():
            for picture in manifest["pictures"]:
                assert picture["labels"]
                assert picture["score"]["parts"]["appeal"]["model"].startswith("local-")
            assert [entry for entry in manifest["pending"] if entry["kind"] == "tag"] == []

    def test_tells_the_kinds_of_pictures(self, suite):
        """Most pictures of a hotel have a category, and a hotel has several."""
        for manifest in shown(suite).values():
            kinds = [picture["category"] for picture in manifest["pictures"]]
            assert sum(kind is not None for kind in kinds) >= 0.8 * len(kinds)
            assert len(set(kinds)) >= 3

    def test_counts_nothing_against_a_quota(self, suite):
        """The table that counts images sent to Google stays empty."""
        assert suite.counted_images() == 0


class TestCatalogue:
    def test_that_changed_runs_only_the_hotels_it_concerns(self, suite, feed):
        """A deleted image disappears, an updated one is downloaded, and the other hotels stay as they are."""
        before = shown(suite)
        suite.settle()
        ran_before = suite.served()
        deleted, updated = sorted(url for url in images(before[FIRST]) if "/atlas/" in url)[:2]
        fresh = self.other_bytes(feed, updated)
        suite.hand_in("catalogues/atlas/2026-11-09.jsonl", self.changed(feed, deleted, updated))
        suite.wait("another manifest", lambda: suite.manifest(FIRST)["seq"] > before[FIRST]["seq"])
        suite.settle()
        after = shown(suite)
        assert deleted not in json.dumps(after[FIRST])
        assert images(after[FIRST])[updated] == hashlib.sha256(fresh).hexdigest()
        assert {hotel_id: after[hotel_id] for hotel_id in (SECOND, THIRD)} == {
            hotel_id: before[hotel_id] for hotel_id in (SECOND, THIRD)
        }
        assert {hotel_id for hotel_id, reason in suite.served()[len(ran_before) :]} == {FIRST}

    def changed(self, feed, deleted, updated):
        """Return the partner's catalogue without one image and with a new version of another one."""
        lines = []
        for line in (feed / "catalogues" / "atlas" / f"{VERSION}.jsonl").read_text("utf-8").splitlines():
            accommodation = json.loads(line)
            accommodation["images"] = [
                {**image, "version": "2026-11-09"} if image["url"] == updated else image
                for image in accommodation["images"]
                if image["url"] != deleted
            ]
            lines.append(json.dumps(accommodation) + "\n")
        return "".join(lines)

    def other_bytes(self, feed, url):
        """Compress a served file again with another quality. Returns its new bytes."""
        from PIL import Image

        path = feed / "files" / re.sub(r"^http://[^/]+/", "", url)
        with Image.open(path) as picture:
            data = encoded(picture, 88)
        path.write_bytes(data)
        return data


class TestRequest:
    def test_for_a_city_does_its_hotels_at_once_and_counts_them_exactly(self, suite):
        """Only the hotels of the city are processed again, through the urgent queue while the bulk queue is stopped."""
        before = shown(suite)
        city = HOTELS[SECOND].city
        concerned = {hotel_id for hotel_id, hotel in HOTELS.items() if hotel.city == city}
        with suite.bulk_stopped():
            suite.send("bulk", json.dumps({"hotel_id": THIRD, "reason": "release"}))
            request = {"request_id": "city", "cities": [city], "force": "rerender"}
            suite.hand_in("requests/city.json", json.dumps(request))
            suite.wait("all hotels of the request", lambda: suite.done("city") == concerned)
            assert suite.depth("bulk") == 1
        suite.settle()
        after = shown(suite)
        assert {hotel_id for hotel_id in HOTELS if after[hotel_id]["seq"] > before[hotel_id]["seq"]} == concerned
        assert suite.done("city") == concerned
        assert suite.status("city") == f"city: {len(concerned)} of {len(concerned)} done, 0 failed"

    def test_that_is_a_dry_run_is_answered_and_changes_nothing(self, suite):
        """A direct invocation answers with the number of hotels and the cost, and sends no nudge."""
        before = suite.served()
        answer = suite.call("reprocess", {"request_id": "what-if", "countries": ["ES"], "dry_run": True})
        suite.settle()
        assert answer["hotels"] == sum(hotel.country == "ES" for hotel in HOTELS.values())
        assert answer["nudged"] == 0
        assert suite.served() == before


class TestHotel:
    def test_is_processed_by_a_direct_invocation(self, suite):
        """A developer calls the function with a hotel's id and gets the result."""
        assert suite.call("process_hotel", {"hotel_id": SECOND})["status"] == "unchanged"

    def test_that_was_tried_before_is_decoded_in_a_child_that_starts_there_too(self, suite):
        """At the second receive of a message, a child process, which may crash, renders every picture again."""
        before = suite.manifest(SECOND)
        request = Request(request_id="again", hotel_ids=(SECOND,), force="rerender").model_dump(mode="json")
        suite.put("state", "requests/again/request.json", json.dumps({**request, "total": 1}))
        event = json.loads((ROOT / "events" / "nudge_urgent.json").read_bytes())
        event["Records"][0]["attributes"]["ApproximateReceiveCount"] = "2"
        event["Records"][0]["body"] = json.dumps({"hotel_id": SECOND, "reason": "request", "request_id": "again"})
        assert suite.call("process_hotel", event) == {"batchItemFailures": []}
        after = suite.manifest(SECOND)
        assert after["seq"] > before["seq"]
        assert images(after) == images(before)
        assert suite.done("again") == {SECOND}

    def test_follows_a_persons_decision(self, suite):
        """An override in the inbox hides a picture."""
        hidden = suite.manifest(THIRD)["pictures"][0]["best"]
        line = {"action": "hide", "images": [hidden["sha256"]], "by": "me", "at": "2026-11-20T10:00:00Z", "why": "test"}
        suite.hand_in(f"overrides/{THIRD}.jsonl", json.dumps(line) + "\n")
        suite.wait("the picture to go", lambda: hidden["url"] not in images(suite.manifest(THIRD)))


class TestAMessageThatCannotSucceed:
    def test_becomes_a_dead_letter_and_blocks_no_other(self, suite):
        """It says why, and the hotel behind it is processed."""
        before = len(suite.served())
        suite.send("urgent", "this is no nudge")
        suite.send("urgent", json.dumps({"hotel_id": FIRST, "reason": "test"}))
        suite.wait("the hotel behind it", lambda: (FIRST, "test") in suite.served()[before:])
        suite.wait("the dead letter", lambda: suite.dead_letters() == {"urgent-dead-letters": 1})
        body, reason = suite.take_dead("urgent")
        assert body == "this is no nudge"
        assert reason.startswith("BadMessageError: this is no nudge: ")
        assert suite.depth("urgent") == 0

    def test_becomes_a_dead_letter_of_its_own_queue(self, suite):
        """Every function may send to the dead letters of the queues that it reads, after one receive."""
        for queue in QUEUES:
            suite.send(queue, '{"no": "sense"}')
        suite.wait(
            "a dead letter of each", lambda: suite.dead_letters() == {f"{name}-dead-letters": 1 for name in QUEUES}
        )
        for queue in QUEUES:
            body, reason = suite.take_dead(queue)
            assert (body, reason.partition(":")[0]) == ('{"no": "sense"}', "BadMessageError")
        suite.settle()

    def test_says_what_is_wrong_with_a_file(self, suite):
        """A person reads the file and the rule in the dead letter, and needs no log."""
        suite.hand_in("catalogues/atlas/2026-11-10.jsonl.gz", b"no gzip")
        suite.wait("the dead letter", lambda: suite.dead_letters() == {"catalogue-dead-letters": 1})
        _, reason = suite.take_dead("catalogue")
        assert reason.startswith("catalogues/atlas/2026-11-10.jsonl.gz: InputDamagedError: is not a whole gzip file")

    @pytest.mark.parametrize(("queue", "folder"), [("catalogue", "catalogues/x"), ("release", "releases")])
    def test_names_a_file_that_is_gone(self, suite, queue, folder):
        """S3 tells a function that may list the inbox that the file is missing, and does not refuse the request."""
        key = f"{folder}/taken-away.{'jsonl' if queue == 'catalogue' else 'csv'}"
        suite.send(queue, json.dumps({"Records": [{"s3": {"object": {"key": key}}}]}))
        suite.wait("the dead letter", lambda: suite.dead_letters() == {f"{queue}-dead-letters": 1})
        assert suite.take_dead(queue)[1] == f"{key}: MissingInputError: {key}"


class TestAStageThatIsBroken:
    def test_fails_no_message_for_good_if_it_is_repaired_soon(self, suite):
        """A document that every function reads is damaged: messages of all queues return after seconds, and succeed."""
        current = suite.read("state", "releases/current.json")
        before = len(suite.served())
        suite.put("state", "releases/current.json", b"damaged")
        try:
            self.send_to_every_queue(suite, json.loads(current)["folder"])
            for function in ("detect_changes", "fan_out", "fan_out_shard", "reprocess", "process_hotel"):
                suite.wait(f"a message of {function} to return", lambda name=function: self.returned(suite, name))
        finally:
            suite.put("state", "releases/current.json", current)
        suite.settle()
        assert suite.dead_letters() == {}
        assert {reason for _, reason in suite.served()[before:]} >= {"urgent-test", "bulk-test"}

    def send_to_every_queue(self, suite, folder):
        """Hand in, or send, something for every function."""
        release = suite.read("inbox", f"releases/{RELEASE_ID}.csv")
        suite.hand_in(f"releases/{RELEASE_ID}.csv", release)
        catalogue = json.dumps({"accommodation_id": "new", "images": [{"url": "http://127.0.0.1:9/new.jpg"}]})
        suite.hand_in("catalogues/newcomer/1.jsonl", catalogue + "\n")
        suite.hand_in("requests/broken.json", json.dumps({"request_id": "broken", "hotel_ids": [FIRST]}))
        suite.send("shard", json.dumps({"release_id": RELEASE_ID, "folder": folder, "shard": 0}))
        for queue in ("urgent", "bulk"):
            suite.send(queue, json.dumps({"hotel_id": SECOND, "reason": f"{queue}-test"}))

    def returned(self, suite, function):
        """Whether a message of the function came back because of the damaged document."""
        return any('"message returns to its queue"' in line for line in suite.log_lines(function))


class TestARound:
    def test_over_all_hotels_is_asked_for_and_ends(self, suite):
        """`tick` begins it, messages carry it through its steps, and a second one takes the place of the first."""
        first = self.round(suite, 1)
        second = self.round(suite, 2)
        assert (first["hotels"], second["hotels"]) == (len(HOTELS), len(HOTELS))
        assert first["images"] == second["images"] > 0
        assert not suite.keys("state", "split/shared/")
        assert {key.split("/")[1] for key in suite.keys("state", "shared/")} == {second["round"], "latest.json"}

    def round(self, suite, number):
        """Ask for a round and wait for its end; returns what names it."""
        before = suite.read("state", "shared/latest.json")
        suite.put("inbox", "shared/asked.json", json.dumps({"number": number}).encode())
        suite.call("tick", json.loads((ROOT / "events" / "schedule.json").read_bytes()))

        def ended():
            found = suite.read("state", "shared/latest.json")
            return found if found != before and not suite.keys("state", "split/shared/") else None

        return json.loads(suite.wait("the end of a round", ended))


class TestHeaders:
    def test_say_of_each_published_object_what_it_is_and_how_long_it_stays(self, suite):
        """Renditions stay for ever; manifests and pages are asked for again."""
        manifest = suite.manifest(FIRST)
        rendition = manifest["pictures"][0]["renditions"][0]["key"]
        told = {key: suite.headers(key) for key in (manifest_key(FIRST), rendition)}
        assert told == {
            manifest_key(FIRST): ("application/json; charset=utf-8", "no-cache"),
            rendition: ("image/jpeg", "public, max-age=31536000, immutable"),
        }
