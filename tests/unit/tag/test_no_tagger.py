"""Without a tagger no image gets labels, and asking again does not help."""

from image_release.tag import NoTagger, NotTagged, TagRequest


def test_answers_for_every_image_that_there_are_no_labels_and_needs_no_jpeg() -> None:
    """One answer per SHA-256; asking again does not help."""

    def never() -> bytes:
        raise AssertionError("no JPEG is needed")

    answers = NoTagger().tag(
        [TagRequest(sha256, "https://partner.example/", never, never) for sha256 in ("a" * 64, "b" * 64)]
    )
    assert set(answers) == {"a" * 64, "b" * 64}
    assert set(answers.values()) == {NotTagged("no tagger was asked", retry=False)}
    assert NoTagger().identity == "none"
