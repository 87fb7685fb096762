"""Settings and tagger belong to the workspace: `run` stores them, every command works with them."""

from dataclasses import replace

import pytest
from click.testing import CliRunner

from image_release.cli import main
from image_release.one_machine import choices, workspace
from image_release.one_machine.choices import (
    StoredChoiceError,
    choices_of,
    first_tagger,
    store_choices,
    store_first_tagger,
)
from image_release.one_machine.workspace import Workspace, WorkspaceError
from image_release.settings import Settings
from image_release.settings_files import SettingsError
from image_release.storage import StorageError
from image_release.tag import SpendingCap

LARGE = "filter: {min_short_side_px: 500}\n"
OPEN = "download: {allowed_networks: [127.0.0.0/8], resolve: {a: '127.0.0.1:80'}}\n"


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path)


class Machine:
    """A person who gives a workspace settings and a tagger."""

    def __init__(self, folder):
        self.workspace = Workspace(folder / "its ws", Settings())
        self.file = folder / "given.yaml"

    def choices(self, text=None, tagger=None):
        """What a command works with whose `--settings` file has this text."""
        if text is not None:
            self.file.write_text(text, encoding="utf-8")
        return choices_of(self.workspace, None if text is None else self.file, tagger)

    def run(self, text=None, tagger=None):
        """What `run` says that it stores."""
        return list(store_choices(self.workspace, self.choices(text, tagger), tagger))

    def smallest(self, text=None):
        return self.choices(text).settings.filter.min_short_side_px

    def stored(self, name):
        return (self.workspace.root / "inbox" / name).read_text(encoding="utf-8")


class TestSettings:
    def test_that_are_stored_have_a_time_and_others_have_none(self, machine):
        """A file with what is never stored leaves the stored ones in force."""
        assert machine.choices().stored_at is None
        assert machine.choices(LARGE).stored_at is None
        machine.run(LARGE)
        moment = machine.workspace.inbox.head("settings.yaml").modified
        assert machine.choices().stored_at == moment
        assert machine.choices("download: {allowed_networks: [127.0.0.0/8]}").stored_at == moment
        assert machine.choices(LARGE).stored_at is None

    def test_that_nobody_stored_are_the_shipped_ones(self, machine):
        assert machine.choices().settings == Settings()
        assert machine.run() == []

    def test_hold_for_later_commands_once_run_has_stored_them(self, machine):
        assert len(machine.run(LARGE)) == 1
        assert machine.smallest() == 500
        assert machine.run(LARGE) == [] == machine.run()

    def test_of_another_command_hold_for_that_command(self, machine):
        machine.run(LARGE)
        assert machine.smallest("filter: {min_short_side_px: 90}\n") == 90
        assert machine.smallest() == 500

    def test_that_run_is_given_replace_all_that_were_stored(self, machine):
        machine.run(LARGE)
        machine.run("brakes: {max_gone_share: 0.5}\n")
        assert machine.smallest() == Settings().filter.min_short_side_px

    def test_of_an_empty_file_are_the_shipped_ones_again(self, machine):
        machine.run(LARGE)
        assert len(machine.run("")) == 1
        assert machine.choices().settings == Settings()

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("filter: {min_short_side_px: 90}\n", ["filter.min_short_side_px: 500 → 90", "every hotel is processed"]),
            (LARGE + "brakes: {max_gone_share: 0.5}\n", ["max_gone_share: 0.3 → 0.5", "no hotel is processed again"]),
            (LARGE + "renditions: [{name: a, width: 9, height: 9}]\n", ["renditions: ", "sizes that changed"]),
        ],
    )
    def test_that_change_are_told_with_what_that_costs(self, machine, text, said):
        machine.run(LARGE)
        (told,) = machine.run(text)
        assert [part for part in said if part not in told] == []

    def test_are_told_before_they_are_stored(self, machine):
        next(store_choices(machine.workspace, machine.choices(LARGE), None))
        assert not machine.workspace.root.exists()


class TestSettingsThatOpenTheNetwork:
    def test_are_never_stored(self, machine):
        machine.run(LARGE + "download: {allowed_networks: [127.0.0.0/8], resolve: {a: '127.0.0.1:80'}, connections: 3}")
        assert "127" not in machine.stored("settings.yaml")
        download = machine.choices().settings.download
        assert (download.allowed_networks, download.resolve, download.connections) == ((), {}, 3)

    def test_alone_leave_the_stored_settings_in_force(self, machine):
        machine.run(LARGE)
        assert machine.run(OPEN) == []
        assert machine.smallest(OPEN) == 500
        assert machine.choices(OPEN).settings.download.resolve == {"a": "127.0.0.1:80"}

    def test_that_somebody_stored_by_hand_open_nothing(self, machine):
        machine.workspace.inbox.put("settings.yaml", (OPEN + LARGE).encode())
        assert machine.choices().settings.download.allowed_networks == ()
        assert machine.smallest() == 500


