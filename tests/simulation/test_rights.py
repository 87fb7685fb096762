"""No branch that the simulation plays asks for more than the function's role allows."""

from tests.simulation.playing import play
from tests.simulation.rights import Rights, recorded

SEEDS = range(40)


def test_every_request_of_every_function_is_allowed():
    """Also those after a failure, in any order. The table shows what a role lacks."""
    with recorded() as rights:
        for seed in SEEDS:
            play(seed)
    assert sum(rights.used.values()) > 10_000
    assert not rights.missing, rights.table()


def test_a_missing_right_is_told():
    rights = Rights()
    rights.saw("fan_out", "put published/hotels/1/manifest.json")
    rights.saw("fan_out", "send bulk")
    assert list(rights.missing) == [
        ("fan_out", "write", "published", "hotels/1/manifest.json"),
        ("fan_out", "send", "queue", "BulkQueue"),
    ]
    assert not rights.used


def test_a_right_below_a_prefix_is_used_by_the_keys_below_it():
    rights = Rights()
    rights.saw("fan_out", "get state/releases/current.json")
    rights.saw("fan_out", "list state/releases/")
    assert not rights.missing
    assert ("fan_out", "read", "state", "releases/") in rights.used
    assert ("fan_out", "delete", "state", "releases/") in rights.unused
