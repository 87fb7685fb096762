"""Without a tagger every image is unknown, for good."""

from image_release.tag import NoTagger, NotTagged, TagRequest


def test_answers_unknown_for_every_image_and_needs_no_jpeg() -> None:
    """One answer per content; asking again would not help."""

    def never() -> bytes:
        raise AssertionError("no JPEG is needed")

    answers = NoTagger().tag([TagRequest(sha256, "https://partner.example/", never) for sha256 in ("a" * 64, "b" * 64)])
    assert set(answers) == {"a" * 64, "b" * 64}
    assert {(a.kind, a.retry) for a in answers.values() if isinstance(a, NotTagged)} == {("unknown", False)}
    assert NoTagger().identity == "none"
