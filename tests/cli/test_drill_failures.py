"""A drill meets what a real restore would meet: it says so, clears up, and never takes it out on what serves."""

import ast
import json
from pathlib import Path

import pytest

from drill import STEPS, steps
from drill.ground import Result
from tests.cli.drill_az import TOKEN, FakeAz, ago, point, status
from tests.cli.drill_run import drill, migrations_say, outcomes, rehearsed, verb
from tests.cli.test_command import run
from tests.plans import compliant


class TestWhatTheDatabaseIsAsked:
    """A server that came up proves nothing about what is in it; and the one that serves is never asked."""

    def test_only_the_drills_server_is_asked(self, az: FakeAz, looked: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PGHOSTADDR", "10.0.0.4")
        monkeypatch.setenv("PGSERVICE", "production")
        drill(az, "--only", "database")
        seen = looked.read_text()
        assert "'PGHOST': 'psql-drill.invalid'" in seen
        assert "PGHOSTADDR" not in seen
        assert "PGSERVICE" not in seen

    def test_the_token_is_nowhere_but_there(self, az: FakeAz, looked: Path) -> None:
        done, record = drill(az, "--only", "database")
        assert TOKEN in looked.read_text()
        assert TOKEN not in done.stdout + done.stderr + json.dumps(record) + "".join(az.said)

    def test_each_database_is_looked_at_by_its_own_migrations(self, az: FakeAz, looked: Path) -> None:
        drill(az, "--only", "database")
        ran = [ast.literal_eval(line) for line in looked.read_text().splitlines()]
        found = {surroundings["PGDATABASE"]: module for module, surroundings in ran}
        assert found == {"retrieval": "retrieval.migrate", "token-vault": "token_vault.migrate"}
        planned = compliant("eu-prod").of_type("azure-native:dbforpostgresql:Database")
        assert set(found) == {database.get("databaseName") for database in planned}

    def test_a_database_behind_its_migrations_is_a_failure(
        self, az: FakeAz, looked: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        migrations_say(monkeypatch, looked, "applied 0009_late.sql")
        done, _ = drill(az, "--only", "database")
        assert done.returncode == 1
        assert "applied 0009_late.sql" in done.stdout


class TestWhenAStepFails:
    """What is half done is removed, and later steps still come."""

    @pytest.mark.parametrize(
        "part",
        ["storage account create", "restore trigger", "blob download", "private-endpoint create", "resource create"],
    )
    def test_all_is_removed_all_the_same(self, az: FakeAz, looked: Path, part: str) -> None:
        az.fails[part] = "denied by policy"
        done, record = drill(az)
        assert done.returncode == 1
        assert az.groups == []
        assert "denied by policy" in done.stdout
        # The line itself, to try by hand.
        assert any(line.partition(": ")[2].startswith("az ") and part in line for line in done.stdout.splitlines())
        assert outcomes(record)["clean-up"] == outcomes(record)["replica"] == "done"

    def test_what_could_not_be_removed_is_named_with_the_line_that_removes_it(self, az: FakeAz, looked: Path) -> None:
        az.fails["group delete"] = "still in use"
        done, record = drill(az)
        assert done.returncode == 1
        (line,) = record["leftBehind"]
        assert line.startswith("az group delete --name rg-bw-eu-prod-drill --yes")
        assert f"left behind; remove it with: {line}" in done.stdout

    def test_an_interrupted_drill_is_cleared_too(
        self, az: FakeAz, looked: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def stopped(ground: object, there: object) -> Result:
            (az.home / "groups" / "rg-bw-eu-prod-drill").touch()
            raise KeyboardInterrupt

        monkeypatch.setattr(steps, "restore_blob", stopped)
        assert run("drill", "eu-prod", "--record", str(az.home / "r.json")).returncode == 1
        assert az.groups == []

    def test_what_an_earlier_drill_left_is_removed_first(self, az: FakeAz, looked: Path) -> None:
        (az.home / "groups" / "rg-bw-eu-prod-drill").touch()
        done, _ = drill(az)
        assert done.returncode == 0
        deleting, making = (
            next(at for at, line in enumerate(az.said) if line.startswith(part))
            for part in ("group delete", "group create")
        )
        assert deleting < making

    def test_nothing_is_made_beside_what_cannot_be_removed(self, az: FakeAz, looked: Path) -> None:
        (az.home / "groups" / "rg-bw-eu-prod-drill").touch()
        az.fails["group delete"] = "locked"
        done, record = drill(az)
        assert done.returncode == 1
        assert outcomes(record)["documents"] == outcomes(record)["database"] == "failed"
        assert not [line for line in az.said if "create" in line.split()[:3]]

    def test_a_canary_that_comes_back_changed(self, az: FakeAz) -> None:
        az.restored += "x"
        done, _ = drill(az, "--only", "documents")
        assert done.returncode == 1
        assert "came back changed" in done.stdout

    def test_backups_that_have_stopped(self, az: FakeAz) -> None:
        az.answers["recovery-point list"] = [point("old", ago(days=5))]
        done, _ = drill(az, "--only", "documents")
        assert done.returncode == 1
        assert "backups stopped" in done.stdout

    @pytest.mark.parametrize("part", ["recovery-point list", "or-policy list"])
    def test_nothing_to_restore_from_and_nowhere_copied(self, az: FakeAz, part: str) -> None:
        az.answers[part] = []
        done, _ = drill(az, "--only", "documents", "--only", "copies")
        assert done.returncode == 1

    @pytest.mark.parametrize("ended", ["Failed", "CompletedWithWarnings"])
    def test_a_restore_that_ends_badly(self, az: FakeAz, ended: str) -> None:
        az.answers["job show"] = {"properties": {"status": ended}}
        done, _ = drill(az, "--only", "documents")
        assert done.returncode == 1
        assert ended in done.stdout

    def test_a_broken_replica(self, az: FakeAz) -> None:
        az.answers["psql-bw-eu-prod-2 "] = {"properties": {"replica": {"replicationState": "Broken"}}}
        done, _ = drill(az, "--only", "replica")
        assert done.returncode == 1
        assert "the replica is Broken" in done.stdout

    def test_a_copy_that_failed(self, az: FakeAz) -> None:
        az.answers["blob show"] = status("Failed")
        assert drill(az, "--only", "copies")[0].returncode == 1

    @pytest.mark.parametrize("part", ["metrics list", "resource show", "storage account list", "--prefix drill/"])
    @pytest.mark.parametrize("answer", ["no JSON", {"other": 1}, []])
    def test_an_answer_that_nobody_expected_is_no_traceback(self, az: FakeAz, part: str, answer: object) -> None:
        az.answers = {part: answer, **{key: value for key, value in az.answers.items() if key != part}}
        done, _ = drill(az)
        assert done.returncode in (1, 4)


class TestBeforeItBegins:
    """What can be said at once is not said after hours."""

    def test_a_dry_run_prints_and_does_nothing(
        self, az: FakeAz, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        done = run("drill", "eu-prod", "--dry-run")
        assert done.returncode == 0
        for step in STEPS:
            assert f"{step}: {STEPS[step]}" in done.stdout
        assert "az group delete --name rg-bw-eu-prod-drill" in done.stdout
        assert az.told == []
        assert list(tmp_path.glob("drill-*")) == []

    def test_a_dry_run_prints_what_a_drill_then_tells(self, az: FakeAz, looked: Path) -> None:
        drill(az)
        told = {verb(words) for words in az.told}
        printed = {verb(words[1:]) for words in rehearsed("eu-prod")}
        # A dry run does not ask who is logged in: nobody need be.
        assert told - {"account show"} == printed

    def test_a_dry_run_needs_no_az(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PATH", "/nowhere")
        assert run("drill", "eu-prod", "--dry-run").returncode == 0

    def test_without_az_it_says_so(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PATH", "/nowhere")
        done = run("drill", "eu-prod")
        assert done.returncode == 2
        assert "--dry-run prints" in done.stderr

    def test_somebody_must_be_logged_in(self, az: FakeAz) -> None:
        az.fails["account show"] = "Please run 'az login'"
        az.ready()
        done = run("drill", "eu-prod", "--record", str(az.home / "r.json"))
        assert done.returncode == 1
        assert "az login" in done.stderr
        assert len(az.told) == 1

    def test_a_managed_identity_is_named_by_its_id(self, az: FakeAz) -> None:
        az.answers["account show"] = {"user": {"name": "userAssignedIdentity", "assignedIdentityInfo": "MSIClient-7"}}
        assert drill(az, "--only", "replica")[1]["who"] == "7"

    def test_a_record_that_cannot_be_written(self, az: FakeAz) -> None:
        done = run("drill", "eu-prod", "--record", "/nowhere/record.json")
        assert done.returncode == 2
        assert az.told == []

    def test_a_step_that_is_none(self) -> None:
        done = run("drill", "eu-prod", "--only", "replicas")
        assert done.returncode == 2
        assert "replica" in done.stderr

    def test_an_unlawful_stack_is_not_drilled(self) -> None:
        assert run("drill", "cn-prod").returncode == 2
