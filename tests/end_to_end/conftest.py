"""The fixture of these tests: a machine with a folder and a server of its own."""

import pytest

from tests.end_to_end.machine import Machine


@pytest.fixture
def machine(tmp_path):
    """An empty workspace, settings for two small renditions, and a partner's server that serves nothing yet."""
    machine = Machine(tmp_path)
    yield machine
    machine.close()
