"""What is accepted is accepted by name, with a reason, by somebody, for a while."""

from datetime import date, timedelta
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as some

from cli.planning import ROOT
from scanners.accepted import DAYS, NAME, Accepted, FaultyList, read
from scanners.every import EVERY
from scanners.exports import SCANNER
from scanners.finding import Finding
from scanners.verdict import verdict

TODAY = date(2026, 11, 22)
SCANNERS = (SCANNER, *EVERY)
SOUND = {
    "scanner": "hadolint",
    "check": "DL3006",
    "resources": ["model_images/gateway/Dockerfile"],
    "reason": "because",
    "approver": "A. Novak",
    "approved": TODAY,
    "expires": TODAY + timedelta(days=90),
}


def _read(tmp_path: Path, **changed: object) -> tuple[Accepted, ...]:
    entry = {key: value for key, value in {**SOUND, **changed}.items() if value is not ...}
    file = tmp_path / "accepted.yaml"
    file.write_text(yaml.safe_dump({"accepted": [entry]}), encoding="utf-8")
    return read(file, SCANNERS)


def _finding(resource: str = "model_images/gateway/Dockerfile", check: str = "DL3006") -> Finding:
    return Finding(scanner="hadolint", check=check, resource=resource, where=f"{resource}:1", what="untagged")


class TestTheListsForm:
    """A list that nobody can read accepts nothing, and says every fault at once."""

    def test_the_projects_own_is_sound(self) -> None:
        entries = read(ROOT / NAME, SCANNERS)
        assert entries
        # No two entries speak of the same name: one would be stale and never found.
        names = [(entry.scanner, entry.check, name) for entry in entries for name in entry.resources]
        assert len(names) == len(set(names))

    def test_a_sound_entry(self, tmp_path: Path) -> None:
        (entry,) = _read(tmp_path)
        assert (entry.check, entry.resources, entry.line) == ("DL3006", ("model_images/gateway/Dockerfile",), 2)

    @pytest.mark.parametrize(
        ("key", "value", "fault"),
        [
            ("reason", ..., "an entry has exactly"),
            ("colour", "red", "an entry has exactly"),
            ("reason", "  ", "reason: is a text that says something"),
            ("approver", "", "approver: is a text"),
            ("scanner", "hadolin", "scanner: 'hadolin' is none"),
            ("resources", [], "is a list of names"),
            ("resources", "model_images/*", "is a list of names"),
            ("resources", ["*"], "too wide"),
            ("resources", ["tests/*"], "too wide"),
            ("resources", ["Microsoft.*.*.*"], "too wide"),
            ("resources", ["model_images/gateway/Dockerfil?"], "too wide"),
            ("resources", ["same-long-name", "same-long-name"], "stands twice"),
            ("expires", "tomorrow", "are days"),
            ("expires", TODAY + timedelta(days=DAYS + 1), "is not within"),
            ("expires", TODAY - timedelta(days=1), "is not within"),
        ],
    )
    def test_a_faulty_one(self, tmp_path: Path, key: str, value: object, fault: str) -> None:
        with pytest.raises(FaultyList, match=fault):
            _read(tmp_path, **{key: value})

    def test_all_faults_at_once_each_with_its_line(self, tmp_path: Path) -> None:
        with pytest.raises(FaultyList) as caught:
            _read(tmp_path, reason="", scanner="x", resources=["*"])
        assert len(str(caught.value).splitlines()) == 3
        assert all(line.startswith(f"{NAME}:2: ") for line in str(caught.value).splitlines())

    @pytest.mark.parametrize("text", ["", "[]", "accepted: 1", "accepted: []\nmore: 1", "accepted: [", "accepted: [1]"])
    def test_what_is_no_list(self, tmp_path: Path, text: str) -> None:
        (tmp_path / "a.yaml").write_text(text, encoding="utf-8")
        with pytest.raises(FaultyList):
            read(tmp_path / "a.yaml", SCANNERS)


