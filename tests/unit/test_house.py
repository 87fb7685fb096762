"""The README is true, and the code follows the rules that no linter checks."""

import ast
import functools
import importlib
import importlib.metadata
import re
import socket
import subprocess
import sys
import tokenize
import tomllib
from pathlib import Path

import click
import grimp
import pytest

from tests.conftest import ROOT, NetworkForbiddenError

PACKAGE = ROOT / "shared" / "image_release"
MODULES = sorted(path for folder in ("shared", "functions") for path in (ROOT / folder).rglob("*.py"))
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT = PYPROJECT["project"]
CONTRACTS = PYPROJECT["tool"]["importlinter"]["contracts"]
REQUIREMENTS = (ROOT / "requirements.txt").read_text(encoding="utf-8")

MAX_LINES = 400
"""Maximum number of lines of a module. A longer one does two things."""
FIXED_PACKAGES = ["boto3", "pillow", "imagehash", "google-cloud-vision", "aws-lambda-powertools", "pydantic"]
"""The packages that the client asked for."""
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
"""Packages that take more than 50 ms to import and that not every hotel needs."""
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
"""Adapters. A step gets them as arguments and never builds them."""
SIDE_DOORS = (
    "image_release.tag.local",
    "image_release.ingest.catalogues",
    *(f"image_release.ingest.releases.{part}" for part in ("applying", "reading", "rebuild")),
    *(f"image_release.feed.{part}" for part in ("changes", "pruning", "snapshots", "suite_snapshots")),
    "image_release.lab.grouping.report",
    *(f"image_release.desk.{part}" for part in ("applying", "comparing", "desk", "images", "index", "keeping")),
)
"""What is inside of a package and imported by others: functions that need no pictures import the outer one only, and
the function that processes a hotel neither loads how catalogues and releases are applied nor how the feed is made.

The desk has no front door, because a command that decides loads neither its index nor its pages.
"""
COMPOSITION_ROOTS = (
    "shared/image_release/one_machine/workspace.py",
    "shared/image_release/one_machine/desk.py",
    "shared/image_release/cli/",
    "functions/",
    "shared/image_release/decode/alone.py",
)
"""Where adapters are built; the last one needs a child process that ends with its call."""
VAGUE_NAMES = {"util", "utils", "helper", "helpers", "manager", "managers", "misc"}
"""Module names that do not say what is inside."""
BANNED = {
    r"\bow(ed|es|ing)\b": "due, or due-marker",
    r"\b(laid|laying)\b(?! out)": "aligned, alignment",
    r"\bpans?\b": "rotated-camera pair",
    r"\bpassing (failure|fault)s?\b": "transient failure",
    r"\bstands? twice\b": "is a duplicate",
    r"\b(first|rough) look\b": "coarse pass",
    r"\blook(s|ed|ing)? at (a|one|the|this|that) hotel\b": "process a hotel",
    r"\b(due|expiry|cache|image|hotel|url) prints?\b": "fingerprint",
}
"""Words that the vocabulary replaced, as regular expressions, and what to write instead (architecture, Vocabulary)."""


def named(paths):
    return [str(path.relative_to(ROOT)) for path in paths]


@functools.cache
def parsed(path):
    return ast.parse(path.read_bytes())


def public_definitions():
    """Yield every public class, function and method of the modules, with its place."""
    for path in MODULES:
        scopes = [(str(path.relative_to(ROOT)), parsed(path))]
        while scopes:
            place, scope = scopes.pop()
            for node in scope.body:
                if not isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                    continue
                if node.name.startswith("_"):
                    continue
                yield f"{place}: {node.name}", node
                if isinstance(node, ast.ClassDef):
                    scopes.append((f"{place}: {node.name}", node))


TEXTS = {tokenize.COMMENT, tokenize.STRING, getattr(tokenize, "FSTRING_MIDDLE", tokenize.STRING)}


