"""Finds or installs what packaging and the local AWS need: Node with osls, and Python 3.13 as in Lambda.

When the machine has no Node or no Python 3.13, ToolMissingError says so in one sentence, and the caller skips its work.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from layers import recipe

ROOT = Path(__file__).resolve().parents[1]
ENVIRONMENT = ROOT / ".venv-aws"
"""Environment of ministack and cfn-lint. It is separate because ministack pins an older botocore."""
OLDEST_NODE = (20, 19)


class ToolMissingError(Exception):
    """A tool is missing and cannot be installed from here. The message names it."""


@dataclass(frozen=True)
class Tools:
    """Paths of the tools."""

    python: Path
    osls: Path
    cfn_lint: Path

    @property
    def path(self) -> str:
        """PATH for osls: `invoke local` needs `python3.13`, and osls itself needs `node`."""
        return os.pathsep.join([str(self.osls.parent), str(self.python.parent), os.environ["PATH"]])


def osls(*words: str, variables: Mapping[str, str] | None = None) -> str:
    """Run osls and return its output. Raises RuntimeError, with the output, when it fails."""
    found = tools()
    environment = {**os.environ, "PATH": found.path, **(variables or {}), "IMAGE_RELEASE_PYTHON": sys.executable}
    ended = subprocess.run(
        [str(found.osls), *words],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if ended.returncode:
        raise RuntimeError(f"osls {' '.join(words)} ended with {ended.returncode}:\n{ended.stdout}")
    return ended.stdout


def tools() -> Tools:
    """Find or install the tools and return their paths. Raises ToolMissingError when one is missing."""
    _need_node()
    python = _python()
    if _older(ROOT / "node_modules" / ".package-lock.json", ROOT / "package-lock.json"):
        subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"], cwd=ROOT, check=True)
    if _older(ENVIRONMENT / ".ready", ROOT / "deployment" / "requirements.txt"):
        subprocess.run([python, "-m", "venv", "--clear", str(ENVIRONMENT)], check=True)
        pins = str(ROOT / "deployment" / "requirements.txt")
        install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement", pins]
        subprocess.run([str(ENVIRONMENT / "bin" / "python"), *install], check=True)
        (ENVIRONMENT / ".ready").touch()
    scripts = ENVIRONMENT / "bin"
    return Tools(scripts / "python", ROOT / "node_modules" / ".bin" / "osls", scripts / "cfn-lint")


def _need_node() -> None:
    if not (shutil.which("npm") and shutil.which("node")):
        raise ToolMissingError("Node.js with npm is missing: osls needs both")
    told = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout
    version = tuple(int(part) for part in told.strip().removeprefix("v").split(".")[:2])
    if version < OLDEST_NODE:
        raise ToolMissingError(f"Node.js is {told.strip()}: osls needs {'.'.join(map(str, OLDEST_NODE))} or newer")


def _python() -> str:
    """Return a Python of Lambda's version that can make virtual environments."""
    for candidate in _candidates():
        works = [candidate, "-c", "import ensurepip, sys, venv; print(*sys.version_info[:2])"]
        try:
            told = subprocess.run(works, capture_output=True, text=True, check=False)
        except OSError:
            continue
        if told.returncode == 0 and tuple(map(int, told.stdout.split())) == recipe.PYTHON_VERSION:
            return candidate
    wanted = ".".join(map(str, recipe.PYTHON_VERSION))
    raise ToolMissingError(f"Python {wanted} is missing: byte code and the local AWS need the version that Lambda has")


def _candidates() -> Iterator[str]:
    name = "python" + ".".join(map(str, recipe.PYTHON_VERSION))
    if given := os.environ.get("LAMBDA_PYTHON"):
        yield given
    yield name
    home = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    yield from (str(path) for path in sorted(home.glob(f"versions/*/bin/{name}")))


def _older(made: Path, source: Path) -> bool:
    return not made.exists() or made.stat().st_mtime < source.stat().st_mtime
