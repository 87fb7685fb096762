"""The pages of the reports in Chromium: accessible in both schemes, and on a phone."""

from image_release.desk.index import catch_up, open_index
from image_release.desk.reports import (
    hotel_page,
    hotel_report,
    hotels_html,
    partner_page,
    partner_report,
    partners_html,
)
from image_release.outcomes import Outcome
from image_release.settings import Settings
from tests.end_to_end.axe import serious_findings
from tests.end_to_end.chromium import chromium
from tests.unit.desk.made_manifests import manifest, picture, rejected, stores_with

LONG = "a-partner-with-a-very-long-name-and-no-space-in-it"


def test_have_no_serious_finding(tmp_path):
    """All outcomes, a partner with a long name, hotels with and without good pictures."""
    shown = [picture(f"p{number}", LONG, copies=[("bedbank", 5.0, None)]) for number in range(3)]
    refused = [rejected(outcome, "bedbank", str(outcome)) for outcome in list(Outcome)[2:]]
    stores = stores_with(
        manifest("h1", shown, refused=refused, name="N" * 80), manifest("h2"), manifest("h3", shown * 3)
    )
    index = open_index(tmp_path / "index.sqlite")
    catch_up(index, stores, Settings())
    pages = {
        "partners": partners_html(partner_page(partner_report(index))),
        "hotels": hotels_html(hotel_page(index, hotel_report(index))),
    }
    with chromium() as browser:
        for name, html in pages.items():
            page = tmp_path / f"{name}.html"
            page.write_text(html, encoding="utf-8")
            browser.get(page.as_uri())
            assert serious_findings(browser) == [], name
