"""Which notices are owed, to whom, and in what order."""

import json
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from breach.deadlines import Deadline, SentTooEarly, UnknownNotice, deadlines
from breach.ground import NoGround, ground
from jurisdictions import available, load
from jurisdictions.notices import in_force

KNOWN = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC))


def owed(jurisdiction: str, known_at: datetime = KNOWN, **options: object) -> list[Deadline]:
    zone = ZoneInfo(next(iter(load(jurisdiction).regions.values())).time_zone)
    laws = in_force(load(jurisdiction))
    return list(deadlines(laws, known_at=known_at, zone=zone, jurisdiction=jurisdiction, **options))  # type: ignore[arg-type]  # names of options, by kind


def by_name(found: list[Deadline]) -> dict[str, Deadline]:
    return {each.name: each for each in found}


class TestTheClocksThatEverybodyKnows:
    """Written by hand here, from the law: a slip in a file would be believed in the worst hour."""

    @pytest.mark.parametrize(
        ("jurisdiction", "name", "due"),
        [
            ("eu", "nis2/early-warning", "2026-11-23T08:00:00+00:00"),
            ("eu", "nis2/notification", "2026-11-25T08:00:00+00:00"),
            ("eu", "gdpr/authority", "2026-11-25T08:00:00+00:00"),
            ("eu", "eu-ai-act/widespread", "2026-11-24T08:00:00+00:00"),
            ("eu", "eu-ai-act/death", "2026-12-02T08:00:00+00:00"),
            ("eu", "eu-ai-act/serious-incident", "2026-12-07T08:00:00+00:00"),
            ("us", "hipaa/individuals", "2027-01-21T08:00:00+00:00"),
            ("us", "hipaa/media", "2027-01-21T08:00:00+00:00"),
            ("us", "hipaa/secretary", "2027-01-21T08:00:00+00:00"),
            ("us", "hipaa/covered-entity", "2027-01-21T08:00:00+00:00"),
            ("us", "hipaa/secretary-yearly", "2027-03-02T04:59:00+00:00"),
            ("usgov", "fedramp-high/fedramp", "2026-11-22T09:00:00+00:00"),
            ("uk", "uk-gdpr/commissioner", "2026-11-25T08:00:00+00:00"),
            ("uk", "uk-nis/competent-authority", "2026-11-25T08:00:00+00:00"),
            ("uk", "dspt/reporting-tool", "2026-11-25T08:00:00+00:00"),
            ("ch", "isg/bacs", "2026-11-23T08:00:00+00:00"),
            ("au", "privacy-act/assessment", "2026-12-22T08:00:00+00:00"),
            ("au", "soci/critical", "2026-11-22T20:00:00+00:00"),
            ("cn", "csl/critical-infrastructure", "2026-11-22T09:00:00+00:00"),
        ],
    )
    def test_run_out_when_the_law_says(self, jurisdiction: str, name: str, due: str) -> None:
        assert by_name(owed(jurisdiction))[name].due == datetime.fromisoformat(due)

    @pytest.mark.parametrize(
        ("jurisdiction", "name"),
        [
            ("ch", "revfadp/fdpic"),
            ("au", "privacy-act/commissioner"),
            ("ca", "pipeda/commissioner"),
            ("eu", "gdpr/persons"),
        ],
    )
    def test_without_a_number_it_is_owed_at_once(self, jurisdiction: str, name: str) -> None:
        found = by_name(owed(jurisdiction))[name]
        assert found.at_once
        assert found.due == KNOWN

    def test_germany_reports_to_its_own_offices(self) -> None:
        assert "BSI" in by_name(owed("de"))["nis2/early-warning"].to
        assert "BSI" not in by_name(owed("eu"))["nis2/early-warning"].to


class TestTheOrder:
    """Who reads from above must meet the next deadline first."""

    @settings(deadline=None)  # the first reads the files of law
    @given(st.sampled_from(available()), MOMENTS)
    def test_is_by_time_and_none_is_before_it_was_known(self, jurisdiction: str, known_at: datetime) -> None:
        found = owed(jurisdiction, known_at)
        assert found
        assert [each.due for each in found] == sorted(each.due for each in found)
        assert all(each.due >= known_at for each in found)


class TestHowManyPersons:
    """At 500 individuals HIPAA asks the Secretary at once; the media only above 500 residents of one State."""

    @pytest.mark.parametrize(
        ("persons", "names"),
        [
            (0, {"secretary-yearly"}),
            (499, {"secretary-yearly"}),
            (500, {"secretary"}),
            (501, {"secretary", "media"}),
            (None, {"secretary", "media", "secretary-yearly"}),
        ],
    )
    def test_decide_whom_hipaa_asks(self, persons: int | None, names: set[str]) -> None:
        found = {each.notice.id for each in owed("us", persons=persons) if each.law.id == "hipaa"}
        assert found & {"secretary", "media", "secretary-yearly"} == names

    @settings(deadline=None)  # the first reads the files of law
    @given(st.integers(0, 10_000), st.sampled_from(available()))
    def test_a_number_only_takes_away_and_never_all(self, persons: int, jurisdiction: str) -> None:
        everything = {each.name for each in owed(jurisdiction)}
        some = {each.name for each in owed(jurisdiction, persons=persons)}
        assert some
        assert some <= everything


