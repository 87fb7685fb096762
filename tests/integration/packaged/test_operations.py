"""Every alarm that can go off is explained on the page for people on duty, and no other one."""

import re

import pytest

from tests.conftest import ROOT

pytestmark = pytest.mark.packaged

ENDS_ONLY = re.compile(r"`…(-[a-z-]+)`")
WHOLE = re.compile(r"`([a-z_-]+)`")


def test_every_alarm_stands_in_the_table(of_type):
    """By its name without the stage; those of many queues or functions by the end of it."""
    page = (ROOT / "docs" / "operations.md").read_text("utf-8")
    table = page[page.index("| alarm | means |") :].partition("\n\n")[0]
    told = [row.split("|")[1] for row in table.splitlines()[2:]]
    ends = tuple(end for cell in told for end in ENDS_ONLY.findall(cell))
    names = {name for cell in told for name in WHOLE.findall(cell)}
    alarms = {**of_type("CloudWatch::Alarm"), **of_type("CloudWatch::CompositeAlarm")}
    made = {re.sub(r"^image-release-[a-z]+-", "-", alarm["AlarmName"]) for alarm in alarms.values()}
    assert {name for name in made if name[1:] not in names and not name.endswith(ends)} == set()
    assert names - {name[1:] for name in made} <= {"vision-spending"}
    assert [end for end in ends if not any(name.endswith(end) for name in made)] == []
