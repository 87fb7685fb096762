"""What a cold start costs: CPU of the import alone, and of the import with the first event, in a fresh process.

From the sources, with the packages of this environment; `benchmarks.starts` does it with the zips as they are deployed.
The best of a few tries, because the machine may be busy. docs/performance.md has the table.
"""

import json
import os
import subprocess
import sys

import pytest

from benchmarks.starts import FIRST_EVENTS, budget
from tests.conftest import ROOT
from tests.integration.deployed import EVENTS, Deployed
from tests.integration.test_functions import SETTINGS, Site, hand_in, jpeg, photo

TRIES = 4
NEVER_AT_IMPORT = {"boto3", "obstore", "google", "grpc", "scipy", "imagehash", "click", "rich"}
ONLY_FOR_HOTELS = {"numpy", "PIL", "urllib3", "jinja2"}

PROGRAM = """
import json, sys, time
sys.path.insert(0, sys.argv[3])
started = time.process_time()
import importlib
module = importlib.import_module(f"functions.{sys.argv[1]}.handler")
imported = time.process_time()
loaded = sorted({name.partition(".")[0] for name in sys.modules})
event = json.load(open(sys.argv[2]))
class Context:
    function_name = memory_limit_in_mb = invoked_function_arn = aws_request_id = "x"
    def get_remaining_time_in_millis(self): return 300_000
module.handle(event, Context())
ended = time.process_time()
print(json.dumps([1000 * (imported - started), 1000 * (ended - started), loaded]))
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
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, function, EVENTS / f"{FIRST_EVENTS[function]}.json", ROOT],
        env={**os.environ, **deployed.environment(), "OPENBLAS_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("function", FIRST_EVENTS)
def test_a_cold_start_is_within_its_budget(unchanged, function):
    """Import, and import with the first event; nothing is loaded that this function does not need."""
    tries = [start(function, unchanged) for _ in range(TRIES)]
    imported, first = min(item[0] for item in tries), min(item[1] for item in tries)
    forbidden = NEVER_AT_IMPORT | (set() if function == "process_hotel" else ONLY_FOR_HOTELS)
    assert forbidden & set(tries[0][2]) == set()
    most_import, most_first = budget(function)
    assert imported <= most_import
    assert first <= most_first
