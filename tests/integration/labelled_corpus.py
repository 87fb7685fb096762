"""Small corpora for the labelling page: real JPEGs, copies of a photo, and a file that is not an image."""

from tests.integration.world import jpeg, photo

BROKEN = "<img src=x onerror=alert(1)>.jpg"
"""A hostile name of a file, which cannot be decoded either."""


def write(corpus, name, data):
    """Write one image of the corpus."""
    path = corpus / "images" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def small_corpus(corpus):
    """Hotel h1: two copies of one photo, one of another, and a broken file; hotel h2: one photo."""
    write(corpus, "h1/atlas/a.jpg", jpeg(photo(1, (480, 320))))
    write(corpus, "h1/dolce/b.jpg", jpeg(photo(1, (480, 320)).resize((360, 240)), 70))
    write(corpus, "h1/dolce/c.jpg", jpeg(photo(2, (480, 320))))
    write(corpus, f"h1/dolce/{BROKEN}", b"\xff\xd8\xff\xe0 no picture")
    write(corpus, "h2/atlas/d.jpg", jpeg(photo(3, (480, 320))))
    return corpus
