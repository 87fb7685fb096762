"""Which of two editions is newer, and what a step back to an older one changes."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from image_release.edition import Edition, ProgramInForce

BEGIN = datetime(2026, 11, 30, 4, tzinfo=UTC)
moments = st.none() | st.integers(0, 3).map(lambda hours: BEGIN + timedelta(hours=hours))
programs = st.integers(1, 4)
editions = st.builds(Edition, st.integers(0, 2), programs, moments)
deployments = st.lists(st.tuples(programs, moments), min_size=1, max_size=6)


class TestANewerEdition:
    @given(editions, editions)
    def test_of_two_that_differ_one_is_left_alone_by_the_other(self, one, other):
        """Otherwise two writers could change a hotel to and fro."""
        assert one == other or one.is_newer_than(other) or other.is_newer_than(one)

    @given(editions)
    def test_is_not_newer_than_itself(self, edition):
        assert not edition.is_newer_than(edition)

    @given(editions)
    def test_is_every_one_that_names_its_program(self, edition):
        """Manifests of earlier programs name none, and are the oldest."""
        assert not Edition(0, 0, None).is_newer_than(edition)

    def test_has_a_later_epoch_or_else_a_newer_program_or_newer_settings(self):
        older = Edition(1, 2, BEGIN)
        later = BEGIN + timedelta(seconds=1)
        assert Edition(2, 1, None).is_newer_than(older)
        assert Edition(1, 3, None).is_newer_than(older)
        assert Edition(1, 1, later).is_newer_than(older)
        assert not Edition(0, 9, later).is_newer_than(older)
        assert not Edition(1, 1, None).is_newer_than(older)

    def test_settings_that_were_stored_are_newer_than_shipped_ones(self):
        assert Edition().has_older_settings_than(BEGIN)
        assert not Edition(stored_at=BEGIN).has_older_settings_than(None)


class TestAStepBack:
    def test_to_an_older_program_begins_an_epoch(self):
        found = ProgramInForce().noted(2, BEGIN).noted(1, BEGIN)
        assert found == ProgramInForce(1, 1, 2, BEGIN)
        assert not Edition(0, 2, BEGIN).is_newer_than(Edition(found.epoch_of(1), 1, BEGIN))

    def test_leaves_the_newer_program_in_the_epoch_before(self):
        """What of it is still at work does not win against the one in force; one that is newer still, and new, does."""
        found = ProgramInForce().noted(2, BEGIN).noted(1, BEGIN)
        assert (found.epoch_of(1), found.epoch_of(2), found.epoch_of(3)) == (1, 0, 1)
        assert found.noted(1, BEGIN) == found

    def test_that_is_taken_back_gives_the_newer_program_the_epoch(self):
        found = ProgramInForce().noted(2, BEGIN).noted(1, BEGIN).noted(2, BEGIN)
        assert (found.epoch, found.epoch_of(1), found.epoch_of(2)) == (1, 1, 1)

    def test_to_older_settings_begins_an_epoch(self):
        """The deployment names another file, or none. Newer settings begin none."""
        found = ProgramInForce().noted(1, BEGIN)
        assert found.noted(1, None).epoch == 1
        assert found.noted(1, BEGIN + timedelta(hours=1)).epoch == 0

    @given(deployments)
    def test_lets_the_program_in_force_write_over_all_that_was_made(self, deployed):
        """Whatever was deployed, before and after its first tick, no hotel is left alone for ever."""
        found = ProgramInForce()
        made = []
        for program, stored_at in deployed:
            made.append(Edition(found.epoch_of(program), program, stored_at))
            found = found.noted(program, stored_at)
            made.append(Edition(found.epoch_of(program), program, stored_at))
            assert not any(edition.is_newer_than(made[-1]) for edition in made)

    @given(deployments, deployments)
    def test_lets_no_program_win_that_was_left_for_an_older_one(self, before, after):
        found = ProgramInForce()
        for program, stored_at in [*before, *after]:
            found = found.noted(program, stored_at)
        for program in range(found.program + 1, found.left + 1):
            latest = Edition(found.epoch_of(program), program, BEGIN + timedelta(days=1))
            assert not latest.is_newer_than(Edition(found.epoch_of(found.program), found.program, None))


class TestAWriterThatIsNewerThanWhatIsNoted:
    @given(deployments, st.lists(st.tuples(programs, moments), max_size=4), programs, moments)
    def test_notes_itself_so_that_the_program_in_force_can_publish_over_it(self, ticks, writers, program, stored_at):
        """However many deployments had no tick: the first tick of the one that works now is enough."""
        found = ProgramInForce()
        for tick in ticks:
            found = found.noted(*tick)
        published = []
        for writer in writers:
            found = found.met(*writer)
            published.append(Edition(found.epoch_of(writer[0]), *writer))
        found = found.noted(program, stored_at)
        mine = Edition(found.epoch_of(program), program, stored_at)
        assert not any(edition.is_newer_than(mine) for edition in published)

    def test_that_was_left_notes_nothing(self):
        found = ProgramInForce().noted(2, BEGIN).noted(1, BEGIN)
        assert found.met(2, BEGIN + timedelta(hours=1)) == found

    @given(deployments, moments)
    def test_does_not_move_back(self, ticks, stored_at):
        """A process that knows older settings is no deployment of them."""
        found = ProgramInForce()
        for tick in ticks:
            found = found.noted(*tick)
        for program in range(1, 5):
            assert found.met(program, stored_at).epoch == found.epoch
