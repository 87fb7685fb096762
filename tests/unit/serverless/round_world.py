"""A suite in memory whose hotels have fingerprints, and what plays Lambda's part in a round."""

import json

from image_release.cache import merge_fingerprints
from image_release.ingest.releases.applying import apply_release
from image_release.serverless.compare_hotels import go_on
from image_release.serverless.messages import GoOnMessage, ShareMessage
from image_release.serverless.round_steps import STEPS
from image_release.serverless.rounds import begin_round
from image_release.serverless.shares import do_share
from image_release.sharing import read_latest
from image_release.sharing_keys import ASKED, ROUNDS
from image_release.storage import Stores
from image_release.values import Accommodation
from tests.unit.serverless.conftest import World


class RoundWorld(World):
    """Hotels with images, of which each hotel has one accommodation or several."""

    versions = 0

    @property
    def stores(self):
        return Stores(self.suite.inbox, self.suite.state, self.suite.published)

    def hotels(self, hotels):
        """Hand in a release `{hotel: {accommodation: {sha256: fingerprint}}}`, with the fingerprints."""
        self.versions += 1
        key = self.release(str(self.versions), {hotel_id: list(own) for hotel_id, own in hotels.items()})
        for own in hotels.values():
            for accommodation, images in own.items():
                self.images(accommodation, images)
        apply_release(self.suite.inbox, self.suite.state, key, self.suite.settings, self.now)

    def images(self, accommodation, images):
        """Write the fingerprints of an accommodation."""
        merge_fingerprints(self.suite.state, Accommodation("atlas", accommodation), images)

    def ask(self):
        """Ask for a round, and let `tick` begin it."""
        self.wait(seconds=1)
        self.suite.inbox.put(ASKED, b"{}")
        return begin_round(self.suite)

    def round(self, dice=None):
        """A whole round; returns what names it."""
        assert self.ask() == {"begun": 1}
        drained(self.suite, dice)
        assert not list(self.suite.state.list(ROUNDS))
        return read_latest(self.suite.state)[0]


def drained(suite, dice=None):
    """Work on all messages of rounds, in an order that dice choose, some of them twice."""
    while waiting := suite.comparing.visible():
        name = dice.choice(waiting) if dice else waiting[0]
        body = suite.comparing.receive(name).body
        for _ in range(2 if dice and dice.random() < 0.2 else 1):
            handle(suite, body)
        suite.comparing.delete(name)


def handle(suite, body):
    """Do what a message asks for."""
    if "share" in json.loads(body):
        do_share(ShareMessage.model_validate_json(body), suite, STEPS)
    else:
        go_on(GoOnMessage.model_validate_json(body), suite)
