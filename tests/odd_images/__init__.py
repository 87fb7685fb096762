"""More than a hundred odd images, made by code, each with its right outcome.

`every.CASES` holds those of all formats. Most are the same picture in a wrong or rare file. What a browser shows of
them is compared with Chromium in `tests/integration/test_as_chromium_shows.py`.
"""
