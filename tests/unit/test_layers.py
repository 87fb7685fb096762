"""The layers contain the packages that the project declares, and leave out what exists."""

import pytest

from layers.build import declared
from layers.recipe import LAYERS, LEFT_OUT, WEIGHTS
from tests.conftest import ROOT


def test_every_package_of_a_function_is_in_one_layer():
    """Every package that pyproject.toml declares for functions is in exactly one layer, and no other package is.

    Of the weights a layer holds the network that is made from them.
    """
    packages = [package for layer in LAYERS.values() for package in layer]
    assert sorted([*packages, WEIGHTS]) == sorted(declared())


@pytest.mark.parametrize("name", LEFT_OUT)
def test_what_is_left_out_of_the_functions_exists(name):
    """The list of what is left out names no folder that is gone."""
    assert (ROOT / "shared" / "image_release" / name).exists()
