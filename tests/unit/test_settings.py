"""Settings: shipped defaults, files that name what differs, and errors that say which entry is wrong."""

import pytest

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
            ("prioritising: {partner_scores: {a: 2}}", "prioritising.partner_scores.a", "less than or equal to 1"),
            (
                "prioritising: {labels: {bad: {Toilet: -9}}}",
                "prioritising.labels.bad.Toilet",
                "greater than or equal to -5",
            ),
            ("renditions: []", "settings", "at least one entry"),
            (
                "renditions: [{name: a, width: 1, height: 1}, {name: a, width: 2, height: 2}]",
                "settings",
                "a name of its own",
            ),
            ("renditions: [{name: ../a, width: 1, height: 1}]", "renditions.0.name", "match pattern"),
        ],
    )
    def test_that_breaks_a_rule_names_file_place_value_and_rule(self, load, text, place, rule):
        """The message has all four, and no settings are returned."""
        with pytest.raises(SettingsError) as refused:
            load(text)
        assert f"settings.yaml: {place}: " in str(refused.value)
        assert rule in str(refused.value)

    def test_that_breaks_many_rules_is_told_all_of_them(self, load):
        """The message has a line for each."""
        with pytest.raises(SettingsError) as refused:
            load("filter: {max_pixels: 0, min_side: 1}\nbrakes: {max_gone_share: 2}")
        assert len(str(refused.value).splitlines()) == 3

    @pytest.mark.parametrize("text", ["[1, 2]", "just words", "a: [", "a: !!python/object/apply:os.system [ls]"])
    def test_that_is_no_mapping_is_refused(self, load, text):
        """A tag that would make YAML run a command is refused, too."""
        with pytest.raises(SettingsError):
            load(text)


class TestDigest:
    def test_of_the_shipped_settings_is_the_one_of_all_published_hotels(self):
        """Another digest makes every published hotel *changed*: it must never differ by accident."""
        assert Settings().digest() == "ee1eb61c84440f5e"

    def test_covers_what_shapes_a_hotel_and_nothing_else(self, load):
        """A longer timeout makes no hotel *changed*; another size, label or threshold makes all of them."""
        same = [
            "download: {total_timeout_s: 9}",
            "tagging: {batch: 8}",
            "brakes: {max_gone_share: 1}",
            "publishing: {grace_days: 1}",
        ]
        other = [
            "filter: {min_contrast: 3}",
            "grouping: {clear_score: 4}",
            "prioritising: {half_rank: 3}",
            "publishing: {max_pictures: 9}",
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
        with pytest.raises(SettingsError, match="one place and one strength"):
            load("prioritising: {labels: {a: {Pool: 1}, b: {pool: 2}}}")
