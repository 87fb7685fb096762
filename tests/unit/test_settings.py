"""Settings: shipped defaults, files that name what differs, and errors that say which entry is wrong."""

import re

import pytest

from image_release.kinds import shipped_kinds
from image_release.settings import Settings, shipped_labels
from image_release.settings_files import SettingsError, load_settings


@pytest.fixture
def load(tmp_path):
    """Load settings from a YAML text."""

    def loaded(text: str) -> Settings:
        path = tmp_path / "settings.yaml"
        path.write_text(text, encoding="utf-8")
        return load_settings(path)

    return loaded


class TestFile:
    def test_changes_what_it_names_and_nothing_else(self, load):
        """An empty file changes nothing."""
        assert load("") == load_settings(None) == Settings()
        found = load("filter: {min_short_side_px: 300}\npublishing: {grace_days: 1}")
        assert (found.filter.min_short_side_px, found.publishing.grace_days) == (300, 1)
        assert found.filter.min_long_side_px == Settings().filter.min_long_side_px
        assert found.download == Settings().download

    @pytest.mark.parametrize(
        ("text", "place", "rule"),
        [
            ("filter: {min_side: 1}", "filter.min_side", "not permitted"),
            ("filter: {max_pixels: 0}", "filter.max_pixels", "greater than or equal to 1"),
            ("filter: {formats: [EPS]}", "filter.formats.0", "'JPEG'"),
            ("download: {total_timeout_s: 0}", "download.total_timeout_s", "greater than 0"),
            ("download: {allowed_networks: [everything]}", "download.allowed_networks.0", "IPv4 or IPv6 network"),
            ("download: {resolve: {a.test: localhost}}", "download.resolve", "not appear to be an IPv4"),
            ('download: {user_agent: "a\\nX-Evil: 1"}', "download.user_agent", "match pattern"),
            ("prioritising: {weights: {size: 0.5}}", "prioritising.weights", "must be 1, not 1.3"),
            ("prioritising: {weights: {appeal: 0.5}}", "prioritising.weights", "must be 1, not 1.5"),
            ("prioritising: {weights: {appeal: -0.1}}", "prioritising.weights.appeal", "greater than or equal to 0"),
            ("prioritising: {weights: {size: .nan}}", "prioritising.weights.size", "less than or equal to 1"),
            ("prioritising: {never_first: [pool, bathrom]}", "prioritising.never_first.1", "'bathrom' is no kind"),
            ("prioritising: {never_first: [general]}", "prioritising.never_first.0", "'general' is no kind"),
            (
                "prioritising: {never_first: [pool, bar, pool]}",
                "prioritising.never_first.2",
                "is named twice; first in",
            ),
            ("prioritising: {never_first: pool}", "prioritising.never_first", "valid tuple"),
            ("prioritising: {partner_scores: {a: 2}}", "prioritising.partner_scores.a", "less than or equal to 1"),
            (
                "prioritising: {labels: {bad: {Toilet: -9}}}",
                "prioritising.labels.bad.Toilet",
                "greater than or equal to -5",
            ),
            ("renditions: []", "renditions", "at least one entry"),
            (
                "renditions: [{name: a, width: 1, height: 1}, {name: a, width: 2, height: 2}]",
                "renditions.1.name",
                "a name of its own; first in renditions.0.name on line 1",
            ),
            ("renditions: [{name: ../a, width: 1, height: 1}]", "renditions.0.name", "match pattern"),
        ],
    )
    def test_that_breaks_a_rule_names_file_place_value_and_rule(self, load, text, place, rule):
        """The message has all four, and no settings are returned."""
        with pytest.raises(SettingsError) as refused:
            load(text)
        assert f"settings.yaml:1: {place}: " in str(refused.value)
        assert rule in str(refused.value)

    def test_names_the_line_of_each_mistake(self, load):
        """In mappings, lists, lists of mappings, and what is merged from elsewhere."""
        text = """\
filter:
  formats:
    - JPEG
    - EPS
  max_pixels: 0
renditions:
  - &small {name: a, width: 1, height: 1}
  - <<: *small
    name: b
    height:
      none
prioritising:
  labels:
    pool:
      Lido: 9
"""
        with pytest.raises(SettingsError) as refused:
            load(text)
        places = [line.partition("settings.yaml:")[2].partition(": ")[0] for line in str(refused.value).splitlines()]
        assert sorted(places, key=int) == ["4", "5", "10", "15"]

    @pytest.mark.parametrize(
        ("text", "rule"),
        [
            ("filter: {}\nbrakes: {}\nfilter: {}", "3: filter: is given twice; first on line 1"),
            ("filter: {max_pixels: 1, max_pixels: 2}", "1: max_pixels: is given twice; first on line 1"),
            ("renditions:\n- {name: a,\n   name: b}", "3: name: is given twice; first on line 2"),
            ("prioritising:\n  labels:\n    pool: {Lido: 1}\n    pool: {Lido: 1}", "4: pool: is given twice; first"),
            ('prioritising: {never_first: [],\n "never_first": []}', "2: never_first: is given twice; first on line 1"),
        ],
    )
    def test_that_gives_a_key_twice_is_refused_with_both_lines(self, load, text, rule):
        """YAML readers take the last one without a word."""
        with pytest.raises(SettingsError) as refused:
            load(text)
        assert f"settings.yaml:{rule}" in str(refused.value)

    def test_may_use_one_mapping_in_several_places(self, load):
        """Anchors and merge keys are no key twice, and what is written beside a merge counts."""
        text = "renditions:\n- &a {name: a, width: 9, height: 9}\n- {<<: *a, name: b}\n- {<<: [*a], name: c, width: 8}"
        assert [(r.name, r.width) for r in load(text).renditions] == [("a", 9), ("b", 9), ("c", 8)]

    def test_says_nothing_that_a_terminal_would_obey(self, load):
        """Wrong values and keys are shown with what cannot be seen escaped, and cut."""
        for text in ('"\\e[2J": 1', 'filter: {max_pixels: "\\e[2J"}', f"filter: {{max_pixels: {'a' * 9999}}}"):
            with pytest.raises(SettingsError) as refused:
                load(text)
            assert str(refused.value).isprintable()
            assert len(str(refused.value)) < 2000

    @pytest.mark.parametrize(
        "text", ["a: " + "[" * 5000, "a: &a [*a]", "a: 2026-99-99", "? [a]\n: 1", "a: 1\n---\nb: 1"]
    )
    def test_that_no_reader_can_take_in_is_refused(self, load, text):
        """Too deep, endless, an impossible date, a list as a key, two documents."""
        with pytest.raises(SettingsError, match=r"settings\.yaml"):
            load(text)

    @pytest.mark.parametrize(
        ("entry", "rule"),
        [
            ("half_rank: 0x" + "f" * 9_000, "a whole number is too large"),
            ("half_rank: " + "9" * 9_000, "Exceeds the limit"),
            ("good_size_pixels: " + "9" * 400, "a whole number is too large"),
            ("half_rank: 2026-99-01", "month must be in 1..12"),
            ("partner_scores: &a {b: *a}", "an entry holds itself"),
        ],
    )
    def test_with_a_value_that_cannot_be_made_is_refused_with_its_line(self, load, entry, rule):
        with pytest.raises(SettingsError, match=rf"settings\.yaml:2: cannot be read: {re.escape(rule)}"):
            load(f"prioritising:\n  {entry}\n")

    def test_whose_names_stand_for_billions_of_entries_is_refused_at_once(self, load):
        lines = [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
        with pytest.raises(SettingsError, match="its names repeat too much"):
            load("\n".join(["a0: &a0 [x, x]", *lines]))

    @pytest.mark.parametrize("key", ["Yes", "12", "2026-01-01", "~", "0x" + "f" * 9_000])
    def test_says_which_keys_need_quotes(self, load, key):
        """YAML reads them as a truth value, a number, a day and nothing."""
        with pytest.raises(SettingsError, match=rf"settings\.yaml:3: {key[:50]}.*put it in quotes"):
            load(f"prioritising:\n  partner_scores:\n    ? {key}\n    : .5\n")
        assert load(f"prioritising:\n  partner_scores:\n    ? '{key[:50]}'\n    : .5\n")

    def test_that_breaks_many_rules_is_told_all_of_them(self, load):
        """The message has a line for each."""
        with pytest.raises(SettingsError) as refused:
            load("filter: {max_pixels: 0, min_side: 1}\nbrakes: {max_gone_share: 2}")
        assert len(str(refused.value).splitlines()) == 3

    def test_of_an_older_version_stays_valid_and_warns(self, load, caplog):
        """A key that was dropped changes nothing; the warning says where it is and what to use."""
        old = load("prioritising:\n  half_rank: 3\n  variety_penalty: 0.3")
        (warning,) = caplog.messages
        assert "settings.yaml:3: prioritising.variety_penalty: is not used any more" in warning
        assert "variety_weight" in warning
        assert old == load("prioritising: {half_rank: 3}")

    @pytest.mark.parametrize("text", ["[1, 2]", "just words", "a: [", "a: !!python/object/apply:os.system [ls]"])
    def test_that_is_no_mapping_is_refused(self, load, text):
        """A tag that would make YAML run a command is refused, too."""
        with pytest.raises(SettingsError):
            load(text)


class TestWeights:
    def test_that_nobody_set_depend_on_whether_the_tagger_looks(self):
        """Without looks they are what they always were; with them, the appeal has a share."""
        assert Settings().prioritising.weights is None
        without = Settings().resolved_for("labels").prioritising.weights
        assert (without.size, without.partner, without.category, without.appeal) == (0.2, 0.2, 0.6, 0)
        shipped = Settings().resolved_for("looks").prioritising.weights
        assert shipped.appeal > 0
        assert shipped.size == shipped.partner

    def test_that_are_set_hold_with_every_tagger(self, load):
        """Three weights that sum to 1 mean an appeal of 0."""
        for text in ("{size: 0.2}", "{size: 0.5, partner: 0.3, category: 0.2}"):
            settings = load(f"prioritising: {{weights: {text}}}")
            assert settings.prioritising.weights.appeal == 0
            assert settings.resolved_for("looks") == settings.resolved_for("labels") == settings

    def test_that_are_resolved_are_in_the_digest(self):
        """Another tagger gives another order."""
        assert Settings().resolved_for("looks").digest() != Settings().digest()


class TestNeverFirst:
    def test_are_the_marked_kinds_if_nobody_says_otherwise(self):
        marked = {name for name, kind in shipped_kinds().items() if kind.never_first}
        assert set(Settings().prioritising.never_first) == marked

    def test_may_name_a_kind_that_the_file_brings_itself(self, load):
        """A section of the label table is a kind, wherever in the file it is."""
        text = "prioritising: {never_first: [ski, pool], labels: {ski: {Piste: 1}}}"
        assert load(text).prioritising.never_first == ("ski", "pool")


class TestDigest:
    def test_of_the_shipped_settings_is_the_one_of_all_published_hotels(self):
        """Another digest makes every published hotel *changed*: it must never differ by accident."""
        assert Settings().digest() == "ee1eb61c84440f5e"

    @pytest.mark.parametrize(
        ("text", "digest"),
        [
            ("", "ee1eb61c84440f5e"),
            ("prioritising: {weights: {size: 0.5, partner: 0.3, category: 0.2}}", "7a4204f336bdf109"),
            ("prioritising: {half_rank: 3}", "de7f18bbf4a6b816"),
            ("prioritising: {variety_penalty: 0.01}", "ee1eb61c84440f5e"),
            ("prioritising: {weights: {}}", "ee1eb61c84440f5e"),
            ("prioritising: {weights: {size: 0.2, appeal: 0}}", "ee1eb61c84440f5e"),
            (
                "prioritising: {never_first: [other, document, detail, people, passage, food, kitchen, bathroom]}",
                "ee1eb61c84440f5e",
            ),
        ],
    )
    def test_of_settings_without_appeal_is_that_of_version_0_2_0(self, load, text, digest):
        """Keys that are new change no digest at the values that mean what was meant before."""
        settings = load(text)
        assert settings.digest() == digest
        assert settings.resolved_for("labels").digest() == digest

    def test_of_kinds_that_never_open_goes_by_their_set(self, load):
        one, other = (f"prioritising: {{never_first: [{kinds}]}}" for kinds in ("pool, detail", "detail, pool"))
        assert load(one).digest() == load(other).digest() != Settings().digest()

    def test_covers_what_shapes_a_hotel_and_nothing_else(self, load):
        """A longer timeout makes no hotel *changed*; another size, label or threshold makes all of them."""
        same = [
            "download: {total_timeout_s: 9}",
            "tagging: {batch: 8}",
            "brakes: {max_gone_share: 1}",
            "publishing: {grace_days: 1}",
            "grouping: {max_bits: 3, may_chain: false}",
        ]
        other = [
            "filter: {min_contrast: 3}",
            "grouping: {clear_score: 4}",
            "grouping: {method: hashes}",
            "grouping: {method: hashes, max_bits: 3}",
            "grouping: {method: hashes, may_chain: false}",
            "prioritising: {half_rank: 3}",
            "prioritising: {weights: {category: 0.5, appeal: 0.1}}",
            "prioritising: {never_first: [bathroom]}",
            "prioritising: {variety_weight: 0.4}",
            "publishing: {max_pictures: 9}",
            "publishing: {same_view: best}",
        ]
        other += [
            "renditions: [{name: a, width: 9, height: 9}]",
            "tagging: {max_labels: 3}",
            "fingerprint: {hash: dhash}",
        ]
        assert {load(text).digest() for text in same} == {Settings().digest()}
        assert len({load(text).digest() for text in other} | {Settings().digest()}) == len(other) + 1


class TestLabels:
    def test_given_ones_change_single_entries_of_the_shipped_table(self, load):
        """A label has one kind: naming it in another kind moves it, in upper or lower case."""
        kind, entries = next(iter(shipped_labels().items()))
        label = next(iter(entries))
        table = load(f"prioritising: {{labels: {{mine: {{'{label.upper()}': 5}}}}}}").prioritising.labels
        assert table["mine"] == {label.upper(): 5}
        assert label not in table[kind]
        assert sum(map(len, table.values())) == sum(map(len, shipped_labels().values()))

    def test_given_twice_are_refused(self, load):
        """Two strengths of one label must be a mistake."""
        with pytest.raises(SettingsError) as refused:
            load("prioritising:\n labels:\n  a: {Pool: 1}\n  b:\n   pool: 2")
        assert "settings.yaml:5: prioritising.labels.b.pool: 2: a label has one place" in str(refused.value)
        assert "first in prioritising.labels.a.Pool on line 3" in str(refused.value)
