"""Which decisions hold for a part of a picture that fell apart, and which pairs stay apart. Rules on values."""

from hypothesis import given
from hypothesis import strategies as st

from image_release.dedup import group_same
from image_release.hotel.splits import DecidedBefore, before_split, inherited, with_parts
from image_release.outcomes import Outcome
from image_release.settings import GroupingSettings, Settings
from image_release.values import Label, Override
from tests.unit.dedup.images import photo, seen
from tests.unit.desk.made_manifests import manifest, rejected, sha

PART = frozenset(("a", "a2"))
ONCE = DecidedBefore({"a": frozenset("b")})
"""`a` was once a copy of `b`, which people named."""
LABELS = (Label("Pool", 1.0),)


def holds(*decisions: Override) -> bool:
    return inherited(decisions, PART, ONCE, {}) == {"b"}


def test_a_decision_holds_until_the_same_is_decided_about_the_part() -> None:
    hide, show, pin = Override("hide", ("b",)), Override("show", ("a",)), Override("pin", ("a2",), 1)
    assert holds(hide)
    assert holds(hide, pin)
    assert not holds(hide, show)
    assert not holds(hide, pin, Override("hide", ("a2",)))
    assert holds(show, hide), "an older decision about the part does not count"


def test_it_ends_when_a_person_says_whether_they_are_one_photograph() -> None:
    hide = Override("hide", ("b",))
    assert not holds(hide, Override("different", ("a", "b")))
    assert not holds(Override("same", ("b", "a2")), hide)
    assert holds(hide, Override("different", ("b", "x")))


def test_decisions_about_files_and_pairs_are_not_handed_on() -> None:
    for action in ("best", "rescue", "same"):
        assert not holds(Override(action, ("b", "y") if action == "same" else ("b",)))  # type: ignore[arg-type]


def test_an_image_of_the_part_itself_is_never_named() -> None:
    before = DecidedBefore({"a": frozenset(("a2", "b"))})
    assert inherited([Override("hide", ("a2", "b"))], PART, before, {}) == frozenset()


def test_words_are_asked_only_where_nothing_else_hides_the_picture() -> None:
    """Manifests of older programs: many hidden pictures may have the same reason."""
    before = DecidedBefore(hidden_like={"a": frozenset(("b", "c"))})
    hidden = [Override("hide", ("b",)), Override("hide", ("c",))]
    assert inherited(hidden, PART, before, {}) == {"b", "c"}
    assert inherited([*hidden, Override("hide", ("a2",))], PART, before, {}) == frozenset()
    assert inherited([Override("hide", ("a2",)), *hidden], PART, before, {}) == frozenset()


def test_an_older_manifest_tells_by_its_words_why_an_image_was_hidden() -> None:
    """Only for hidden images of which it does not say to which picture they belong."""
    words = "hidden by a person (ana): dark"
    refused = [
        rejected(outcome, name=name).model_copy(update={"reason": reason, **known})
        for name, outcome, reason, known in (
            ("hidden", Outcome.HIDDEN, words, {"sha256": sha("a")}),
            ("hidden in a known picture", Outcome.HIDDEN, words, {"sha256": sha("b"), "picture": sha("b")}),
            ("hidden by others", Outcome.HIDDEN, "hidden by a person (ben)", {"sha256": sha("c")}),
            ("something else", Outcome.OVER_LIMIT, words, {"sha256": sha("d")}),
            ("never seen", Outcome.HIDDEN, words, {}),
        )
    ]
    hide = Override("hide", (sha("x"),), by="ana", why="dark")
    before = before_split(manifest("h", refused=refused), [hide], Settings())
    assert before.hidden_like == {sha("a"): frozenset((sha("x"),))}


def test_parts_stay_apart_from_what_the_picture_was_kept_apart_from() -> None:
    """`x` is a copy of `a`. A person said that it differs from `b`, of which `a` was a copy then."""
    image = photo(5)
    images = {"a": seen(image), "x": seen(image.resize((360, 240))), "b": seen(photo(6))}
    said = [Override("different", ("b", "x"))]
    assert len(group_same(images, said, GroupingSettings())) == 2
    assert len(group_same(images, with_parts(said, ONCE), GroupingSettings())) == 3


def test_it_is_no_longer_so_when_a_person_tells_the_parts_apart() -> None:
    said = [Override("different", ("b", "x")), Override("different", ("a", "b"))]
    assert with_parts(said, ONCE) == said


@given(
    st.lists(st.builds(Override, st.sampled_from(["same", "different"]), st.tuples(*[st.sampled_from("abcxyz")] * 2)))
)
def test_without_a_split_decisions_stay_as_they_are(decisions: list[Override]) -> None:
    assert with_parts(decisions, DecidedBefore()) == decisions


@given(
    st.lists(st.builds(Override, st.just("different"), st.tuples(st.sampled_from("abc"), st.sampled_from("xyz")))),
    st.dictionaries(st.sampled_from("pq"), st.frozensets(st.sampled_from("abcxyz"))),
)
def test_what_is_added_says_different_of_two_and_decisions_keep_their_order(decisions, once_with) -> None:
    told = with_parts(decisions, DecidedBefore(once_with))
    assert [item for item in told if item in decisions] == decisions
    assert all(item.action == "different" and len(set(item.images)) == 2 for item in told if item not in decisions)
