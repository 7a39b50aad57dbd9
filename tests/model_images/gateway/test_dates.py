"""Dates move by the patient's constant, in their own form, and the time between them stays."""

import os
import re
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_images.gateway.guard.tokens.calendar_words import LANGUAGES, MONTH_NAMES, WEEKDAY_NAMES
from model_images.gateway.guard.tokens.dates import shift_days, shifted
from model_images.gateway.guard.tokens.keys import Purpose, TenantKey

KEY = TenantKey(Purpose.SURROGATES, "north", 1, os.urandom(32))
DATES = st.dates(date(1971, 1, 1), date(2066, 1, 1))
DAYS = st.integers(-364, 364).filter(bool)
FORMS = [
    "%Y-%m-%d",
    "%d.%m.%Y",
    "%d/%m/%Y",
    "%Y/%m/%d",
    "%Y%m%d",
    "%d.%m.%y",
    "%d-%b-%Y",
    "%B %d, %Y",
    "%d %B %Y",
    "%d%b%Y",
]


class TestAPatientsDatesMoveTogether:
    """Medicine reads intervals: seven days after surgery are seven days after surgery."""

    @settings(deadline=None)
    @given(DATES, st.integers(0, 2000), DAYS, st.sampled_from(FORMS))
    def test_intervals_stay(self, day: date, later: int, days: int, form: str) -> None:
        if (day + timedelta(later)).year > 2067:
            return
        for moment in (day, day + timedelta(later)):
            moved = moment + timedelta(days)
            out = moved.strftime(form)
            if " " in form and moment.day > 9 > moved.day - 1:
                out = re.sub(r"\b0", "", out)  # nobody wrote a nought: none is written
            assert shifted(moment.strftime(form), days) == out

    @settings(deadline=None)
    @given(st.text(min_size=1, max_size=30))
    def test_one_to_364_days_either_way_and_never_none(self, patient: str) -> None:
        days = shift_days(KEY, patient)
        assert 1 <= abs(days) <= 364
        assert days == shift_days(KEY, patient)
        week = shift_days(KEY, patient, keep_weekday=True)
        assert 7 <= abs(week) <= 364
        assert week % 7 == 0

    def test_every_shift_occurs_and_tenants_differ(self) -> None:
        drawn = {shift_days(KEY, str(patient)) for patient in range(20_000)}
        assert drawn == {days for days in range(-364, 365) if days}
        south = TenantKey(Purpose.SURROGATES, "south", 1, KEY.secret)
        assert sum(shift_days(KEY, str(one)) == shift_days(south, str(one)) for one in range(500)) < 10


class TestADateKeepsItsForm:
    """A model that is given another form reads another field."""

    @pytest.mark.parametrize(
        ("text", "out"),
        [
            ("2021-03-04", "2021-03-24"),
            ("4.3.21", "24.3.21"),
            ("04.03.2021", "24.03.2021"),
            ("4/3/2021", "24/3/2021"),
            ("2021-03", "2021-04"),
            ("03/2021", "04/2021"),
            ("29.02.", "20.03."),
            ("28.12", "17.01"),
            ("20210304", "20210324"),
            ("2021-03-04T10:11:12.5+01:00", "2021-03-24T10:11:12.5+01:00"),
            ("04.03.2021 10:15 Uhr", "24.03.2021 10:15 Uhr"),
            ("March 4th, 2021", "March 24th, 2021"),
            ("4th of March 2021", "24th of March 2021"),
            ("MARCH 21ST, 2021", "APRIL 10TH, 2021"),
            ("04-MAR-2021", "24-MAR-2021"),
            ("Mar. 4", "Mar. 24"),
            ("March 2021", "April 2021"),
            ("Thursday, March 4, 2021", "Wednesday, March 24, 2021"),
            ("Montag, den 15. März 2021", "Sonntag, den 4. April 2021"),
            ("1er mars 2021", "21 mars 2021"),
            ("12 août 2021", "1 septembre 2021"),
            ("4 de marzo de 2021", "24 de marzo de 2021"),
            ("lunedì 5 aprile 2021", "domenica 25 aprile 2021"),
            ("12 mei 2020", "1 juni 2020"),
            ("dec 2020", "jan 2021"),
        ],
    )
    def test_by_twenty_days(self, text: str, out: str) -> None:
        assert shifted(text, 20) == out

    @settings(deadline=None)
    @given(day=DATES, days=DAYS, language=st.sampled_from(LANGUAGES), short=st.booleans())
    def test_months_and_weekdays_in_six_languages(self, day: date, days: int, language: str, *, short: bool) -> None:
        def written(moment: date) -> str:
            weekday = WEEKDAY_NAMES[language, short][moment.weekday()]
            return f"{weekday} {moment.day} {MONTH_NAMES[language, short][moment.month - 1]} {moment.year}"

        assert shifted(written(day), days, language) == written(day + timedelta(days))


class TestTheOrderOfDayAndMonthIsTheLocales:
    """04/03 is March in Leeds and April in Boston."""

    @pytest.mark.parametrize(
        ("text", "locale", "out"),
        [
            ("04/03/2021", "uk", "24/03/2021"),
            ("04/03/2021", "us", "04/23/2021"),
            ("04.03.2021", "us", "24.03.2021"),
            ("13/04/2021", "us", "03/05/2021"),
            ("04/13/2021", "uk", "05/03/2021"),
        ],
    )
    def test_and_where_it_gives_no_date_the_other(self, text: str, locale: str, out: str) -> None:
        assert shifted(text, 20, locale) == out

    @pytest.mark.parametrize("form", ["{:02}/{:02}", "{:02}/2021", "2021-{:02}"])
    def test_partial_dates_are_moved_one_to_one(self, form: str) -> None:
        for days in (-364, -30, -1, 1, 15, 364):
            if form.count("{") == 1:
                texts = [form.format(month) for month in range(1, 13)]
            else:
                texts = [form.format(month, day) for month in range(1, 13) for day in range(1, 29)]
            moved = {shifted(text, days, "us") for text in texts}
            assert None not in moved
            assert len(moved) == len(texts)
            assert not any(shifted(text, days, "us") == text for text in texts)


class TestWhatIsNotUnderstoodIsNotMoved:
    """It gets a marker; a guess would be a date that nobody has."""

    @pytest.mark.parametrize(
        "text",
        [
            *(
                "",
                "2021",
                "yesterday",
                "Q3 2021",
                "31.02.2021",
                "99/99/2021",
                "2021-13-01",
                "0000-01-01",
                "9999-12-31",
                "1:2",
            ),
            *(
                "٠٤.٠٣.٢٠٢١",
                "4 foo 2021",
                "week 12",
                "1/2/3/4",
                "12345678",
                "March",
                "Monday",
                "4\n3\n2021",
                "31.12.68",
                "²/3",
            ),
        ],
    )
    def test_it_is_none(self, text: str) -> None:
        assert shifted(text, 20) is None

    @settings(deadline=None)
    @given(st.text(max_size=20), DAYS, st.sampled_from(["", "us", "de"]))
    def test_any_text_at_all_is_either(self, text: str, days: int, locale: str) -> None:
        out = shifted(text, days, locale)
        assert out is None or out != text
