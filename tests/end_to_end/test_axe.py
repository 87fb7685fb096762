"""The check of pages finds what is wrong, so that its silence means something."""

from urllib.parse import quote

import pytest

from tests.end_to_end.axe import serious_findings
from tests.end_to_end.chromium import chromium

GOOD = (
    '<!doctype html><html lang="en"><meta name="viewport" content="width=device-width"><title>t</title><main>{}</main>'
)


@pytest.fixture(scope="module")
def browser():
    with chromium() as driver:
        yield driver


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("<h1>Fine</h1><p>Text</p>", ()),
        ("<p>Text</p>", ("h1",) * 2),
        ("<h1>One</h1><h1>Two</h1>", ("h1",) * 2),
        ("<h1>Fine</h1><p style='color:#999'>Faint</p>", ("color-contrast",) * 4),
        (
            "<style>@media(prefers-color-scheme:dark){p{color:#999}}</style><h1>Fine</h1><p>Faint in the dark</p>",
            ("dark: color-contrast",) * 2,
        ),
        ("<h1>Fine</h1><input>", ("label (critical)",) * 2),
        ("<h1>Fine</h1><div style='width:380px;height:9px'></div>", ("360 px: ",)),
        ("<h1>Fine</h1><div style='width:500px;height:9px'></div>", ("390 px: ", "360 px: ")),
    ],
)
def test_each_kind_of_fault_is_found_and_nothing_else(browser, body, found):
    """Each finding names its fault."""
    browser.get("data:text/html," + quote(GOOD.format(body)))
    said = serious_findings(browser)
    assert len(said) == len(found), said
    assert all(words in line for words, line in zip(found, said, strict=True)), said
