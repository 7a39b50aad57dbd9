"""`bailiwick lifecycle`: what it lists, what it says is wrong, and what it writes."""

import json
import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from cli.main import bailiwick
from cli.planning import ROOT
from model_images.evaluation.journal import Outcome
from model_images.evaluation.statement import signed
from model_images.evaluation.suite import find
from model_images.evaluation.summary import Subject, statement
from records import lives
from records.lifecycle import read

OWN = "lifecycle/eu-prod/clinical-notes/clinical-notes-27b-fp8-2b214ddf3326-1.0.0.yaml"
MODEL, PROMPT = f"toy@{'a' * 40}:{'b' * 64}", f"clinical-notes@1.0.0:{'c' * 64}"
TOY = f"lifecycle/eu-prod/clinical-notes/toy-{'a' * 12}-1.0.0.yaml"


@pytest.fixture(autouse=True)
def place(tmp_path: Path) -> Iterator[Path]:
    """The project's own records, in a folder that may be written to."""
    shutil.copytree(ROOT / "lifecycle", tmp_path / "lifecycle")
    own, lives.FOLDER = lives.FOLDER, tmp_path / "lifecycle"
    lives._read.cache_clear()
    yield tmp_path
    lives.FOLDER = own
    lives._read.cache_clear()


def run(*words: object) -> Result:
    lives._read.cache_clear()
    return CliRunner().invoke(bailiwick, ["lifecycle", *map(str, words)], standalone_mode=False)


def told(result: Result) -> str:
    """What a person reads of a fault."""
    return str(result.exception or "") + result.output


class TestItShowsWhereEachVersionStands:
    """An auditor asks this first."""

    def test_as_a_table_and_as_json(self) -> None:
        assert "clinical-notes-27b-fp8@2b214ddf3326" in run("list").stdout
        (row,) = [
            row for row in json.loads(run("list", "uk-prod", "--json").stdout) if row["useCase"] == "clinic-letters"
        ]
        assert (row["state"], row["expires"]) == ("active", "2027-10-11")
        assert row["approvals"] == ["B. Clinician (clinical-safety)", "C. Engineer (platform)"]

    def test_a_faulty_record_ends_with_3_and_is_told_by_its_line(self, place: Path) -> None:
        (place / OWN).write_text((place / OWN).read_text().replace("to: active", "to: activ"))
        result = run("list", "eu-prod")
        assert result.return_value == 3
        assert f"{OWN}:28: history.3.to: must be one of" in result.stderr


class TestItSaysWhatARuleWouldRefuse:
    """Without a plan: in a second, on a pull request."""

    def test_nothing_of_what_is_committed(self) -> None:
        result = run("check")
        assert result.return_value == 0, result.output

    @pytest.mark.parametrize(("day", "code", "says"), [("2027-09-01", 0, "! "), ("2028-01-01", 3, "✗ ")])
    def test_what_ends_soon_and_what_has_ended(self, day: str, code: int, says: str) -> None:
        result = run("check", "eu-prod", "--on", day)
        assert (result.return_value, result.stdout.startswith(says)) == (code, True)

    def test_what_has_no_record(self, place: Path) -> None:
        (place / OWN).unlink()
        result = run("check", "eu-prod", "--json")
        assert result.return_value == 3
        assert json.loads(result.stdout)["remarks"] == [
            {"kind": "refused", "path": OWN, "words": "is served, and has no record"}
        ]

    def test_a_sites_own_model_is_looked_at_too(self, place: Path) -> None:
        (path,) = (place / "lifecycle" / "eu-prod" / "edge-north-clinic").iterdir()
        path.unlink()
        assert "edge-north-clinic" in run("check", "eu-prod").stdout