class TestRoles:
    """A processor that notifies an authority, and not its controller, has told the wrong one."""

    def test_part_them_and_lose_none(self) -> None:
        both = {each.name for each in owed("eu")}
        parts = [{each.name for each in owed("eu", role=role)} for role in ("controller", "processor")]
        assert parts[0] | parts[1] == both
        assert not parts[0] & parts[1]
        assert parts[1] == {"gdpr/controller", "hipaa/covered-entity"}


class TestWhatWasSent:
    """NIS2's month runs from the notification: sent early, the final report is due early."""

    def test_starts_what_follows(self) -> None:
        early = KNOWN + timedelta(hours=10)
        report = by_name(owed("eu", sent={"nis2/notification": early}))["nis2/final-report"]
        assert report.due == datetime(2026, 12, 22, 18, 0, tzinfo=UTC)
        assert not report.provisional

    def test_not_yet_it_is_counted_from_the_last_moment_and_says_so(self) -> None:
        report = by_name(owed("eu"))["nis2/final-report"]
        assert report.due == datetime(2026, 12, 25, 8, 0, tzinfo=UTC)
        assert report.provisional

    @settings(deadline=None)  # the first reads the files of law
    @given(st.timedeltas(timedelta(0), timedelta(hours=72)))
    def test_in_time_is_never_later_than_unsaid(self, after: timedelta) -> None:
        told = by_name(owed("eu", sent={"nis2/notification": KNOWN + after}))["nis2/final-report"]
        assert told.due <= by_name(owed("eu"))["nis2/final-report"].due

    def test_late_is_told_as_late(self) -> None:
        warning = by_name(owed("eu", sent={"nis2/early-warning": KNOWN + timedelta(hours=25)}))["nis2/early-warning"]
        assert warning.kept(KNOWN) is False

    def test_unsent_is_open_until_its_moment_and_missed_after(self) -> None:
        warning = by_name(owed("eu"))["nis2/early-warning"]
        assert warning.kept(warning.due) is None
        assert warning.kept(warning.due + timedelta(seconds=1)) is False

    def test_a_slip_in_the_name_is_told_with_the_names(self) -> None:
        with pytest.raises(UnknownNotice, match="nis2/notification"):
            owed("eu", sent={"nis2/notify": KNOWN})

    def test_before_anybody_knew_is_refused(self) -> None:
        with pytest.raises(SentTooEarly, match="before the breach became known"):
            owed("eu", sent={"nis2/notification": KNOWN - timedelta(minutes=1)})

    def test_a_moment_without_an_offset_is_refused(self) -> None:
        with pytest.raises(ValueError, match="offset"):
            owed("eu", datetime(2026, 11, 22, 8))


class TestTheGround:
    """A stack with faults in its file may be breached too: nothing but what is needed is read of it."""

    def test_region_tells_the_zone(self) -> None:
        assert ground("us-prod", {"bailiwick:region": "westus3"}).zone.key == "America/Phoenix"

    def test_an_unknown_region_asks_for_the_zone_and_a_zone_is_enough(self) -> None:
        with pytest.raises(NoGround, match="--zone Europe/Dublin"):
            ground("eu-prod", {"bailiwick:region": "eastus"})
        assert ground("eu-prod", {}, "Europe/Dublin").zone.key == "Europe/Dublin"

    @pytest.mark.parametrize("zone", ["Europe/Atlantis", "../../etc/passwd", ""])
    def test_a_zone_that_is_none_is_told(self, zone: str) -> None:
        with pytest.raises(NoGround):
            ground("eu-prod", {}, zone)

    def test_card_data_brings_its_standard(self) -> None:
        values: dict[str, object] = {
            "bailiwick:region": "westeurope",
            "bailiwick:useCases": [{"dataClasses": ["payment"]}],
        }
        beside = ground("eu-prod", values).beside
        assert json.dumps(dict(beside)) == '{"pci-dss": "payment data is in scope"}'
        assert "pci-dss" in {law.id for law in in_force(load("eu"), beside)}

    @pytest.mark.parametrize("cases", [None, "text", [None], [{"dataClasses": None}], [{}]])
    def test_use_cases_of_any_shape_are_read_without_a_fall(self, cases: object) -> None:
        assert not ground("eu-prod", {"bailiwick:region": "westeurope", "bailiwick:useCases": cases}).beside
