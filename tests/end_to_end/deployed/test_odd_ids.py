"""Ids with spaces, accents and signs, from what is handed in to what a site shows; and a release that comes again.

AWS takes none of these ids in the fields of its services as they are. The local AWS refuses what AWS refuses.
"""

import json
from urllib.parse import quote

import pytest

from image_release.values import key_part
from samples.partners import RELEASE_ID, VERSION, sample_hotels

pytestmark = [pytest.mark.deployed, pytest.mark.timeout(1800)]

ODD_RELEASE = "2026-12-01 Woche 49 – Übersicht"
ODD_HOTEL = "hôtel/№ 1 ?"
ODD_PARTNER = "Pärtner: 7/8 %"
ODD_REQUEST = ".odd-request_" + "r" * 87
HEAD = "hotel_id,name,country,city,latitude,longitude,accommodations"


def quoted(text):
    return quote(text, safe="")


@pytest.fixture(scope="module")
def with_odd_ids(suite, feed):
    """The suite after a catalogue and a release with odd ids were handed in, and their hotel was published."""
    line = json.loads((feed / "catalogues" / "atlas" / f"{VERSION}.jsonl").read_text("utf-8").splitlines()[0])
    images = line["images"][:2]
    catalogue = json.dumps({"accommodation_id": "ünit 1", "images": images})
    suite.hand_in(f"catalogues/{key_part(ODD_PARTNER)}/{ODD_RELEASE}.jsonl", catalogue + "\n")
    suite.settle()
    rows = (feed / f"{RELEASE_ID}.csv").read_text("utf-8").rstrip("\n")
    row = f"{ODD_HOTEL},Hôtel № 1,ES,Bilbao,,,{quoted(ODD_PARTNER)}:{quoted('ünit 1')}"
    suite.hand_in(f"releases/{ODD_RELEASE}.csv", f"{rows}\n{row}\n")
    suite.wait("the odd hotel", lambda: suite.manifest(ODD_HOTEL))
    suite.settle()
    return suite


class TestOddIds:
    def test_of_a_release_a_partner_and_a_hotel_become_a_published_hotel(self, with_odd_ids):
        manifest = with_odd_ids.manifest(ODD_HOTEL)
        assert manifest["release_id"] == ODD_RELEASE
        assert {picture["best"]["partner_id"] for picture in manifest["pictures"]} == {ODD_PARTNER}
        for picture in manifest["pictures"]:
            assert with_odd_ids.read("published", picture["renditions"][0]["key"])

    def test_of_a_request_reach_its_hotel(self, with_odd_ids):
        """The request has the longest id that it may have; it is the message group of its nudges."""
        before = with_odd_ids.manifest(ODD_HOTEL)["seq"]
        request = {"request_id": ODD_REQUEST, "hotel_ids": [ODD_HOTEL], "force": "rerender"}
        with_odd_ids.hand_in("requests/odd.json", json.dumps(request))
        with_odd_ids.wait("the request", lambda: with_odd_ids.manifest(ODD_HOTEL)["seq"] > before)
        with_odd_ids.settle()
        assert with_odd_ids.status(ODD_REQUEST).startswith(f"{ODD_REQUEST}: 1 of 1 done")

    def test_of_a_changed_catalogue_reach_the_urgent_queue(self, with_odd_ids):
        """The partner's id is the message group of the nudges."""
        assert with_odd_ids.manifest(ODD_HOTEL)["pictures"]
        catalogue = json.dumps({"accommodation_id": "ünit 1", "images": []})
        key = f"catalogues/{key_part(ODD_PARTNER)}/{ODD_RELEASE} zwei.jsonl"
        with_odd_ids.hand_in(key, catalogue + "\n")
        with_odd_ids.settle()
        with_odd_ids.hand_in(f"accepts/{key.removesuffix('.jsonl')}", b"")
        with_odd_ids.wait("the hotel without pictures", lambda: not with_odd_ids.manifest(ODD_HOTEL)["pictures"])

    def test_leave_no_dead_letter(self, with_odd_ids):
        with_odd_ids.settle()
        assert with_odd_ids.dead_letters() == {}


class TestAReleaseThatComesAgain:
    def test_with_its_first_content_is_in_force_again(self, with_odd_ids, feed):
        """Another content under the same name was in force meanwhile; `fan_out` deletes marks of the first folder."""
        rows = (feed / f"{RELEASE_ID}.csv").read_text("utf-8")
        other = rows.replace(sample_hotels()[0].name, "Another name", 1)
        assert other != rows
        folders = [self.in_force(with_odd_ids, "2026-12-02", content) for content in (rows, other, rows)]
        assert folders[0] == folders[2] != folders[1]

    def in_force(self, suite, release_id, content):
        """Hand in a release, wait until it is in force and completed. Returns its folder."""
        before = self.current(suite)["folder"]
        suite.hand_in(f"releases/{release_id}.csv", content)
        suite.settle()
        suite.hand_in(f"accepts/releases/{release_id}", b"")
        suite.wait("another release", lambda: self.current(suite)["folder"] != before)
        suite.settle()
        suite.call("tick", {})
        found = self.current(suite)
        assert found["completed"]["folder"] == found["folder"]
        return found["folder"]

    def current(self, suite):
        return json.loads(suite.read("state", "releases/current.json"))
