"""What a cold start of each function loads: few modules, and none of another function's packages.

From the sources, with the packages of this environment. How long it takes is not asserted here, because that depends on
the machine: `python -m benchmarks.starts` measures it with the zips as they are deployed (docs/performance.md).
"""

import json
import os
import subprocess
import sys

import pytest

from benchmarks.starts import FIRST_EVENTS
from tests.conftest import ROOT
from tests.integration.deployed import EVENTS, Deployed
from tests.integration.test_functions import SETTINGS, Site, hand_in, jpeg, photo

NEVER_AT_IMPORT = {"boto3", "obstore", "google", "grpc", "scipy", "imagehash", "click", "rich"}
ONLY_FOR_HOTELS = {"numpy", "PIL", "urllib3", "jinja2"}
FOR_HOTELS = {"process_hotel", "compare_hotels"}
MOST_MODULES = {"process_hotel": (755, 770), "compare_hotels": (780, 790), "tick": (400, 640), "others": (475, 715)}
"""Maximum number of modules loaded by the import, and by import and first event: a little more than today."""

PROGRAM = """
import importlib, json, sys
sys.path.insert(0, sys.argv[3])
before = set(sys.modules)
module = importlib.import_module(f"functions.{sys.argv[1]}.handler")
imported = sorted(set(sys.modules) - before)
event = json.load(open(sys.argv[2]))
class Context:
    function_name = memory_limit_in_mb = invoked_function_arn = aws_request_id = "x"
    def get_remaining_time_in_millis(self): return 300_000
module.handle(event, Context())
print(json.dumps([imported, sorted(set(sys.modules) - before)]))
"""


@pytest.fixture(scope="module")
def unchanged(ministack):
    """A deployment on which everything is as it should be: the first event of every function finds nothing to do."""
    deployed = Deployed(ministack, SETTINGS)
    site = Site()
    for number in range(4):
        site.files[f"/{number}.jpg"] = jpeg(photo(number))
    hand_in(deployed, site)
    with pytest.MonkeyPatch.context() as patch:
        from tests.integration.deployed import composition_for, sample

        composition_for(deployed, patch)
        deployed.handle("detect_changes", sample("catalogue_upload"))
        deployed.handle("fan_out", sample("release_upload"))
        deployed.handle("process_hotel", sample("one_hotel"))
    yield deployed
    site.close()


def start(function, deployed):
    """Start a function in a fresh process; the names of modules loaded by its import, and after its first event."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, function, EVENTS / f"{FIRST_EVENTS[function]}.json", ROOT],
        env={**os.environ, **deployed.environment(), "OPENBLAS_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("function", FIRST_EVENTS)
def test_a_cold_start_loads_only_what_the_function_needs(unchanged, function):
    """No forbidden package at import; the number of modules is bounded, at import and after the first event."""
    imported, loaded = start(function, unchanged)
    forbidden = NEVER_AT_IMPORT | (set() if function in FOR_HOTELS else ONLY_FOR_HOTELS)
    assert forbidden & {name.partition(".")[0] for name in imported} == set()
    most_imported, most_loaded = MOST_MODULES.get(function, MOST_MODULES["others"])
    assert len(imported) <= most_imported
    assert len(loaded) <= most_loaded
