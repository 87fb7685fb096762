"""Which mutants are made of a file, and that the lists in this folder speak of the program as it is."""

import tomllib

import pytest

from tests.conftest import ROOT
from tests.mutation.__main__ import all_mutants, by_hand, drawn, explanations
from tests.mutation.mutating import mutants_of
from tests.mutation.recording import Record


def mutants(folder, source):
    (folder / "module.py").write_text(source, encoding="utf-8")
    return [(mutant.old, mutant.new) for mutant in mutants_of(folder, "module.py")]


def test_a_comparison_is_moved_and_turned(tmp_path):
    assert mutants(tmp_path, "a < b") == [("a < b", "(a <= b)"), ("a < b", "(a >= b)")]


def test_a_guard_is_turned_and_dropped(tmp_path):
    source = "for a in b:\n    if not a:\n        continue\n"
    assert mutants(tmp_path, source) == [("not a", "(a)"), ("continue", "pass")]


def test_a_condition_of_a_comprehension_is_dropped(tmp_path):
    assert ("[a for a in b if c]", "[a for a in b]") in mutants(tmp_path, "[a for a in b if c]")


def test_a_returned_value_is_forgotten(tmp_path):
    assert mutants(tmp_path, "def f():\n    return a\n") == [("return a", "return None")]


@pytest.mark.parametrize(
    "source",
    [
        '"""Text 1 < 2."""',
        "f'{a + 1}'",
        "logger.info('a', extra=1 + 2)",
        "a: Field(1)",
        "a = ConfigDict(frozen=True)",
        "a = zip(b, c, strict=True)",
        "__all__ = [1]",
        "assert a < 1",
        "def f():\n    return None\n",
    ],
)
def test_text_and_types_are_left_alone(tmp_path, source):
    assert mutants(tmp_path, source) == []


def test_a_change_that_is_not_python_is_left_out(tmp_path):
    assert mutants(tmp_path, "def f(a, b=1): pass") == [("1", "2")]


def test_only_its_bytes_change(tmp_path):
    source = "# ä\nname = 'ü'; a = b == c\n"
    (tmp_path / "module.py").write_text(source, encoding="utf-8")
    (mutant,) = mutants_of(tmp_path, "module.py")
    assert mutant.apply(source.encode()).decode() == "# ä\nname = 'ü'; a = (b != c)\n"


def test_the_nearest_tests_run_first_and_one_always_runs():
    near, folder, far, failed = (
        "tests/unit/publish/test_sweep.py::a",
        "tests/unit/publish/test_swap.py::a",
        "tests/integration/test_hotel.py::a",
        "tests/unit/publish/test_sweep.py::failed",
    )
    record = Record(
        {near: 1.0, folder: 0.5, far: 5.0, failed: float("inf")},
        {"shared/image_release/publish/sweep.py": {7: {far, folder, near, failed}}},
    )
    assert record.tests("shared/image_release/publish/sweep.py", 7, 6.0) == [near, folder]
    assert record.tests("shared/image_release/publish/sweep.py", 7, 6.5) == [near, folder, far]
    assert record.tests("shared/image_release/publish/sweep.py", 7, 0.0) == [near]


def test_a_line_that_is_read_at_import_is_reached_by_all_tests_of_its_file():
    record = Record({"tests/a.py::a": 1.0}, {"shared/a.py": {7: {"tests/a.py::a"}}})
    assert record.tests("shared/a.py", 1, 9.0) == ["tests/a.py::a"]


def test_every_mutant_made_by_hand_applies_and_names_tests_that_exist():
    listed = list(by_hand())
    assert len({name for name, _, _ in listed}) == len(listed)
    for name, mutant, tests in listed:
        compile(mutant.apply((ROOT / mutant.file).read_bytes()), name, "exec")
        assert tests, name
        assert all((ROOT / test.partition("::")[0]).is_file() for test in tests), name


def test_a_change_of_one_mutant_leaves_the_rest_of_a_sample():
    everything = all_mutants(["shared/image_release/publish"])
    sample = drawn(everything, seed=1, number=20)
    assert drawn([mutant for mutant in everything if mutant != sample[0]], seed=1, number=19) == sample[1:]
    assert drawn(everything, seed=2, number=20) != sample


def test_every_reason_is_about_a_mutant_that_exists():
    existing = {mutant.key for mutant in all_mutants([])}
    assert not [key for key in explanations() if key not in existing]


def test_every_reason_is_a_sentence():
    path = ROOT / "tests" / "mutation" / "survivors.toml"
    for entry in tomllib.loads(path.read_text(encoding="utf-8")).get("survivor", []):
        assert entry["reason"].endswith("."), entry