class TestItWritesTheNextStep:
    """From candidate to active as people go it: each file it writes is one that the rules read."""

    def test_the_whole_way(self, place: Path) -> None:
        day, record = date.today().isoformat(), place / TOY
        begun = ("begin", "eu-prod", "clinical-notes", "--model", MODEL, "--prompt", PROMPT, "--by", "A", "--why", "w")
        assert run(*begun, "--write").return_value == 0
        assert "was not written" in told(run(*begun, "--write"))
        result, key = _result(place)
        step = ("promote", record, "--by", "A", "--write")
        assert run(*step, "--to", "evaluated", "--evaluation", result, "--key", key).return_value == 0
        approvals = ("--approval", f"B:clinical-safety:{day}", "--approval", f"C:platform:{day}")
        late = (date.today() - timedelta(days=1)).isoformat()
        approved = (*step, "--to", "approved", "--change", "CHG-1", *approvals, "--expires")
        assert [run(*approved, late).return_value, run(*approved, day).return_value] == [3, 0]
        life, faults = read(TOY, record.read_text())
        assert faults == ()
        assert life is not None
        assert life.standing.state == "approved"
        assert run(*step, "--to", "canary", "--change", "notes-9").return_value == 0
        assert run(*step, "--to", "active", "--record-sha256", "d" * 64).return_value == 0
        life, _ = read(TOY, record.read_text())
        assert life is not None
        assert [one.to for one in life.history] == ["candidate", "evaluated", "approved", "canary", "active"]
        assert life.standing.evaluation is not None
        assert life.standing.evaluation.accuracy == 1.0

    def test_it_prints_without_write_and_leaves_comments_as_they_are(self, place: Path) -> None:
        before = (place / OWN).read_text()
        result = run("promote", place / OWN, "--to", "retired", "--by", "D", "--why", "unsafe")
        assert result.stdout.startswith(before)
        assert (place / OWN).read_text() == before

    @pytest.mark.parametrize(
        ("words", "says"),
        [
            (("--to", "canary"), "active → canary is no step; from active it goes to active, approved, retired"),
            (("--to", "retired"), "active → retired needs why"),
            (("--to", "approved", "--why", "w", "--change", "x"), "change stands at active → approved"),
        ],
    )
    def test_what_is_no_step_is_refused_with_3(self, place: Path, words: tuple[str, ...], says: str) -> None:
        result = run("promote", place / OWN, "--by", "D", *words)
        assert result.return_value == 3
        assert says in result.stderr

    @pytest.mark.parametrize(
        ("words", "says"),
        [
            (("--to", "activ"), "Did you mean active?"),
            (("--to", "approved", "--approval", "B"), "WHO:ROLE:DATE"),
            (("--to", "evaluated", "--evaluation", "x"), "needs --key"),
        ],
    )
    def test_wrong_words_are_told(self, place: Path, words: tuple[str, ...], says: str) -> None:
        assert says in told(run("promote", place / OWN, "--by", "D", *words))

    def test_a_file_elsewhere_is_no_record(self, place: Path) -> None:
        assert "where records are looked for" in told(run("promote", place / "x.yaml", "--to", "retired", "--by", "D"))


class TestAResultIsHeldAgainstTheRecord:
    """Another model's result is the easiest way to approve this one."""

    @pytest.mark.parametrize(("part", "value"), [("model_sha256", "9" * 64), ("prompt_sha256", "9" * 64)])
    def test_of_another_content_it_is_not_taken(self, place: Path, part: str, value: str) -> None:
        run(
            "begin",
            "eu-prod",
            "clinical-notes",
            "--model",
            MODEL,
            "--prompt",
            PROMPT,
            "--by",
            "A",
            "--why",
            "w",
            "--write",
        )
        result, key = _result(place, **{part: value})
        words = ("--to", "evaluated", "--by", "A", "--evaluation", result, "--key", key)
        assert "is of another model, revision or prompt" in told(run("promote", place / TOY, *words))

    def test_signed_by_nobody_known_it_is_not_taken(self, place: Path) -> None:
        run(
            "begin",
            "eu-prod",
            "clinical-notes",
            "--model",
            MODEL,
            "--prompt",
            PROMPT,
            "--by",
            "A",
            "--why",
            "w",
            "--write",
        )
        result, _ = _result(place)
        (place / "other").mkdir()
        _, other = _result(place / "other")
        words = ("--to", "evaluated", "--by", "A", "--evaluation", result, "--key", other)
        assert "none of the keys signed it" in told(run("promote", place / TOY, *words))


def _result(folder: Path, **changes: str) -> tuple[Path, Path]:
    """A signed result in which everything is right, and the public key."""
    suite = find("clinical-de")
    about: dict[str, Any] = {
        "model": "toy",
        "revision": "a" * 40,
        "model_sha256": "b" * 64,
        "prompt": "clinical-notes",
        "prompt_version": "1.0.0",
        "prompt_sha256": "c" * 64,
        "endpoint": "https://gateway.example/v1",
        **changes,
    }
    outcomes = [
        Outcome(
            suite=suite.name,
            id=item.id,
            item_sha256=item.digest,
            task=item.task,
            lang=item.lang,
            passed=True,
            share=1.0,
            answer_sha256="0" * 64,
            first_token_ms=1.0,
            total_ms=2.0,
            finish="stop",
        )
        for item in suite.items
    ]
    now, key = datetime.now(UTC), ec.generate_private_key(ec.SECP256R1())
    form = serialization.PrivateFormat.PKCS8
    private = key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
    found = statement(Subject(**about), [suite], outcomes, seed=1, began=now, finished=now)
    (folder / "result.json").write_bytes(signed(found, private))
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    (folder / "signing.pub").write_bytes(public)
    return folder / "result.json", folder / "signing.pub"
