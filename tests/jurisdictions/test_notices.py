"""The clocks of each law as data: whole, strict, and honest about what nobody checked."""

from collections.abc import Callable
from zoneinfo import ZoneInfo

import pytest
import yaml

from jurisdictions import JurisdictionError, available, load
from jurisdictions.notices import NotificationLaw, in_force, laws, parse, silent, unwritten

Document = dict[str, object]

NIS2 = """
id: nis2
short: NIS2
source: https://example.org
in_force_by: {frameworks: [nis2], laws: []}
notices:
  - id: notification
    article: Art. 1
    title: Tell
    role: controller
    owed_by: entity
    to: authority
    when: always
    contents: [what happened]
    clock: {words: in time, hours: 72}
    verified: true
    checked: read
"""


def refused(change: Callable[[dict[str, object]], object]) -> str:
    document: Document = yaml.safe_load(NIS2)
    notices = document["notices"]
    assert isinstance(notices, list)
    change(notices[0])
    with pytest.raises(JurisdictionError) as caught:
        parse(yaml.safe_dump(document), "nis2")
    return str(caught.value)


class TestEveryLawInForceIsAnswered:
    """A law that nobody wrote down is silent in the hour in which it would have been asked."""

    @pytest.mark.parametrize("jurisdiction", available())
    def test_with_clocks_or_with_the_reason_why_it_has_none(self, jurisdiction: str) -> None:
        assert not unwritten(load(jurisdiction))

    def test_what_nobody_wrote_down_is_found(self, monkeypatch: pytest.MonkeyPatch) -> None:
        left = {name: law for name, law in laws().items() if name != "gdpr"}
        monkeypatch.setattr("jurisdictions.notices.laws", lambda: left)
        assert unwritten(load("eu")) == ("gdpr",)

    def test_no_law_is_both_silent_and_with_clocks_but_under_another_name(self) -> None:
        assert not set(silent()) & set(laws())

    def test_no_file_is_of_a_law_that_no_jurisdiction_names(self) -> None:
        named = {law.id for name in available() for law in in_force(load(name), ["pci-dss"])}
        assert named == set(laws())

    def test_nothing_silent_is_named_by_nobody(self) -> None:
        named = {name for each in map(load, available()) for name in (*each.frameworks, *(law.id for law in each.law))}
        assert set(silent()) <= named


class TestWhatIsNotCheckedSaysSo:
    """A clock from memory that looks like one from the law is believed."""

    @pytest.fixture(params=sorted(laws()))
    def law(self, request: pytest.FixtureRequest) -> NotificationLaw:
        return laws()[str(request.param)]

    def test_every_notice_says_what_it_was_held_against(self, law: NotificationLaw) -> None:
        assert law.source.startswith(("https://", "http://www.npc.gov.cn"))
        for notice in law.notices:
            assert notice.checked
            assert notice.verified or any(word in notice.checked for word in ("memory", "not", "nothing")), notice.id

    def test_its_places_are_jurisdictions(self, law: NotificationLaw) -> None:
        assert {place for notice in law.notices for place in notice.to_in} <= set(available())


class TestAFileIsReadStrictly:
    """A misspelt key would be a clock that nobody counts."""

    def test_as_it_stands_it_is_read(self) -> None:
        assert parse(NIS2, "nis2").notices[0].clock.hours == 72

    def test_an_unknown_key(self) -> None:
        assert "unknown: deadline" in refused(lambda notice: notice.update(deadline=1))

    def test_two_numbers_in_one_clock(self) -> None:
        assert "more than one number" in refused(lambda n: n.update(clock={"words": "w", "hours": 1, "days": 1}))

    @pytest.mark.parametrize("hours", [0, -1, "72", 1.5])
    def test_a_number_that_is_none(self, hours: object) -> None:
        assert "hours" in refused(lambda notice: notice.update(clock={"words": "w", "hours": hours}))

    def test_a_clock_that_runs_from_nothing(self) -> None:
        words = refused(lambda n: n.update(clock={"words": "w", "days": 1, "runs_from": "later"}))
        assert "'later', which does not stand before it" in words

    def test_no_contents(self) -> None:
        assert "names nothing" in refused(lambda notice: notice.update(contents=[]))

    def test_a_role_that_is_none(self) -> None:
        assert "controller, processor" in refused(lambda notice: notice.update(role="janitor"))

    def test_all_faults_at_once(self) -> None:
        words = refused(lambda notice: notice.update(role="janitor", contents=[], verified="yes"))
        assert all(part in words for part in ("role", "contents", "verified"))

    def test_another_name_than_the_files(self) -> None:
        with pytest.raises(JurisdictionError, match="must be the file's name"):
            parse(NIS2, "nis3")


class TestTimeZonesOfRegions:
    """Days are counted where the authority is: a zone that does not exist would be found in the incident."""

    def test_every_region_has_one_that_exists(self) -> None:
        for name in available():
            for region in load(name).regions.values():
                assert ZoneInfo(region.time_zone).key == region.time_zone

    def test_a_zone_is_written_by_its_name(self) -> None:
        from jurisdictions.loader import parse as parse_jurisdiction
        from tests.jurisdictions.test_loader import _region, _uk

        document = _uk()
        _region(document, "uksouth")["time_zone"] = "GMT+1"
        with pytest.raises(JurisdictionError, match="no name of a time zone"):
            parse_jurisdiction(yaml.safe_dump(document), "uk")
