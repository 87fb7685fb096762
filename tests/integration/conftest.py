"""Doubles of AWS for the integration tests, started when a test first asks for one."""

import pytest

from tests.local_aws import LocalAws, started


@pytest.fixture(scope="session")
def ministack(tmp_path_factory) -> LocalAws:
    """A whole local AWS."""
    with started("ministack", tmp_path_factory.mktemp("ministack")) as aws:
        yield aws


@pytest.fixture(scope="session")
def moto(tmp_path_factory) -> LocalAws:
    """A second implementation of S3."""
    with started("moto", tmp_path_factory.mktemp("moto")) as aws:
        yield aws
