"""Chromium with its own driver, for the tests of pages."""

import contextlib
import shutil
import tempfile
from pathlib import Path

import pytest

CHROMIUM, DRIVER = "/usr/bin/chromium", "/usr/bin/chromedriver"
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1280,900",
)

PATIENCE_S = 60
"""Maximum number of seconds that a page may take, on a busy machine."""
STARTS = 3
"""How often a browser is started until it runs: its driver's port may be taken, and a busy machine may be too slow."""


@contextlib.contextmanager
def chromium():
    """Chromium of this machine with a profile of its own; it keeps a log. Without it the test is skipped."""
    if not Path(CHROMIUM).exists() or not Path(DRIVER).exists():
        pytest.skip(f"no browser: pages are tested where {CHROMIUM} and {DRIVER} are installed")
    from selenium import webdriver

    profile = tempfile.mkdtemp()
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for flag in (*FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = _started(options)
    try:
        yield driver
    finally:
        driver.quit()
        shutil.rmtree(profile, ignore_errors=True)


def _started(options):
    from selenium import webdriver
    from selenium.common.exceptions import WebDriverException

    for _ in range(STARTS - 1):
        with contextlib.suppress(WebDriverException):
            return webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
    return webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))


def wait_for(browser, condition):
    """Wait until a condition of JavaScript holds. A page that is just being loaded has no body yet."""
    from selenium.common.exceptions import JavascriptException
    from selenium.webdriver.support.wait import WebDriverWait

    patient = WebDriverWait(browser, PATIENCE_S, 0.05, ignored_exceptions=(JavascriptException,))
    patient.until(lambda _: browser.execute_script(f"return {condition}"), f"never: {condition}")


class ShownPage:
    """A page in a `browser`: asked by scripts, and waited for."""

    def js(self, script, *arguments):
        return self.browser.execute_script(f"return {script}", *arguments)

    def wait(self, condition):
        """Wait until a condition of JavaScript holds."""
        wait_for(self.browser, condition)

    def find(self, selector):
        return self.browser.find_element("css selector", selector)
