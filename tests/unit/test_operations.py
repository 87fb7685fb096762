"""The page for people on duty is complete, and finds what is on it."""

import re

import yaml

from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "operations.md").read_text("utf-8")
SECTIONS = ["Deploy", "Settings", "Hand in work", "Watch", "Dead letters", "Roll back", "Costs"]


def rows(header):
    """The first cells of the table that begins with this header."""
    table = PAGE[PAGE.index(header) :].partition("\n\n")[0].splitlines()[2:]
    return [row.split("|")[1] for row in table]


def test_its_sections_come_in_the_order_in_which_they_are_needed():
    """The line at the top leads to each of them."""
    assert re.findall(r"^## (.+)", PAGE, re.MULTILINE) == SECTIONS
    top = PAGE.partition("\n\n")[2].partition("\n\n")[0]
    assert re.findall(r"\[(.+?)\]\(#(.+?)\)", top) == [(name, name.lower().replace(" ", "-")) for name in SECTIONS]


def test_every_parameter_of_a_stage_is_explained():
    """Whoever deploys need not read serverless.yml, and finds no parameter that is gone."""
    text = (ROOT / "serverless.yml").read_text("utf-8").partition("params:")[2].partition("\nprovider:")[0]
    told = [name for cell in rows("| parameter | what it does |") for name in re.findall(r"`(\w+)`", cell)]
    assert sorted(told) == sorted(yaml.safe_load(f"params:{text}")["params"]["default"])


def test_no_sentence_comes_twice():
    """What is said twice is changed once."""
    text = re.sub(r"```.*?```", "", PAGE, flags=re.DOTALL)
    sentences = [one.strip() for one in re.split(r"(?<=[.:])\s+|\n\n|\|", text.replace("\n", " ")) if len(one) > 40]
    assert [one for one in sentences if sentences.count(one) > 1] == []


def test_links_within_the_documents_lead_to_a_heading():
    """`operations.md#dead-letters` is found wherever it is written."""
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    dead = []
    for page in pages:
        for target, anchor in re.findall(r"\]\(([^)#\s:]*)#([^)]+)\)", page.read_text("utf-8")):
            text = (page.parent / target).read_text("utf-8") if target else page.read_text("utf-8")
            headings = [re.sub(r"[^\w\- ]", "", found.lower()) for found in re.findall(r"^#+ (.+)", text, re.MULTILINE)]
            if anchor not in [heading.replace(" ", "-") for heading in headings]:
                dead.append(f"{page.relative_to(ROOT)}: {target}#{anchor}")
    assert dead == []
