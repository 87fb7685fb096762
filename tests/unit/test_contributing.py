"""What a contributor is told and what the forge runs are the same as what the project has."""

import re
import tomllib

import pytest
import yaml

from tests.conftest import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
TARGETS = set(re.findall(r"^([a-z0-9]+):", MAKEFILE, re.MULTILINE))
WORKFLOW = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8"))
HOOKS = [
    hook
    for repository in yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"]
    for hook in repository["hooks"]
]
PAGES = ("CONTRIBUTING.md", "SECURITY.md")


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", PAGES)
def test_every_page_for_contributors_is_linked_from_the_readme(name):
    """Nobody finds a page that nothing leads to."""
    assert f"]({name})" in read("README.md")


def test_contributing_names_every_step_of_a_change():
    """That the named targets exist is tested for all pages (test_house)."""
    named = set(re.findall(r"`make ([a-z0-9]+)`", read("CONTRIBUTING.md")))
    steps = {"format", "lint", "types", "docs", "test", "coverage", "mutants"}
    assert steps - named == set()
    assert ".ci/run" in read("CONTRIBUTING.md")


@pytest.mark.parametrize("name", PAGES)
def test_every_file_that_a_page_names_exists(name):
    """Files of the program are named without `shared/image_release/`, as in the architecture."""
    spans = re.findall(r"`([\w./-]+)`", read(name))
    paths = {span for span in spans if "/" in span or span.endswith((".py", ".toml", ".md"))}
    built = {"images/", ".venv/bin/pytest"}
    here = {path for path in paths if (ROOT / path).exists() or (ROOT / "shared/image_release" / path).exists()}
    assert paths - here - built == set()


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: hook["id"])
def test_a_hook_downloads_nothing_and_calls_a_target(hook):
    """The hooks use the environment of `make setup`."""
    assert hook["language"] == "system"
    assert re.fullmatch(r"make (\w+)", hook["entry"])[1] in TARGETS


def test_the_forge_runs_the_same_script_with_the_least_permissions():
    """It may read the code and nothing else, and it ends after a time."""
    (job,) = WORKFLOW["jobs"].values()
    assert job["steps"][-1] == {"run": ".ci/run"}
    assert WORKFLOW["permissions"] == {"contents": "read"}
    assert job["timeout-minutes"] <= 120
    assert "secrets." not in read(".github/workflows/ci.yml")


def test_the_forge_tests_the_oldest_and_the_newest_python():
    """The oldest is what pyproject.toml requires, the newest is what the functions run on."""
    (job,) = WORKFLOW["jobs"].values()
    oldest, newest = job["strategy"]["matrix"]["python"]
    assert PROJECT["requires-python"] == f">={oldest}"
    assert f"runtime: python{newest}" in read("serverless.yml")


def test_the_supported_version_is_the_present_one():
    """Whoever raises the version raises it in SECURITY.md and in the changelog too."""
    minor = PROJECT["version"].rpartition(".")[0]
    assert f"| {minor} | yes |" in read("SECURITY.md")
    assert re.search(rf"^## {re.escape(PROJECT['version'])} \(\d{{4}}-\d\d-\d\d\)$", read("CHANGELOG.md"), re.MULTILINE)
