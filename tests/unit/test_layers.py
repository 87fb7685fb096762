"""The recipe of the layers agrees with what the project declares."""

import pytest

from layers.build import declared
from layers.recipe import LAYERS, LEFT_OUT
from tests.conftest import ROOT


def test_every_package_of_a_function_stands_in_one_layer():
    """What pyproject.toml declares for functions is in a layer, once, and nothing else is asked for."""
    assert sorted(package for packages in LAYERS.values() for package in packages) == sorted(declared())


@pytest.mark.parametrize("name", sorted(set(LEFT_OUT) - {"desk"}))
def test_what_is_left_out_of_the_functions_is_there(name):
    """A name in the list means something."""
    assert (ROOT / "shared" / "image_release" / name).exists()
