"""The house is in order: what the README says is so, and the rules of the code hold wherever no linter looks."""

import ast
import importlib
import importlib.metadata
import re
import socket
import subprocess
import sys
import tomllib
from pathlib import Path

import click
import grimp
import pytest

from tests.conftest import ROOT, NetworkForbiddenError

PACKAGE = ROOT / "shared" / "image_release"
MODULES = sorted(path for folder in ("shared", "functions") for path in (ROOT / folder).rglob("*.py"))
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
REQUIREMENTS = (ROOT / "requirements.txt").read_text(encoding="utf-8")

MAX_LINES = 400
"""A module that is longer does two things."""
FIXED_PACKAGES = ["boto3", "pillow", "imagehash", "google-cloud-vision", "aws-lambda-powertools", "pydantic"]
"""What the client asked to be built with."""
HEAVY = {
    "google",
    "grpc",
    "boto3",
    "botocore",
    "scipy",
    "imagehash",
    "click",
    "rich",
    "jinja2",
    "aws_lambda_powertools",
}
"""What costs more than 50 ms of import and is not needed by every hotel."""
BUILT_AT_THE_TOP = {
    "FolderStore",
    "MemoryStore",
    "CountingStore",
    "S3Store",
    "SqsQueue",
    "DynamoCounters",
    "UrlFetcher",
    "IsolatedCaller",
}
"""Adapters: a step is given one, and never chooses it."""
COMPOSITION_ROOTS = ("shared/image_release/one_machine/workspace.py", "shared/image_release/cli/", "functions/")
"""Where they are built."""


def named(paths):
    return [str(path.relative_to(ROOT)) for path in paths]


@pytest.fixture(scope="module")
def imports():
    """Every import inside the package, as pairs of module names."""
    graph = grimp.build_graph("image_release", cache_dir=None)
    return [
        (importer, imported)
        for importer in sorted(graph.modules)
        for imported in sorted(graph.find_modules_directly_imported_by(importer))
    ]


class TestModules:
    def test_are_short(self):
        """No module has more than 400 lines."""
        assert named(path for path in MODULES if len(path.read_text(encoding="utf-8").splitlines()) > MAX_LINES) == []

    def test_say_what_they_are_for(self):
        """Every module opens with a docstring."""
        assert named(path for path in MODULES if not ast.get_docstring(ast.parse(path.read_bytes()))) == []

    def test_know_other_packages_by_their_front_door(self, imports):
        """What lies inside a package is imported by that package alone; the others use what its `__init__` names."""
        trespassing = [
            (importer, imported)
            for importer, imported in imports
            if imported.count(".") > 1 and importer.split(".")[:2] != imported.split(".")[:2]
        ]
        assert [pair for pair in trespassing if not pair[0].startswith("image_release.cli")] == []

    def test_export_what_they_name(self):
        """Every package lists its public names, and has them."""
        packages = [path for path in PACKAGE.rglob("__init__.py") if ast.parse(path.read_bytes()).body[1:]]
        assert named(path for path in packages if "__all__" not in path.read_text(encoding="utf-8")) == []

    def test_are_given_their_adapters(self):
        """Only a composition root builds what reaches the outside world; everybody else is given it."""
        built = [
            f"{path.relative_to(ROOT)}: {node.func.id}"
            for path in MODULES
            for node in ast.walk(ast.parse(path.read_bytes()))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in BUILT_AT_THE_TOP
        ]
        assert [place for place in built if not place.startswith(COMPOSITION_ROOTS)] == []

    def test_are_loaded_without_what_not_every_hotel_needs(self):
        """Import time is a budget: a hotel that nothing has to be tagged for never waits for Google's client."""
        program = "import sys, image_release.hotel; print(*{name.partition('.')[0] for name in sys.modules})"
        loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
        assert HEAVY & set(loaded.split()) == set()


class TestDependencies:
    def test_are_pinned_and_name_no_host(self):
        """Each line is one version of one package; where it is downloaded from is the reader's business."""
        lines = [line for line in REQUIREMENTS.splitlines() if line and not line.lstrip().startswith("#")]
        assert [line for line in lines if not re.fullmatch(r"[a-z0-9.-]+==[\w.+!]+( ; [^/@]+)?", line)] == []
        assert "://" not in REQUIREMENTS

    @pytest.mark.parametrize("package", FIXED_PACKAGES)
    def test_hold_what_the_client_asked_for(self, package):
        """The six packages that were asked for are there."""
        assert re.search(rf"^{package}==", REQUIREMENTS, re.MULTILINE)

    def test_that_are_declared_are_pinned(self):
        """pyproject.toml and requirements.txt agree: every declared package has a version that fits."""
        declared = [
            *PROJECT["dependencies"],
            *(line for extra in PROJECT["optional-dependencies"].values() for line in extra),
        ]
        names = {re.match(r"[\w-]+", line)[0].lower() for line in declared} - {PROJECT["name"]}
        pinned = set(re.findall(r"^([a-z0-9.-]+)==", REQUIREMENTS, re.MULTILINE))
        assert names - pinned == set()

    def test_that_are_imported_are_declared(self):
        """No module lives on a package that is there by chance."""
        owners = importlib.metadata.packages_distributions()
        declared = [
            *PROJECT["dependencies"],
            *(line for extra in PROJECT["optional-dependencies"].values() for line in extra),
        ]
        names = {re.match(r"[\w-]+", line)[0].lower() for line in declared}
        tops = (
            {
                name.partition(".")[0]
                for path in MODULES
                for node in ast.walk(ast.parse(path.read_bytes()))
                for name in (
                    [alias.name for alias in node.names]
                    if isinstance(node, ast.Import)
                    else [node.module or ""]
                    if isinstance(node, ast.ImportFrom) and not node.level
                    else []
                )
            }
            - sys.stdlib_module_names
            - {"image_release", "functions"}
        )
        assert {
            top for top in tops if not {owner.lower().replace("_", "-") for owner in owners.get(top, [])} & names
        } == set()


