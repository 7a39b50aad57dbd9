"""Clocks of notification: an hour too late is a breach of another law."""

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from breach.clocks import OutOfCalendar, runs_out
from jurisdictions.notices import Clock

BERLIN, NEW_YORK, SYDNEY, LONDON = (
    ZoneInfo(name) for name in ("Europe/Berlin", "America/New_York", "Australia/Sydney", "Europe/London")
)
ZONES = st.sampled_from([BERLIN, NEW_YORK, SYDNEY, LONDON, ZoneInfo("America/Phoenix"), ZoneInfo("Asia/Shanghai")])
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC))
OFFSETS = st.integers(-12 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


def numbered(kind: str, number: int) -> Clock:
    return Clock(words="in time", **{kind: number})  # type: ignore[arg-type]  # names of numbers, by kind


CLOCKS = st.one_of(
    st.just(Clock(words="without undue delay")),
    st.integers(1, 200).map(lambda n: numbered("hours", n)),
    st.integers(1, 100).map(lambda n: numbered("days", n)),
    st.integers(1, 24).map(lambda n: numbered("months", n)),
    st.integers(1, 90).map(lambda n: numbered("days_after_year", n)),
)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


class TestAClockNeverRunsOutBeforeItStarts:
    """A deadline in the past looks like one that was missed, and nobody reads on."""

    @settings(deadline=None)
    @given(CLOCKS, MOMENTS, ZONES)
    def test_for_any_clock_moment_and_zone(self, clock: Clock, moment: datetime, zone: ZoneInfo) -> None:
        assert runs_out(clock, moment, zone) >= moment

    @settings(deadline=None)
    @given(CLOCKS, MOMENTS, ZONES, OFFSETS)
    def test_how_the_moment_is_written_changes_nothing(
        self, clock: Clock, moment: datetime, zone: ZoneInfo, offset: timezone
    ) -> None:
        assert runs_out(clock, moment.astimezone(offset), zone) == runs_out(clock, moment, zone)

    @settings(deadline=None)
    @given(CLOCKS, MOMENTS, ZONES, st.timedeltas(timedelta(0), timedelta(days=400)))
    def test_who_knew_later_has_no_less_time_but_for_an_hour_of_the_change_of_clocks(
        self, clock: Clock, moment: datetime, zone: ZoneInfo, later: timedelta
    ) -> None:
        """Times of day that come twice are read as the first: two moments an hour apart may then end together."""
        assert runs_out(clock, moment + later, zone) >= runs_out(clock, moment, zone) - timedelta(hours=1)


class TestHoursAreHours:
    """72 hours are 72 hours, also in the night in which the clocks change."""

    @settings(deadline=None)
    @given(st.integers(1, 200), MOMENTS, ZONES)
    def test_whatever_the_zone(self, hours: int, moment: datetime, zone: ZoneInfo) -> None:
        assert runs_out(numbered("hours", hours), moment, zone) - moment == timedelta(hours=hours)

    def test_over_the_end_of_summer_time_the_wall_shows_an_hour_less(self) -> None:
        due = runs_out(numbered("hours", 24), at("2026-10-24T12:00+02:00"), BERLIN)
        assert due.astimezone(BERLIN).isoformat() == "2026-10-25T11:00:00+01:00"


class TestDaysAreDaysOfTheCalendarThere:
    """Sixty days of a calendar are not 1,440 hours when the clocks change between."""

    @settings(deadline=None)
    @given(st.integers(1, 100), MOMENTS, ZONES)
    def test_the_day_is_that_many_later_there(self, days: int, moment: datetime, zone: ZoneInfo) -> None:
        due = runs_out(numbered("days", days), moment, zone).astimezone(zone)
        assert (due.date() - moment.astimezone(zone).date()).days == days

    @settings(deadline=None)
    @given(st.integers(1, 100), MOMENTS, ZONES)
    def test_a_change_of_clocks_is_worth_an_hour_at_most(self, days: int, moment: datetime, zone: ZoneInfo) -> None:
        apart = runs_out(numbered("days", days), moment, zone) - moment - timedelta(days=days)
        # Dublin, London, Berlin, New York and Sydney change by one hour; a missing hour is read as the earlier.
        assert abs(apart) <= timedelta(hours=1)

    def test_the_zone_decides_which_day_it_is(self) -> None:
        moment = at("2026-11-22T03:00+00:00")
        clock = numbered("days", 60)
        assert runs_out(clock, moment, NEW_YORK).astimezone(NEW_YORK).date().isoformat() == "2027-01-20"
        assert runs_out(clock, moment, SYDNEY).astimezone(SYDNEY).date().isoformat() == "2027-01-21"

    def test_a_time_that_the_clocks_leave_out_is_read_as_the_earlier(self) -> None:
        due = runs_out(numbered("days", 1), at("2026-03-28T02:30+01:00"), BERLIN)
        assert due == at("2026-03-29T00:30+00:00")

    def test_a_time_that_comes_twice_is_the_first(self) -> None:
        due = runs_out(numbered("days", 1), at("2026-10-24T02:30+02:00"), BERLIN)
        assert due == at("2026-10-25T00:30+00:00")


class TestMonthsEndWhereTheMonthEnds:
    """A month after 31 January is the end of February: whoever counts 31 days is late."""

    @pytest.mark.parametrize(
        ("known", "months", "day"),
        [
            ("2027-01-31T12:00+01:00", 1, "2027-02-28"),
            ("2028-01-31T12:00+01:00", 1, "2028-02-29"),
            ("2026-12-31T12:00+01:00", 2, "2027-02-28"),
            ("2026-11-30T12:00+01:00", 1, "2026-12-30"),
            ("2026-08-31T12:00+02:00", 1, "2026-09-30"),
            ("2026-12-15T12:00+01:00", 1, "2027-01-15"),
            ("2026-01-31T12:00+01:00", 24, "2028-01-31"),
        ],
    )
    def test_the_same_day_or_the_last(self, known: str, months: int, day: str) -> None:
        assert runs_out(numbered("months", months), at(known), BERLIN).astimezone(BERLIN).date().isoformat() == day

    @settings(deadline=None)
    @given(st.integers(1, 24), MOMENTS, ZONES)
    def test_a_month_is_28_to_31_days(self, months: int, moment: datetime, zone: ZoneInfo) -> None:
        due = runs_out(numbered("months", months), moment, zone).astimezone(zone).date()
        days = (due - moment.astimezone(zone).date()).days
        assert 28 * months <= days <= 31 * months
        assert due.day <= moment.astimezone(zone).day

    @settings(deadline=None)
    @given(st.integers(1, 23), MOMENTS, ZONES)
    def test_more_months_are_later(self, months: int, moment: datetime, zone: ZoneInfo) -> None:
        assert runs_out(numbered("months", months), moment, zone) < runs_out(
            numbered("months", months + 1), moment, zone
        )


class TestTheYearEndsThere:
    """A breach found on New Year's Eve is of the year that it still is where the log is kept."""

    @pytest.mark.parametrize(
        ("known", "due"),
        [("2026-06-01T12:00-04:00", "2027-03-01T23:59"), ("2027-06-01T12:00-04:00", "2028-02-29T23:59")],
    )
    def test_sixty_days_after_it_leap_years_included(self, known: str, due: str) -> None:
        found = runs_out(numbered("days_after_year", 60), at(known), NEW_YORK).astimezone(NEW_YORK)
        assert found.strftime("%Y-%m-%dT%H:%M") == due

    def test_by_the_clock_there(self) -> None:
        moment = at("2027-01-01T02:00+00:00")
        assert runs_out(numbered("days_after_year", 60), moment, NEW_YORK).year == 2027
        assert runs_out(numbered("days_after_year", 60), moment, LONDON).year == 2028


class TestTheEndOfTheCalendar:
    """A slip in the year must end in words, not in a traceback."""

    @pytest.mark.parametrize("kind", ["hours", "days", "months", "days_after_year"])
    def test_is_told(self, kind: str) -> None:
        with pytest.raises(OutOfCalendar, match="nobody can write"):
            runs_out(numbered(kind, 60), at("9999-12-31T08:00+00:00"), BERLIN)
