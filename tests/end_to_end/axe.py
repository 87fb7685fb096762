"""Checks a page that Chromium shows: axe-core's findings, its headings, and its width on a phone.

`make setup` installs axe-core (tests/axe.txt). Call `serious_findings(driver)` on a loaded page and expect [].
"""

import importlib.util
from functools import cache
from pathlib import Path

SERIOUS = ("serious", "critical")
WIDE, PHONE, SMALL_PHONE = 1280, 390, 360
HEIGHT = 900
CONTRAST = ["color-contrast", "link-in-text-block"]
"""The rules that a colour scheme can change."""
RUN = """
const [rules, done] = arguments;
const options = rules ? {runOnly: rules, resultTypes: ["violations"]} : {resultTypes: ["violations"]};
axe.run(document, options).then(
  ({violations}) => done(violations.map(({id, impact, help, nodes}) => ({
    id, impact, help,
    nodes: nodes.map(({target, any}) => `${target.join(" ")} ${any.map(check => check.message).join("; ")}`),
  }))),
  (error) => done([{id: "axe", impact: "critical", help: String(error), nodes: []}]),
);
"""
HEADINGS = "return [...document.querySelectorAll('h1')].filter(heading => heading.checkVisibility()).length"
OVERFLOW = "return document.documentElement.scrollWidth - document.documentElement.clientWidth"
WIDEST = """
return [...document.body.querySelectorAll("*")].filter(part => part.getBoundingClientRect().right > innerWidth + 1)
  .slice(0, 3).map(part => part.tagName.toLowerCase() + (part.id && "#" + part.id) + "." + part.classList).join(", ")
"""


@cache
def axe_source() -> str:
    """The program of axe-core."""
    spec = importlib.util.find_spec("axe_playwright_python")
    assert spec is not None, "axe-core is not installed: run `make setup`"
    return Path(str(spec.origin)).with_name("axe.min.js").read_text(encoding="utf-8")


def serious_findings(driver) -> list[str]:
    """What is wrong with the page that `driver` shows, a sentence each; empty if nothing serious is.

    It is looked at in the light and the dark scheme, 1,280 and 390 pixels wide: serious and critical findings of
    axe-core, not exactly one visible `h1`, and scrolling sideways, which is looked for at 360 pixels, too.
    """
    driver.execute_script(axe_source())
    found = []
    try:
        for width in (WIDE, PHONE):
            show_as(driver, width, "light")
            found += [*_headings(driver, width), *_overflow(driver, width), *_violations(driver, f"{width} px, light")]
            show_as(driver, width, "dark")
            found += _violations(driver, f"{width} px, dark", CONTRAST)
        show_as(driver, SMALL_PHONE, "light")
        found += _overflow(driver, SMALL_PHONE)
    finally:
        driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
        driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
    return found


def show_as(driver, width: int, scheme: str) -> None:
    """Show the page `width` pixels wide, in the scheme `light` or `dark`, without motion."""
    size = {"width": width, "height": HEIGHT, "deviceScaleFactor": 1, "mobile": False}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    features = [
        {"name": "prefers-color-scheme", "value": scheme},
        {"name": "prefers-reduced-motion", "value": "reduce"},
    ]
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})


def _violations(driver, shown: str, rules: list[str] | None = None) -> list[str]:
    driver.set_script_timeout(60)
    return [
        f"{shown}: {item['id']} ({item['impact']}): {item['help']}: {'; '.join(item['nodes'][:3])}"
        for item in driver.execute_async_script(RUN, rules)
        if item["impact"] in SERIOUS
    ]


def _headings(driver, width: int) -> list[str]:
    count = driver.execute_script(HEADINGS)
    return [] if count == 1 else [f"{width} px: {count} visible h1, not one"]


def _overflow(driver, width: int) -> list[str]:
    extra = driver.execute_script(OVERFLOW)
    return [] if extra <= 0 else [f"{width} px: {extra} px too wide: {driver.execute_script(WIDEST)}"]
