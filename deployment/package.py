"""Packages the suite and checks the result: `make package`.

    python -m deployment.package [--only layers|zips]

Builds the functions, and the layers if the pinned versions changed. Then osls writes the templates of the stages to
`build/package/<stage>/`, and cfn-lint checks them. When the layers exist, only 127.0.0.1 is needed: osls asks a local
AWS for the account's number. The exit status is 0, also when a tool is missing and nothing was done (a message says
so), and 1 when something is wrong.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from deployment.local_aws import REGION, LocalAws, local_aws
from deployment.tools import ROOT, ToolMissingError, Tools, tools
from layers import recipe

KEY = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
EMAIL = "operations@example.com"
STAGES = {
    "dev": {},
    "production": {"tagger": "google+local", "alarmEmail": EMAIL},
    "options": {"tagger": "google", "alarmEmail": EMAIL, "kmsKey": KEY, "cdn": "true"},
}
"""Stages that are packaged, and the parameters that are said; `options` has everything that can be switched on."""
TEMPLATES = ROOT / "build" / "package"
TEMPLATE_NAMES = ("cloudformation-template-create-stack.json", "cloudformation-template-update-stack.json")


def build(found: Tools, *, functions: bool = True) -> None:
    """Build the zips that the template names. Raises CalledProcessError when a build fails."""
    command = [str(found.python), "-m", "layers.build"]
    made = [ROOT / "build" / "layers" / f"{layer}.zip" for layer in recipe.LAYERS]
    network = ROOT / "shared" / "image_release" / "tag" / "local"
    sources = [ROOT / "requirements.txt", *(ROOT / "layers").glob("*.py"), *network.glob("*.py")]
    if not all(one.exists() for one in made) or _oldest(made) < max(one.stat().st_mtime for one in sources):
        subprocess.run([*command, "layers"], cwd=ROOT, check=True)
    if functions:
        subprocess.run([*command, "functions"], cwd=ROOT, check=True)


def _oldest(paths: list[Path]) -> float:
    return min(path.stat().st_mtime for path in paths)


def package(aws: LocalAws, stage: str, parameters: dict[str, str]) -> Path:
    """Make the templates of a stage, and return their folder. Raises RuntimeError when osls fails."""
    folder = TEMPLATES / stage
    said = [word for name, value in parameters.items() for word in ("--param", f"{name}={value}")]
    aws.osls("package", "--stage", stage, "--package", str(folder), *said)
    return folder


def lint(found: Tools, folders: list[Path]) -> bool:
    """Return whether cfn-lint finds no problem in the templates."""
    templates = [str(folder / name) for folder in folders for name in TEMPLATE_NAMES]
    return subprocess.run([str(found.cfn_lint), "--regions", REGION, "--", *templates], check=False).returncode == 0


def main() -> int:
    """Build, package and check; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=["layers", "zips"], help="build only these and package nothing")
    only = parser.parse_args().only
    try:
        found = tools()
    except ToolMissingError as missing:
        print(f"skipped, nothing was packaged: {missing}")
        return 0
    build(found, functions=only != "layers")
    if only:
        return 0
    with tempfile.TemporaryDirectory() as folder, local_aws(found, Path(folder)) as aws:
        folders = [package(aws, stage, parameters) for stage, parameters in STAGES.items()]
    if not lint(found, folders):
        return 1
    print(f"cfn-lint found no problem in {', '.join(str(folder.relative_to(ROOT)) for folder in folders)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
