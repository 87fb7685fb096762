"""The aliases of all functions are moved to one package, or stay where they are (deployment/roll_back.py)."""

import io
import uuid
import zipfile

import pytest

from deployment.roll_back import ALIAS, PACKAGE, CannotRollBackError, Package, chosen, live_versions, move, packages_of

CODE = "def handle(event, context):\n    return {}\n"


def program() -> bytes:
    """A function that does nothing, as a zip."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("handler.py", CODE)
    return out.getvalue()


class Stage:
    """Two functions of a stage on a local AWS, deployed as often as a test wants."""

    def __init__(self, client):
        self.client = client
        self.names = [f"{uuid.uuid4().hex[:8]}-{name}" for name in ("process_hotel", "tick")]
        for name in self.names:
            client.create_function(
                FunctionName=name,
                Runtime="python3.13",
                Handler="handler.handle",
                Role="arn:aws:iam::000000000000:role/any",
                Code={"ZipFile": program()},
            )

    def deploy(self, package, names=None):
        """Publish a version of each function and move its alias to it."""
        for name in names or self.names:
            self.client.update_function_configuration(FunctionName=name, Environment={"Variables": {PACKAGE: package}})
            version = self.client.publish_version(FunctionName=name)["Version"]
            wanted = {"FunctionName": name, "Name": ALIAS, "FunctionVersion": version}
            try:
                self.client.update_alias(**wanted)
            except self.client.exceptions.ResourceNotFoundException:
                self.client.create_alias(**wanted)

    @property
    def packages(self):
        return packages_of(self.client, self.names)

    @property
    def live(self):
        return live_versions(self.client, self.names)


@pytest.fixture
def stage(ministack):
    return Stage(ministack.client("lambda"))


class TestPackages:
    def test_are_those_of_which_every_function_has_a_version(self, stage):
        """Half a package, left by a deployment that failed, is none that can run."""
        stage.deploy("one")
        stage.deploy("half", stage.names[:1])
        stage.deploy("two")
        assert {package.digest for package in stage.packages} == {"one", "two"}

    def test_without_a_digest_are_left_out(self, stage):
        """Versions of programs before there was an alias name no package."""
        for name in stage.names:
            stage.client.publish_version(FunctionName=name)
        assert stage.packages == []


class TestChoice:
    def make(self, *digests):
        return [
            Package(digest, f"2026-11-{30 - n}", {"f": str(9 - n), "g": str(8 - n)}) for n, digest in enumerate(digests)
        ]

    def test_without_a_word_is_the_package_before_the_present_one(self):
        packages = self.make("new", "old", "older")
        assert chosen(packages, packages[0].versions, None).digest == "old"
        assert chosen(packages, packages[1].versions, None).digest == "older"

    def test_may_be_said_and_leads_forward_too(self):
        packages = self.make("new", "old")
        assert chosen(packages, packages[1].versions, "new").digest == "new"

    @pytest.mark.parametrize(
        ("live", "wanted", "why"),
        [
            ({"f": "8", "g": "7"}, None, "there is no package before the present one"),
            ({"f": "9", "g": "7"}, None, "the functions do not run one package now"),
            ({"f": "9", "g": "8"}, "lost", "no package lost is left"),
        ],
    )
    def test_that_cannot_be_made_says_why(self, live, wanted, why):
        with pytest.raises(CannotRollBackError, match=why):
            chosen(self.make("new", "old"), live, wanted)


class TestMove:
    def test_moves_all_aliases(self, stage):
        stage.deploy("one")
        before = stage.live
        stage.deploy("two")
        move(stage.client, stage.live, chosen(stage.packages, stage.live, "one"))
        assert stage.live == before

    def test_that_fails_in_the_middle_puts_all_back(self, stage):
        """The alias of the second function was deleted meanwhile."""
        stage.deploy("one")
        stage.deploy("two")
        before, package = stage.live, chosen(stage.packages, stage.live, "one")
        stage.client.delete_alias(FunctionName=stage.names[1], Name=ALIAS)
        with pytest.raises(CannotRollBackError, match="all functions run what they ran before"):
            move(stage.client, before, package)
        assert live_versions(stage.client, stage.names[:1]) == {stage.names[0]: before[stage.names[0]]}
