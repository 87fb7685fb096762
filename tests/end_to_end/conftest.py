"""The fixture of the end-to-end tests: a machine with its own folder and its own server."""

import pytest

from tests.end_to_end.machine import Machine


@pytest.fixture
def machine(tmp_path):
    """An empty workspace, settings for two small renditions, and a partner's server without files."""
    machine = Machine(tmp_path)
    yield machine
    machine.close()
