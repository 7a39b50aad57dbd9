"""`bailiwick canary`: what it shows, what a replay decides, and how it says what is wrong."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from cli import planning
from cli.main import bailiwick
from policies import changes
from tests.tried import CHANGE, STACK, record, values, write, write_all

BEGIN = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture(autouse=True)
def _tried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "changes"
    folder.mkdir()
    write_all(folder)
    monkeypatch.setattr(changes, "FOLDER", folder)
    own = planning._values
    monkeypatch.setattr(planning, "_values", lambda stack: values() if stack == STACK else own(stack))
    return folder


def run(*words: str) -> Result:
    return CliRunner().invoke(bailiwick, ["canary", *words], standalone_mode=False)


def counts(requests: int, errors: int = 0) -> dict[str, Any]:
    judged = requests // 2
    return {
        "requests": requests,
        "errors": errors,
        "refusals": requests // 100,
        "accepted": judged - judged // 20,
        "corrected": judged // 20,
        "firstToken": {"0.5": requests // 2, "1": requests - requests // 50, "+Inf": requests},
    }


def looks(*errors: int) -> list[dict[str, Any]]:
    """A look each five minutes, with so many errors of the candidate's last window."""
    found = []
    for number, wrong in enumerate(errors):
        pair = {"stable": counts(1900, 4), "candidate": counts(100, wrong)}
        step = {
            "stable": counts(1900 * (number + 1), 4 * (number + 1)),
            "candidate": counts(100 * (number + 1), sum(errors[: number + 1])),
        }
        at = BEGIN + timedelta(minutes=5 * number)
        found.append({"at": at.isoformat(), "recent": pair, "step": step})
    return found


class TestItShowsWhatIsTried:
    """Whoever is called at night must see on whose word it stands."""

    def test_change_versions_evaluation_and_approvals(self) -> None:
        result = run("status", STACK)
        assert result.return_value == 0
        for words in (
            CHANGE,
            "B. Clinician (clinical-safety",
            "0.91, floor 0.85",
            "5, 20, 50, 100 percent",
            "ccccccccc",
        ):
            assert words in result.output

    def test_as_json(self) -> None:
        assert json.loads(run("status", STACK, "--json").output)[0]["change"] == CHANGE

    def test_a_stack_that_tries_nothing(self) -> None:
        assert run("status", "uk-prod").output == "uk-prod tries nothing\n"


class TestAReplayDecides:
    """What was decided must be decided again on the same numbers, by whoever asks."""

    def replay(self, tmp_path: Path, document: object) -> Result:
        file = tmp_path / "metrics.json"
        file.write_text(document if isinstance(document, str) else json.dumps(document))
        return run("decide", STACK, "--metrics", str(file))

    def test_a_quiet_trial_holds_and_ends_with_0(self, tmp_path: Path) -> None:
        result = self.replay(tmp_path, looks(0, 0, 0, 0))
        told = [json.loads(line) for line in result.output.splitlines()]
        assert [item["decision"] for item in told] == ["hold"] * 4
        assert {item["weight"] for item in told} == {5}
        assert result.return_value == 0

    def test_a_broken_one_is_rolled_back_and_ends_with_3(self, tmp_path: Path) -> None:
        result = self.replay(tmp_path, looks(0, 0, 40, 0))
        told = [json.loads(line) for line in result.output.splitlines()]
        assert [item["weight"] for item in told] == [5, 5, 0, 0]
        assert "errors are 40/100" in told[2]["reasons"][0]
        assert result.return_value == 3

    def test_its_lines_are_a_chain_that_verify_follows(self, tmp_path: Path) -> None:
        file = tmp_path / "record.jsonl"
        lines = self.replay(tmp_path, looks(0, 0, 0)).output.splitlines()
        file.write_text("\n".join(lines))
        assert run("verify", str(file)).return_value == 0
        file.write_text("\n".join([lines[0], lines[2]]))
        result = run("verify", str(file))
        assert result.return_value == 3
        assert result.output.startswith("line 2 follows")

    @pytest.mark.parametrize(
        ("document", "says"),
        [
            ("{", "is not JSON"),
            ([], "holds no look"),
            ([{}], "look 1: KeyError: 'at'"),
            ([{"at": "2026-12-01T12:00"}], "zone"),
        ],
    )
    def test_a_file_that_is_none_is_told_with_its_fault(self, tmp_path: Path, document: object, says: str) -> None:
        assert says in str(self.replay(tmp_path, document).exception)


class TestATrialWithoutARecordIsNotMoved:
    """The job asks for the same word as the plan."""

    def test_no_record(self, _tried: Path) -> None:  # noqa: PT019 its value is the folder
        (_tried / "notes-2.yaml").unlink()
        assert "there is no changes/notes-2.yaml" in str(run("status", STACK).exception)

    def test_a_faulty_record_with_every_fault(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        folder = tmp_path / "faulty"
        folder.mkdir()
        write(folder, notes_2=record(approvals=[], rollback=""))
        monkeypatch.setattr(changes, "FOLDER", folder)
        assert "changes/notes-2.yaml" in str(run("status", STACK).exception)


class TestAPersonTakesItBack:
    """The first thing that is looked for when patients complain."""

    def test_the_value_is_no_weight_and_says_who_and_why(self, tmp_path: Path) -> None:
        file = tmp_path / "value.json"
        file.write_text(json.dumps({"key": "routing:clinical-notes", "value": "{}"}))
        result = run("rollback", STACK, "--routing", str(file), "--who", "ana", "--why", "wrong doses")
        told = json.loads(result.output)
        assert (told["weight"], told["change"]) == (0, CHANGE)
        assert told["state"]["note"] == "by ana: wrong doses"
        assert told["state"]["outcome"] == "rolled back"

    def test_a_use_case_that_is_not_tried(self, tmp_path: Path) -> None:
        file = tmp_path / "value.json"
        file.write_text('{"value": "{}"}')
        words = ("--routing", str(file), "--who", "a", "--why", "b", "--use-case", "other")
        assert "no canary of 'other'; tried: clinical-notes" in str(run("rollback", STACK, *words).exception)