class TestStoredSettingsThatCannotBeRead:
    @pytest.mark.parametrize(
        "data", [b"", b"\n", b"filter: [", b"\xff", b"- a", b"filtre: {}", b"filter: {max_pixels: x}"]
    )
    def test_stop_commands_and_say_how_to_replace_them(self, machine, data):
        machine.workspace.inbox.put("settings.yaml", data)
        with pytest.raises(StoredChoiceError, match=r"image-release run --settings FILE --workspace '.*/its ws'"):
            machine.choices()
        with pytest.raises(StoredChoiceError):
            machine.choices(OPEN)
        assert len(machine.run(LARGE)) == 1
        assert machine.smallest() == 500

    @pytest.mark.parametrize("name", ["settings.yaml", "tagger.txt"])
    def test_because_a_folder_lies_there_stop_commands(self, machine, name):
        (machine.workspace.root / "inbox" / name).mkdir(parents=True)
        with pytest.raises(StorageError, match="is a folder"):
            machine.choices()

    def test_are_not_replaced_by_settings_that_are_wrong(self, machine):
        machine.run(LARGE)
        with pytest.raises(SettingsError):
            machine.run("filter: 3")
        assert machine.smallest() == 500


class TestTagger:
    def test_that_nobody_stored_is_none(self, machine):
        assert machine.choices().tagger == "none"

    def test_holds_for_later_commands_once_run_has_stored_it(self, machine):
        assert machine.run(tagger="google") == ["tagger: google is stored for this workspace"]
        assert machine.choices().tagger == "google"
        assert machine.run(tagger="google") == []
        (told,) = machine.run(tagger="none")
        assert "in place of google; every hotel is processed again" in told

    def test_of_recorded_labels_holds_for_one_run(self, machine):
        assert machine.choices(tagger="recorded:x").tagger == "recorded:x"
        assert machine.run(tagger="recorded:x") == []
        assert machine.choices().tagger == "none"

    @pytest.mark.parametrize("data", [b"", b"magic", b"recorded:/etc/passwd", b"\xff"])
    def test_that_is_stored_and_unknown_stops_commands_and_says_how_to_replace_it(self, machine, data):
        machine.workspace.inbox.put("tagger.txt", data)
        with pytest.raises(StoredChoiceError, match="image-release run --tagger none"):
            machine.choices()
        machine.run(tagger="none")
        assert machine.choices().tagger == "none"

    @pytest.mark.parametrize("name", ["local", "google+local"])
    def test_that_looks_at_pictures_is_stored_like_every_other(self, machine, name):
        machine.run(tagger=name)
        assert machine.stored("tagger.txt") == f"{name}\n"
        assert machine.choices().tagger == name


class TestTheTaggerOfANewWorkspace:
    @pytest.fixture(autouse=True)
    def _installed(self, monkeypatch):
        monkeypatch.setattr(choices, "is_installed", lambda: True)

    def test_is_the_local_model(self, machine):
        assert first_tagger(machine.workspace) == "local"
        told = store_first_tagger(machine.workspace, "local")
        assert "local is stored for this new workspace" in told
        assert "image-release run --tagger none --workspace" in told
        assert machine.choices().tagger == "local"
        assert machine.run() == []

    def test_is_none_where_the_model_is_not_installed(self, machine, monkeypatch):
        monkeypatch.setattr(choices, "is_installed", lambda: False)
        assert first_tagger(machine.workspace) is None

    @pytest.mark.parametrize("key", ["inbox/settings.yaml", "inbox/releases/r1.csv", "state/runs/r.json"])
    def test_stays_what_it_is_where_something_was_handed_in_or_done(self, machine, key):
        """An old workspace has no tagger unless somebody stores one, whatever is installed later."""
        store, _, name = key.partition("/")
        getattr(machine.workspace, store).put(name, b"")
        assert first_tagger(machine.workspace) is None


class TestATaggerThatIsNotInstalled:
    @pytest.mark.parametrize("name", ["local", "google+local"])
    def test_is_an_error_that_says_what_to_install(self, machine, name, monkeypatch):
        monkeypatch.setattr(workspace, "is_installed", lambda: False)
        found = replace(machine.workspace, tagger=name, allowance=SpendingCap(machine.file, 1))
        with pytest.raises(WorkspaceError, match=r"pip install 'image-release\[local\]'"):
            found.tagger_problems()

    def test_ends_every_command_that_works_with_status_2_before_anything_is_done(self, machine, monkeypatch):
        monkeypatch.setattr(workspace, "is_installed", lambda: False)
        machine.run(tagger="local")
        place = str(machine.workspace.root)
        for words in (["run"], ["hotel", "h1"], ["reprocess", "--all"], ["sweep"], ["check", "--repair"]):
            ended = CliRunner().invoke(main, [*words, "--workspace", place])
            assert (ended.exit_code, "image-release[local]" in ended.output) == (2, True), (words, ended.output)
        assert CliRunner().invoke(main, ["status", "--workspace", place]).exit_code == 0
