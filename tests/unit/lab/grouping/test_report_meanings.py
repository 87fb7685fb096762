"""Every statistic of the score is explained in words."""

from image_release.dedup.weights import shipped_weights
from image_release.lab.grouping.report.meanings import meaning


def test_each_statistic_of_the_shipped_weights_has_a_meaning():
    """A page that explains a decision shows no unexplained name."""
    assert [name for name in shipped_weights().names if not meaning(name)] == []


def test_what_is_not_known_has_none():
    """An unknown name is shown without a meaning."""
    assert [meaning(name) for name in ("unheard_of", "unheard_of_50", "fine_most")] == ["", "", ""]