def texts_of(path):
    """Yield the comments and the strings of a module, each as one line of text, with its line number."""
    with path.open("rb") as file:
        for token in tokenize.tokenize(file.readline):
            if token.type in TEXTS:
                yield token.start[0], " ".join(token.string.split())


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
        """The inside of a package is imported by that package only. Others use the names in its `__init__`."""
        trespassing = [
            (importer, imported)
            for importer, imported in imports
            if imported.count(".") > 1 and importer.split(".")[:2] != imported.split(".")[:2]
            if imported not in SIDE_DOORS
        ]
        assert [pair for pair in trespassing if not pair[0].startswith("image_release.cli")] == []

    def test_export_what_they_name(self):
        """Every package that exports names lists them in `__all__`."""
        packages = [path for path in PACKAGE.rglob("__init__.py") if ast.parse(path.read_bytes()).body[1:]]
        assert named(path for path in packages if "__all__" not in path.read_text(encoding="utf-8")) == []

    def test_are_given_their_adapters(self):
        """Only a composition root builds adapters, which reach the outside world. Others get them as arguments."""
        built = [
            f"{path.relative_to(ROOT)}: {node.func.id}"
            for path in MODULES
            for node in ast.walk(ast.parse(path.read_bytes()))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in BUILT_AT_THE_TOP
        ]
        assert [place for place in built if not place.startswith(COMPOSITION_ROOTS)] == []

    def test_load_nothing_that_not_every_hotel_needs(self):
        """Loading the pipeline loads no heavy package: a hotel without new images never waits for Google's client."""
        program = "import sys, image_release.hotel; print(*{name.partition('.')[0] for name in sys.modules})"
        loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
        assert HEAVY & set(loaded.split()) == set()


class TestNames:
    def test_of_modules_say_what_is_inside(self):
        """No module or folder is called utils, helpers or manager."""
        paths = [path for path in (*MODULES, *(path.parent for path in MODULES)) if path.stem in VAGUE_NAMES]
        assert named(paths) == []

    def test_of_classes_are_given_once(self):
        """No two classes have the same name; private classes count too."""
        places = {}
        for path in MODULES:
            for node in ast.walk(parsed(path)):
                if isinstance(node, ast.ClassDef):
                    places.setdefault(node.name, []).append(str(path.relative_to(ROOT)))
        assert {name: found for name, found in places.items() if len(found) > 1} == {}


class TestSentences:
    def test_explain_everything_public(self):
        """Every public function, class and method has a docstring."""
        assert [place for place, node in public_definitions() if not ast.get_docstring(node)] == []

    def test_name_the_type_of_every_result(self):
        """Every public function and method has a return type."""
        functions = [(place, node) for place, node in public_definitions() if not isinstance(node, ast.ClassDef)]
        assert [place for place, node in functions if node.returns is None] == []

    @pytest.mark.parametrize("banned", BANNED)
    def test_avoid_words_that_were_replaced(self, banned):
        """Docstrings, comments and messages use one word for one thing."""
        pattern = re.compile(banned, re.IGNORECASE)
        found = [
            f"{path.relative_to(ROOT)}:{number}: {match.group()}"
            for path in MODULES
            for number, text in texts_of(path)
            if (match := pattern.search(text))
        ]
        assert found == [], f"write instead: {BANNED[banned]}"


