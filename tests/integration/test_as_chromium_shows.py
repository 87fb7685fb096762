"""Every odd image that Chromium shows looks the same in Chromium and here, in colour and orientation.

One browser serves the whole module. It draws each file as an `<img>` on a white canvas, and the means of blocks of 8×8
pixels are compared: each may differ by the case's tolerance, 4 levels of 255 if it does not state another one.
"""

import base64
import shutil

import numpy as np
import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service

from image_release.decode import decode_full, read_header
from image_release.outcomes import Rejection
from image_release.settings import FilterSettings
from tests.odd_images.blocks import block_means
from tests.odd_images.every import CASES

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
TYPES = {"JPEG": "jpeg", "PNG": "png", "WEBP": "webp", "GIF": "gif", "BMP": "bmp", "AVIF": "avif"}
DRAW = """
const [encoded, type, done] = arguments;
const bytes = Uint8Array.from(atob(encoded), character => character.charCodeAt(0));
const image = new Image();
image.onerror = () => done(null);
image.onload = () => {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
  const context = canvas.getContext("2d");
  context.fillStyle = "white";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(image, 0, 0);
  const levels = context.getImageData(0, 0, canvas.width, canvas.height).data;
  let text = "";
  for (let place = 0; place < levels.length; place += 32768)
    text += String.fromCharCode(...levels.subarray(place, place + 32768));
  done([canvas.width, canvas.height, btoa(text)]);
};
image.src = URL.createObjectURL(new Blob([bytes], {type: "image/" + type}));
"""
COMPARED = [case for case in CASES if case.outcome is None and case.in_chromium and case.format in TYPES]

pytestmark = pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="Chromium and its driver are not installed")


@pytest.fixture(scope="module")
def chromium():
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--force-color-profile=srgb"):
        options.add_argument(argument)
    driver = webdriver.Chrome(options=options, service=Service(DRIVER))
    driver.set_script_timeout(30)
    yield driver
    driver.quit()


def shown_by(driver, case) -> np.ndarray | None:
    answer = driver.execute_async_script(DRAW, base64.b64encode(case.data).decode(), TYPES[case.format])
    if answer is None:
        return None
    width, height, levels = answer
    return np.frombuffer(base64.b64decode(levels), np.uint8).reshape(height, width, 4)


@pytest.mark.parametrize("case", COMPARED, ids=lambda case: case.name)
def test_it_looks_as_in_chromium(chromium, case):
    """Its sides are the same, and so is the mean of every block."""
    theirs = shown_by(chromium, case)
    assert theirs is not None, "Chromium does not show it"
    facts = read_header(case.data, "0" * 64, FilterSettings())
    assert not isinstance(facts, Rejection), facts
    ours = np.asarray(decode_full(case.data, facts))
    assert ours.shape[:2] == theirs.shape[:2]
    assert np.abs(block_means(ours) - block_means(theirs)).max() <= case.tolerance
