"""The fixtures of the end-to-end tests: machines with their own folder and their own server."""

import pytest

from tests.end_to_end.machine import Machine


@pytest.fixture
def machine(tmp_path):
    """An empty workspace, settings for two small renditions, and a partner's server without files."""
    machine = Machine(tmp_path)
    yield machine
    machine.close()


@pytest.fixture(scope="module")
def module_machine(tmp_path_factory):
    """The same for all tests of a file, which begin with copies of what was done with it."""
    machine = Machine(tmp_path_factory.mktemp("once"))
    yield machine
    machine.close()
