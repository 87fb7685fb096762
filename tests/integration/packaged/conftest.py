"""The templates that `make package` made. Without them these tests are skipped with a message."""

import json

import pytest

from deployment.package import STAGES, TEMPLATES


def template_of(stage):
    path = TEMPLATES / stage / "cloudformation-template-update-stack.json"
    if not path.is_file():
        pytest.skip("nothing is packaged here: run `make package` (it needs Node and Python 3.13)")
    return json.loads(path.read_bytes())


def tagger_of(template):
    """Return the tagger that every function of a template is told."""
    functions = [item for item in template["Resources"].values() if item["Type"] == "AWS::Lambda::Function"]
    (tagger,) = {item["Properties"]["Environment"]["Variables"]["IMAGE_RELEASE_TAGGER"] for item in functions}
    return tagger


@pytest.fixture(scope="session", params=STAGES)
def template(request):
    """The template of a stage as it is deployed to AWS: with no parameter, as production, and with all options."""
    return template_of(request.param)


@pytest.fixture(scope="session")
def asks_google(template):
    """Whether the tagger of the stage asks Google."""
    return "google" in tagger_of(template)


@pytest.fixture(scope="session")
def resources(template):
    """The resources of the template by name."""
    return template["Resources"]


@pytest.fixture(scope="session")
def of_type(resources):
    """A function that returns the properties of all resources of a type, by name."""

    def find(kind):
        found = {name: item.get("Properties", {}) for name, item in resources.items() if item["Type"] == f"AWS::{kind}"}
        assert found, f"the template has no {kind}"
        return found

    return find
