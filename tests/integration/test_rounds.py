"""A round of the deployed functions: it finds what one machine finds, and what fails becomes a dead letter."""

from __future__ import annotations

import json
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner

from image_release.cli import main
from image_release.desk.web.sharing_work import SharedByHotels
from image_release.one_machine.desk import open_desk
from image_release.one_machine.workspace import open_workspace
from image_release.serverless import compare_hotels
from image_release.settings import Settings
from image_release.sharing import Families, find_shared, read_round, shared_document
from image_release.sharing_keys import ASKED, LATEST_ROUND, ROUNDS
from tests.integration.deployed import MAX_RECEIVES, Deployed, composition_for, sample
from tests.integration.desk_client import serving
from tests.integration.test_everywhere import Chain
from tests.integration.test_functions import ALL_WELL, SETTINGS
from tests.integration.test_sharing import AS_SENT, CROPPED, SMALLER

STORES = ("inbox", "state", "published")


@pytest.fixture
def deployed(ministack, monkeypatch):
    made = Deployed(ministack, SETTINGS)
    composition_for(made, monkeypatch)
    return made


@pytest.fixture
def chain(deployed, tmp_path, monkeypatch):
    monkeypatch.setattr(compare_hotels, "SHARDS_A_RANGE_BITS", -2)  # four ranges
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    made = Chain(tmp_path, **{name: getattr(deployed, name) for name in STORES})
    yield made
    made.world.close()


def hand_in(chain):
    chain.hotels(
        h1=AS_SENT[:5],
        h2=[SMALLER[0], CROPPED[1], AS_SENT[2], AS_SENT[7]],
        **{"h 3/é": [AS_SENT[0], AS_SENT[8]]},
        **{f"n{number}": [AS_SENT[9] if number % 2 else SMALLER[9]] for number in range(11)},
    )


def play(deployed):
    """Let `tick` begin a round, and the function work on its messages; returns its answers."""
    deployed.handle("tick", sample("schedule"))
    answers = []
    while found := deployed.drain("compare_hotels", "comparing"):
        answers += found
    return answers


def test_a_round_finds_what_one_machine_finds(deployed, chain):
    hand_in(chain)
    expected = shared_document(on_one_machine(chain))
    refused = said(deployed, "--on-suite", "--pairs", "pairs.csv")
    assert (refused.exit_code, "finds nothing now" in refused.stderr) == (2, True)
    assert deployed.inbox.head(ASKED) is None
    asked = said(deployed, "--on-suite")
    assert asked.exit_code == 0, asked.output
    answers = play(deployed)
    assert answers
    assert all(answer == ALL_WELL for answer in answers)
    assert shared_document(read_round(chain.stores).shared) == expected
    assert ([len(pair["shared"]) for pair in expected["pairs"]], len(expected["pictures"])) == ([3], 1)
    document = json.loads(said(deployed, "--json").stdout)
    assert document.pop("round_ended")
    assert document == expected
    assert "round" in said(deployed).stdout
    assert shared_document(on_the_desk(deployed).shared) == expected
    other = said(deployed, "--many", "4")
    assert (other.exit_code, "--many 10" in other.stderr) == (2, True)
    assert not list(deployed.state.list(ROUNDS))


def test_a_later_round_reads_what_commands_and_functions_changed_since(deployed, chain):
    hand_in(chain)
    assert said(deployed, "--on-suite").exit_code == 0
    play(deployed)
    chain.hotels(h1=AS_SENT[:5], h2=[SMALLER[0], AS_SENT[7]], h4=[CROPPED[2], SMALLER[3], SMALLER[4], AS_SENT[6]])
    asked = deployed.inbox.head(ASKED).modified
    wait_for(lambda: datetime.now(UTC) >= asked + timedelta(seconds=1))  # S3 tells whole seconds
    assert said(deployed, "--on-suite").exit_code == 0
    play(deployed)
    found = read_round(chain.stores).shared
    assert shared_document(found) == shared_document(on_one_machine(chain))
    assert [(pair.one.hotel_id, pair.other.hotel_id, len(pair.shared)) for pair in found.pairs] == [("h1", "h4", 3)]


def on_the_desk(deployed):
    """What the desk's page tells beside the suite."""
    with a_desk(deployed) as desk:
        work = SharedByHotels()
        work.begin(desk)
        wait_for(lambda: work.comparing.is_over)
        assert work.comparing.error == ""
        assert work.found.at == read_round(desk.stores).ended
        assert not desk.prints.exists()
        return work.found


def test_the_page_of_the_desk_shows_the_last_round_and_what_people_keep_since(deployed, chain):
    hand_in(chain)
    said(deployed, "--on-suite")
    play(deployed)
    with a_desk(deployed) as desk, serving(desk) as page:
        assert "Compare all hotels" in page.get("/shared").text
        assert page.post("/shared/compare").status == 303
        wait_for(lambda: page.get("/shared/state").json["is_over"])
        first = page.get("/shared").text
        assert ("by the suite" in first, "--on-suite" in first, "Compare again" in first) == (True, True, False)
        [picture] = read_round(chain.stores).shared.pictures
        chosen = {"hotel": picture.hotel_id, "image": picture.image}
        assert page.post("/everywhere/keep", chosen).status == 303
        assert page.post("/everywhere/keep", chosen).status == 400  # it is kept already
        assert "Kept" in page.get("/shared/pictures").text
        assert [item.decided for item in read_round(chain.stores).shared.pictures] == ["keep"]
        assert page.post("/everywhere/undo", {"image": picture.image}).status == 303
        assert "Kept" not in page.get("/shared/pictures").text
        assert [item.decided for item in read_round(chain.stores).shared.pictures] == [None]
    assert not list(deployed.inbox.list("requests/"))  # no hotel had to follow


def wait_for(is_so):
    """Wait until something is so."""
    while not is_so():
        time.sleep(0.01)


@contextmanager
def a_desk(deployed):
    """A desk beside the suite."""
    address = ",".join(f"s3://{deployed.buckets[name]}" for name in STORES)
    with open_desk(open_workspace(address, Settings()), address) as desk:
        yield desk


def said(deployed, *words, command="shared"):
    """What a command says beside the suite."""
    address = ",".join(f"s3://{deployed.buckets[name]}" for name in STORES)
    return CliRunner().invoke(main, [command, *words, "--workspace", address], env=deployed.aws.environment())


def on_one_machine(chain):
    families = Families(chain.index)
    families.catch_up(chain.stores)
    return find_shared(families, chain.stores)


def test_a_share_that_fails_becomes_a_dead_letter_and_nothing_comes_into_force(deployed, chain):
    hand_in(chain)
    deployed.inbox.put(ASKED, b"{}")
    deployed.handle("tick", sample("schedule"))
    deployed.handle("compare_hotels", deployed.receive("comparing"))
    for listed in list(deployed.state.list("releases/")):
        if "/rows/" in listed.key:
            deployed.state.put(listed.key, b"damaged")
    event = deployed.receive("comparing")
    event["Records"][0]["attributes"]["ApproximateReceiveCount"] = str(MAX_RECEIVES)
    assert deployed.handle("compare_hotels", event) == ALL_WELL
    [(body, reason)] = deployed.dead_letters("comparing")
    assert json.loads(body)["step"] == "gather"
    assert "cannot be read" in reason
    assert deployed.state.head(LATEST_ROUND) is None
    told = said(deployed, command="status").stdout
    assert "gather: 0 of 4 shares done" in told


def test_a_message_of_a_round_that_ended_is_nothing_to_do(deployed):
    assert deployed.handle("compare_hotels", sample("round_goes_on")) == ALL_WELL