def normal(package):
    """A package's name as an index writes it."""
    return re.sub(r"[-_.]+", "-", package).lower()


class TestPages:
    def test_draw_the_folders_as_they_are(self):
        """The README's picture names nothing that is not there, and leaves out no package."""
        drawn = list(drawn_paths(README))
        assert drawn, "the README has no picture of the folders"
        assert [path for path in drawn if not list(ROOT.glob(path.rstrip("/")))] == []
        packages = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
        assert packages - {Path(path).name for path in drawn} == set()

    def test_name_only_targets_that_exist(self):
        """Every `make something` in a page can be typed."""
        targets = set(re.findall(r"^([a-z0-9]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
        asked = {
            (str(page.relative_to(ROOT)), target)
            for page in PAGES
            for target in re.findall(r"(?:^|`|\$ )make ([a-z0-9]+)", page.read_text(encoding="utf-8"), re.MULTILINE)
        }
        assert {(page, target) for page, target in asked if target not in targets} == set()

    def test_lead_only_to_files_that_exist(self):
        """Every relative link of a page has a file at its end."""
        dead = [
            f"{page.relative_to(ROOT)}: {target}"
            for page in PAGES
            for target in re.findall(r"\]\((?!\w+:|#)([^)#\s]+)", page.read_text(encoding="utf-8"))
            if not (page.parent / target).exists()
        ]
        assert dead == []

    def test_speak_of_no_machine(self):
        """Nothing in the repository knows where somebody's home or work folder is."""
        names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
        texts = [
            ROOT / name
            for name in names.decode().split("\0")
            if name.endswith((".py", ".md", ".toml", ".yaml", ".txt"))
        ]
        home = re.compile(r"/(?:root|home/\w+|Users/\w+|work)/")
        assert (
            named(p for p in texts if p.is_file() and p != Path(__file__) and home.search(p.read_text("utf-8"))) == []
        )


def drawn_paths(page):
    """Paths in the fenced block that draws `shared/image_release/`: an indented name lies in the folder above it."""
    blocks = re.findall(r"^```.*?\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    block = next((block for block in blocks if "shared/image_release/" in block), "")
    folder = ""
    for line in block.splitlines():
        names = []
        for word in line.split():
            if not re.fullmatch(r"[\w.<>-]*[/.][\w./<>-]*", word) or word.endswith("."):
                break
            names.append(re.sub(r"<\w+>", "*", word))
        if not line.startswith(" "):
            folder = ""
        yield from (folder + name for name in names)
        if names and not line.startswith(" ") and len(names) == 1 and names[0].endswith("/"):
            folder = names[0]


def commands(group, path=("image-release",)):
    """Every command below a group, with the words that call it; groups that load lazily too."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        yield (*path, name), command
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))


@pytest.fixture(scope="module")
def called():
    """Every command, by the words that call it."""
    return dict(commands(importlib.import_module("image_release.cli").main))


@pytest.mark.skipif(not (PACKAGE / "cli" / "__init__.py").is_file(), reason="there is no command line yet")
class TestCommands:
    def test_are_there(self, called):
        """The command line has commands at all, or the promises below would say nothing."""
        assert ("image-release", "run") in called

    def test_explain_themselves(self, called):
        """Each has a help text, with an example that can be typed, and so has each of its options."""
        silent = [" ".join(path) for path, command in called.items() if not command.help]
        silent += [
            f"{' '.join(path)} {option.opts[-1]}"
            for path, command in called.items()
            for option in command.params
            if isinstance(option, click.Option) and not option.help
        ]
        silent += [
            f"{' '.join(path)}: no example"
            for path, command in called.items()
            if not isinstance(command, click.Group) and " ".join(path) not in " ".join((command.help or "").split())
        ]
        assert silent == []

    def test_are_documented(self, called):
        """Each is called by its full name in the README or in a page below docs."""
        pages = " ".join(page.read_text(encoding="utf-8") for page in PAGES)
        assert [" ".join(path) for path in called if " ".join(path) not in pages] == []


class TestTests:
    def test_cannot_reach_the_network(self):
        """A test that asks for a host beyond this machine fails, whatever it meant to show."""
        with pytest.raises(NetworkForbiddenError):
            socket.create_connection(("192.0.2.1", 9), timeout=1)
        with pytest.raises(NetworkForbiddenError):
            socket.getaddrinfo("example.com", 80)

    def test_have_names_that_state_promises(self):
        """A test's name is a sentence: more than one word after `test_`."""
        short = [
            f"{path.relative_to(ROOT)}: {node.name}"
            for path in (ROOT / "tests").rglob("test_*.py")
            for node in ast.walk(ast.parse(path.read_bytes()))
            if isinstance(node, ast.FunctionDef) and re.fullmatch(r"test_[a-z0-9]+", node.name)
        ]
        assert short == []