class TestDependencies:
    def test_are_pinned_and_name_no_host(self):
        """Each line pins one package to one version, and names no server to download it from."""
        lines = [line for line in REQUIREMENTS.splitlines() if line and not line.lstrip().startswith("#")]
        assert [line for line in lines if not re.fullmatch(r"[a-z0-9.-]+==[\w.+!]+( ; [^/@]+)?", line)] == []
        assert "://" not in REQUIREMENTS

    @pytest.mark.parametrize("package", FIXED_PACKAGES)
    def test_hold_what_the_client_asked_for(self, package):
        """The six packages that the client asked for are pinned."""
        assert re.search(rf"^{package}==", REQUIREMENTS, re.MULTILINE)

    def test_that_are_declared_are_pinned(self):
        """Every package that pyproject.toml declares is pinned in requirements.txt."""
        declared = [
            *PROJECT["dependencies"],
            *(line for extra in PROJECT["optional-dependencies"].values() for line in extra),
        ]
        names = {re.match(r"[\w-]+", line)[0].lower() for line in declared} - {PROJECT["name"]}
        pinned = set(re.findall(r"^([a-z0-9.-]+)==", REQUIREMENTS, re.MULTILINE))
        assert names - pinned == set()

    def test_of_an_extra_that_a_message_names_are_declared(self):
        """Whoever follows `pip install 'image-release[lab]'` gets an extra that exists."""
        texts = [path.read_text(encoding="utf-8") for path in MODULES]
        told = {name for text in texts for name in re.findall(r"image-release\[([a-z]+)\]", text)}
        assert told == {"aws", "desk", "google", "heic", "lab", "local"}
        assert told - PROJECT["optional-dependencies"].keys() == set()

    def test_of_the_lab_are_in_its_extra(self):
        """`corpus sweep` works from an installed package, not only in a clone."""
        (contract,) = (found for found in CONTRACTS if "imagehash" in found.get("forbidden_modules", ()))
        imported = {line.split(" -> ")[1] for line in contract["ignore_imports"] if ".lab." in line}
        declared = {re.match(r"[\w-]+", line)[0] for line in PROJECT["optional-dependencies"]["lab"]}
        assert imported == declared

    def test_that_are_imported_are_declared(self):
        """Every package that a module imports is declared in pyproject.toml."""
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
        """Everything in the README's tree exists, and every folder of the program is in it with a sentence."""
        drawn = list(drawn_paths(README))
        assert drawn, "the README has no picture of the folders"
        assert [path for path in drawn if not list(ROOT.glob(path.rstrip("/")))] == []
        packages = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
        assert packages - {Path(path).name for path in drawn} == set()
        silent = [line for line in tree_of(README).splitlines() if not re.search(r"\S {2,}\S+ \S+ \S+", line)]
        assert silent == []

    def test_name_only_targets_that_exist(self):
        """Every `make something` in a page is a target of the Makefile."""
        targets = set(re.findall(r"^([a-z0-9]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
        asked = {
            (str(page.relative_to(ROOT)), target)
            for page in PAGES
            for target in re.findall(r"(?:^|`|\$ )make ([a-z0-9]+)", page.read_text(encoding="utf-8"), re.MULTILINE)
        }
        assert {(page, target) for page, target in asked if target not in targets} == set()

    def test_lead_only_to_files_that_exist(self):
        """Every relative link of a page leads to a file."""
        dead = [
            f"{page.relative_to(ROOT)}: {target}"
            for page in PAGES
            for target in re.findall(r"\]\((?!\w+:|#)([^)#\s]+)", page.read_text(encoding="utf-8"))
            if not (page.parent / target).exists()
        ]
        assert dead == []

    def test_name_no_folder_of_a_machine(self):
        """No file of the repository names somebody's home or work folder."""
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


def tree_of(page):
    """Return the fenced block that shows the tree of `shared/image_release/`."""
    blocks = re.findall(r"^```.*?\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    return next((block for block in blocks if "shared/image_release/" in block), "")


def drawn_paths(page):
    """Yield the paths in the tree of a page. An indented name is in the folder above it."""
    folder = ""
    for line in tree_of(page).splitlines():
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
    """Yield every command below a group with its full name, including groups that load lazily."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        yield (*path, name), command
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))


@pytest.fixture(scope="module")
def called():
    """Every command by its full name."""
    return dict(commands(importlib.import_module("image_release.cli").main))


@pytest.mark.skipif(not (PACKAGE / "cli" / "__init__.py").is_file(), reason="there is no command line yet")
class TestCommands:
    def test_are_there(self, called):
        """The command line has commands; otherwise the tests below would prove nothing."""
        assert ("image-release", "run") in called

    def test_explain_themselves(self, called):
        """Each command has a help text with an example, and each of its options has a help text."""
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
        """The README or a page in docs names each command in full."""
        pages = " ".join(page.read_text(encoding="utf-8") for page in PAGES)
        assert [" ".join(path) for path in called if " ".join(path) not in pages] == []


class TestTests:
    def test_cannot_reach_the_network(self):
        """A test that tries to reach another machine fails."""
        with pytest.raises(NetworkForbiddenError):
            socket.create_connection(("192.0.2.1", 9), timeout=1)
        with pytest.raises(NetworkForbiddenError):
            socket.getaddrinfo("example.com", 80)

    def test_have_names_that_say_what_they_test(self):
        """The name of a test has more than one word after `test_`."""
        short = [
            f"{path.relative_to(ROOT)}: {node.name}"
            for path in (ROOT / "tests").rglob("test_*.py")
            for node in ast.walk(ast.parse(path.read_bytes()))
            if isinstance(node, ast.FunctionDef) and re.fullmatch(r"test_[a-z0-9]+", node.name)
        ]
        assert short == []