class TestTheVerdict:
    """Green says: nothing new, nothing over, nothing needless, and everybody did their work."""

    def _verdict(self, *found: Finding, entries: tuple[Accepted, ...] = (), today: date = TODAY, **more: object):  # type: ignore[no-untyped-def]  # noqa: ANN202 of verdict()
        return verdict(found, entries, today=today, **{"ran": ["hadolint"], **more})  # type: ignore[arg-type]

    def test_what_nobody_accepted_is_new(self, tmp_path: Path) -> None:
        entries = _read(tmp_path)
        for other in (_finding("model_images/vllm/Dockerfile"), _finding(check="DL3007")):
            result = self._verdict(_finding(), other, entries=entries)
            assert result.new == (other,)
            assert not result.is_clean

    def test_what_is_accepted_is_clean(self, tmp_path: Path) -> None:
        result = self._verdict(_finding(), entries=_read(tmp_path))
        assert result.is_clean
        assert [finding for finding, _ in result.accepted] == [_finding()]

    def test_its_last_day_counts_and_the_next_does_not(self, tmp_path: Path) -> None:
        entries = _read(tmp_path)
        (entry,) = entries
        assert self._verdict(_finding(), entries=entries, today=entry.expires).is_clean
        late = self._verdict(_finding(), entries=entries, today=entry.expires + timedelta(days=1))
        assert late.new == (_finding(),)
        assert "its last day was" in late.expired[0]

    def test_it_begins_with_the_day_on_which_somebody_approved_it(self, tmp_path: Path) -> None:
        """A day that is to come would move its end as far away as anybody likes."""
        entries = _read(tmp_path)
        early = self._verdict(_finding(), entries=entries, today=entries[0].approved - timedelta(days=1))
        assert early.new == (_finding(),)
        assert "not yet" in early.expired[0]
        assert not early.is_clean

    def test_a_name_that_matches_nothing_is_needless(self, tmp_path: Path) -> None:
        entries = _read(tmp_path, resources=["model_images/gateway/Dockerfile", "model_images/edge/Dockerfile"])
        result = self._verdict(_finding(), entries=entries)
        assert "'model_images/edge/Dockerfile' matches nothing" in result.stale[0]
        assert not result.is_clean

    def test_a_scanner_that_did_not_run_had_no_chance_to_match(self, tmp_path: Path) -> None:
        assert self._verdict(entries=_read(tmp_path), ran=["yamllint"]).is_clean

    def test_a_scanner_that_failed_is_not_clean(self) -> None:
        assert not self._verdict(failed=["hadolint is missing"]).is_clean

    def test_what_could_not_be_asked_is_said_and_passes(self) -> None:
        result = self._verdict(unasked=["no advisory was looked up"])
        assert result.is_clean
        assert result.unasked

    def test_a_star_stands_for_a_part_and_a_bracket_for_itself(self, tmp_path: Path) -> None:
        (entry,) = _read(tmp_path, resources=["Microsoft.Storage/accounts.st*audit*"])
        pattern = entry.resources[0]
        assert entry.speaks_of(_finding("Microsoft.Storage/accounts.stbweuaudit1"), pattern)
        assert not entry.speaks_of(_finding("Microsoft.Storage/accounts.stbweupatient"), pattern)
        (plain,) = _read(tmp_path, resources=["a[bc]-and-more"])
        assert plain.speaks_of(_finding("a[bc]-and-more"), "a[bc]-and-more")
        assert not plain.speaks_of(_finding("ab-and-more"), "a[bc]-and-more")

    @given(
        names=some.lists(some.text(alphabet="abc/.", min_size=1, max_size=6), max_size=8),
        accepted=some.lists(some.text(alphabet="abc/.", min_size=1, max_size=6), max_size=4),
    )
    def test_every_finding_is_either_new_or_accepted_by_name(self, names: list[str], accepted: list[str]) -> None:
        entries = tuple(
            Accepted(
                scanner="hadolint",
                check="DL3006",
                resources=(name,),
                reason="r",
                approver="a",
                approved=TODAY,
                expires=TODAY,
                line=1,
            )
            for name in accepted
        )
        result = self._verdict(*(_finding(name) for name in names), entries=entries)
        assert {finding.resource for finding in result.new} == set(names) - set(accepted)
        assert {finding.resource for finding, _ in result.accepted} == set(names) & set(accepted)
