"""`bailiwick breach`: the first page of the worst day. It must answer, and never guess."""

import json

import pytest

from tests.cli.test_command import run

KNOWN = ("--known-at", "2026-11-22T08:00Z")


class TestTheAnswer:
    """Earliest first, with to whom and what it holds; the same as data."""

    def test_has_every_deadline_in_order(self) -> None:
        done = run("breach", "eu-prod", *KNOWN)
        assert done.returncode == 0
        at = [done.stdout.index(name) for name in ("nis2/early-warning", "gdpr/authority", "nis2/final-report")]
        assert at == sorted(at)
        assert "likely consequences" in done.stdout
        assert "\x1b" not in done.stdout

    def test_brief_leaves_out_what_each_holds_and_no_deadline(self) -> None:
        whole, brief = run("breach", "uk-prod", *KNOWN).stdout, run("breach", "uk-prod", *KNOWN, "--brief").stdout
        assert len(brief) < len(whole) / 2
        assert all(name in brief for name in ("uk-gdpr/commissioner", "dspt/reporting-tool"))

    def test_as_data_it_is_the_same_for_the_same_words(self) -> None:
        first, second = (run("breach", "eu-prod", *KNOWN, "--json").stdout for _ in range(2))
        assert first == second
        document = json.loads(first)
        assert document["format"] == "bailiwick-breach/1"
        entry = next(item for item in document["deadlines"] if item["id"] == "gdpr/authority")
        assert (entry["due"], entry["dueThere"]) == ("2026-11-25T08:00:00Z", "2026-11-25T09:00+01:00")
        assert entry["verified"] is True
        assert document["setNoClock"]["iso27001"]

    def test_unverified_law_is_marked(self) -> None:
        assert "UNVERIFIED" in run("breach", "us-prod", *KNOWN).stdout

    def test_a_stack_that_can_not_be_planned_is_answered_all_the_same(self) -> None:
        assert "csl/critical-infrastructure" in run("breach", "cn-prod", *KNOWN, "--brief").stdout

    def test_the_offset_is_heeded(self) -> None:
        there = run("breach", "eu-prod", "--known-at", "2026-11-22T09:00+01:00", "--json").stdout
        assert there == run("breach", "eu-prod", *KNOWN, "--json").stdout

    def test_what_was_sent_is_said_and_starts_what_follows(self) -> None:
        done = run("breach", "eu-prod", *KNOWN, "--sent", "nis2/notification=2026-11-22T18:00Z", "--json")
        dues = {item["id"]: item for item in json.loads(done.stdout)["deadlines"]}
        assert dues["nis2/notification"]["sent"] == "2026-11-22T18:00:00Z"
        assert dues["nis2/final-report"]["due"] == "2026-12-22T18:00:00Z"


class TestALawThatNobodyWroteDown:
    """Silence would read as "nothing is owed"."""

    def test_is_told_and_ends_with_4(self, monkeypatch: pytest.MonkeyPatch) -> None:
        from jurisdictions.notices import laws

        left = {name: law for name, law in laws().items() if name != "nis2"}
        monkeypatch.setattr("jurisdictions.notices.laws", lambda: left)
        done = run("breach", "eu-prod", *KNOWN)
        assert done.returncode == 4
        assert "nis2 is in force, and nobody wrote its clocks down" in done.stderr
        assert json.loads(run("breach", "eu-prod", *KNOWN, "--json").stdout)["notWrittenDown"] == ["nis2"]


class TestBadWords:
    """Each ends with 2 and the line that mends it."""

    @pytest.mark.parametrize(
        ("words", "told"),
        [
            (("eu-prod", "--known-at", "2026-11-22T08:00"), "write 2026-11-22T08:00Z for UTC"),
            (("eu-prod", "--known-at", "yesterday"), "write it as 2026-11-22T08:00Z"),
            (("eu-prod", "--known-at", "0001-01-01T00:00+14:00"), "outside the calendar"),
            (("eu-prod", "--known-at", "9999-12-31T08:00Z"), "nobody can write the day"),
            (("eu-prod",), "--known-at"),
            (("eu-prd", *KNOWN), "did you mean eu-prod"),
            (("eu-prod", *KNOWN, "--zone", "Europe/Atlantis"), "Europe/Dublin"),
            (("eu-prod", *KNOWN, "--persons", "-1"), "--persons"),
            (("eu-prod", *KNOWN, "--as", "janitor"), "controller"),
            (("eu-prod", *KNOWN, "--sent", "nis2/notification"), "write ID=TIME"),
            (("eu-prod", *KNOWN, "--sent", "nis2/notification=noon"), "no moment"),
            (("eu-prod", *KNOWN, "--sent", "nis2/notified=2026-11-22T09:00Z"), "nis2/notification"),
            (("eu-prod", *KNOWN, "--sent", "nis2/notification=2026-11-22T07:00Z"), "before the breach became known"),
        ],
    )
    def test_are_told(self, words: tuple[str, ...], told: str) -> None:
        done = run("breach", *words)
        assert done.returncode == 2
        assert told in " ".join(done.stderr.split())
        assert not done.stdout

    def test_a_moment_in_the_future_is_answered_and_asked_about(self) -> None:
        done = run("breach", "eu-prod", "--known-at", "2090-01-01T00:00Z", "--brief")
        assert done.returncode == 0
        assert "a rehearsal, or a slip?" in done.stderr
