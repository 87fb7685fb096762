"""The static pages as people see them in Chromium: nothing serious for axe-core, and the filter of the gallery."""

import pytest
from click.testing import CliRunner
from selenium.webdriver.common.keys import Keys

from image_release.cli.corpus import corpus
from image_release.gallery import index_page, write_index
from image_release.gallery.pages import IndexEntry
from image_release.storage import Stores
from tests.end_to_end.axe import serious_findings
from tests.end_to_end.chromium import chromium
from tests.integration.labelled_corpus import small_corpus
from tests.integration.test_ranking_compare import SIZE_ALONE, STORES, Published

WRONG = """image,hotel_id,label,attacks,best
h1/atlas/a.jpg,h1,h1/a,,
h1/dolce/b.jpg,h1,h1/a,logo,
h1/dolce/c.jpg,h1,h1/a,,
h2/atlas/d.jpg,h2,h2/d,,
"""
"""Labels that say that three images show one photograph; two of them do."""
NAMES = {
    "h1": ("Łódź Straße", "Łódź, PL", ()),
    "h2": ("Casa Brisa", "Cadaqués, ES", ("no pictures",)),
    "h3": ("びわこ", "", ()),
}


@pytest.fixture(scope="module")
def browser():
    with chromium() as driver:
        yield driver


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """All static pages that the program makes, of small hotels and a small corpus with mistakes."""
    folder = tmp_path_factory.mktemp("pages")
    published = Published(folder).publish()
    write_index(Stores(*map(published.store, STORES)))
    published.page(SIZE_ALONE)
    images = small_corpus(folder / "corpus")
    (images / "labels.csv").write_text(WRONG, encoding="utf-8")
    for words in (["sweep", "--methods", "phash,ours"], ["evaluate"]):
        done = CliRunner().invoke(corpus, [words[0], str(images), "--report", str(folder / "grouping"), *words[1:]])
        assert done.exit_code in (0, 1), done.output
    return folder


@pytest.mark.parametrize(
    "page",
    [
        "workspace/published/index.html",
        "workspace/published/hotels/h1/index.html",
        "report/index.html",
        "grouping/index.html",
        "grouping/sweep.html",
        "grouping/pairs/*.html",
    ],
)
def test_nothing_serious_is_found(browser, folder, page):
    """Wide and on a phone, light and dark: gallery, orders compared, grouping, methods, two images."""
    browser.get(min(folder.glob(page)).as_uri())
    assert serious_findings(browser) == []


@pytest.fixture(scope="module")
def index(browser, tmp_path_factory):
    """The index of three hotels, one of which needs a look."""
    entries = [
        IndexEntry(number, name, "a", None, 1, 0, 0, withdrawn=False, place=place, look=look)
        for number, (name, place, look) in NAMES.items()
    ]
    file = tmp_path_factory.mktemp("index") / "index.html"
    file.write_bytes(index_page(entries, len(entries)))
    browser.get(file.as_uri())


@pytest.mark.usefixtures("index")
class TestTheFilter:
    def shown(self, browser, words):
        """Ids of the hotels that are seen after these words were typed."""
        box = browser.find_element("id", "filter")
        box.send_keys(Keys.CONTROL + "a")
        box.send_keys(Keys.DELETE, words)
        return browser.execute_script(
            "return [...document.querySelectorAll('.hotel')].filter(card => card.checkVisibility())"
            ".map(card => card.querySelector('.soft').textContent.split(' ')[0]).join(' ')"
        )

    @pytest.mark.parametrize(
        ("words", "found"),
        [
            ("", "h1 h2 h3"),
            ("brisa casa", "h2"),
            ("CADAQUES casa", "h2"),
            ("lodz", "h1"),
            ("STRASSE łódź", "h1"),
            ("pl", "h1"),
            ("casa lodz", ""),
            ("びわ", "h3"),
            ("ひわ", ""),
        ],
    )
    def test_finds_words_in_any_order_without_accents_and_case(self, browser, words, found):
        """As the search of commands does: a mark that makes another letter stays. A word says that nothing fits."""
        assert self.shown(browser, words) == found
        said = browser.find_element("id", "nothing").text
        assert said == ("" if found else "No hotel here fits. Try fewer words, or parts of words.")

    def test_leaves_those_that_need_a_look(self, browser):
        """Words and the box count together."""
        browser.find_element("id", "look").click()
        assert self.shown(browser, "") == "h2"
        assert self.shown(browser, "lodz") == ""
        browser.find_element("id", "look").click()
        assert self.shown(browser, "lodz") == "h1"
