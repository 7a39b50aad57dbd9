"""A backup that nobody has restored is a hope; a promise that nobody has measured is another."""

import json
from pathlib import Path

import pytest

from cli.planning import known_stacks, stack_config
from components.naming import Names
from components.roles import Role
from drill.backup import BACKUP_CONTRIBUTOR, BLOB_READER
from drill.ground import Result
from drill.names import SECOND, Place
from drill.record import compare
from drill.steps import Done
from tests.cli.drill_az import FakeAz, ago, lag, status
from tests.cli.drill_run import drill, outcomes, rehearsed, verdicts
from tests.cli.test_command import run
from tests.plans import REFUSED, compliant

HINT = "restored, but not looked at"


class TestItTouchesTheStackAlone:
    """A drill that reached into another stack, or out of the jurisdiction, would be the incident it prepares for."""

    @pytest.mark.parametrize("stack", [name for name in known_stacks() if name not in REFUSED])
    def test_every_command_stays_in_the_stacks_subscription_and_region(self, stack: str) -> None:
        config = stack_config(stack)
        for words in rehearsed(stack):
            line = " ".join(words)
            assert (
                config.subscription_id in line
                or words[1:4] == ["dataprotection", "job", "show"]
                or (words[2:5] == ["backup-instance", "restore", "initialize-for-item-recovery"])
            ), line
            for option in ("--location", "--restore-location"):
                if option in words:
                    assert words[words.index(option) + 1] == config.region
            for group in [words[at + 1] for at, word in enumerate(words) if word == "--resource-group"]:
                assert group.startswith(f"rg-{config.organisation}-{stack}-")

    @pytest.mark.parametrize("stack", [name for name in known_stacks() if name not in REFUSED])
    def test_names_are_within_azures_limits(self, stack: str) -> None:
        place = Place(stack_config(stack))
        assert len(place.drill_store) <= 24
        assert place.drill_store.isalnum()
        assert len(place.of("psql", "drill")) <= 63

    def test_only_the_drills_own_group_is_ever_deleted(self, az: FakeAz, looked: Path) -> None:
        drill(az)
        deleting = [words for words in az.told if "delete" in words]
        assert deleting
        assert {tuple(words[:4]) for words in deleting} == {("group", "delete", "--name", "rg-bw-eu-prod-drill")}

    def test_the_replica_is_never_promoted(self, az: FakeAz, looked: Path) -> None:
        drill(az)
        assert not [
            line
            for line in az.said
            if "promote" in line or ("-2-continuity" in line and "show" not in line and "list" not in line)
        ]

    def test_names_are_those_of_the_plan(self) -> None:
        place, plan = Place(stack_config("eu-prod")), compliant("eu-prod")
        planned = {str(value) for item in plan.resources for value in item.inputs.values() if isinstance(value, str)}
        second = Names("bw", f"eu-prod{SECOND}")
        assert place.second_group == second.resource_group("continuity")
        assert place.of("psql", second=True) == second.of("psql")
        for name in (
            *(place.group(concern) for concern in ("data", "backup", "network")),
            *(place.of(kind) for kind in ("psql", "bvault", "vnet")),
            *(place.instance(role) for role in ("patient", "cluster")),
            place.second_group,
            place.of("psql", second=True),
            place.of("id", "migrations"),
        ):
            assert name in planned, name
        for role in ("patient", "weights"):
            assert any(value.startswith(place.store_stem(role)) for value in planned), role
        zones = {item.inputs.get("privateZoneName") for item in plan.resources}
        assert {place.zone(service).rpartition("/")[2] for service in ("blob", "postgres")} <= zones

    def test_rights_are_those_that_the_platform_gives(self) -> None:
        assert Role(BACKUP_CONTRIBUTOR) is Role.STORAGE_BACKUP_CONTRIBUTOR
        assert Role(BLOB_READER) is Role.BLOB_DATA_READER

    def test_what_is_restored_is_as_closed_as_where_it_came_from(self) -> None:
        lines = [" ".join(words) for words in rehearsed("eu-prod")]
        (account,) = [line for line in lines if "storage account create" in line]
        for words in (
            "--allow-shared-key-access false",
            "--public-network-access Disabled",
            "--default-action Deny",
            "--encryption-key-source Microsoft.Keyvault",
            "data-classification=phi",
        ):
            assert words in account
        (server,) = [words for words in rehearsed("eu-prod") if "PointInTimeRestore" in " ".join(words)]
        body = json.loads(server[server.index("--properties") + 1])
        assert body["properties"]["network"] == {"publicNetworkAccess": "Disabled"}
        assert body["properties"]["dataEncryption"]["type"] == "AzureKeyVault"
        assert body["tags"]["jurisdiction"] == "eu"

    def test_no_patients_document_is_restored_along(self, az: FakeAz, looked: Path) -> None:
        drill(az, "--only", "documents")
        (words,) = [words for words in az.told if "--vaulted-blob-prefix-pattern" in words]
        pattern = json.loads(words[words.index("--vaulted-blob-prefix-pattern") + 1])
        assert pattern == {"containers": [{"name": "documents", "prefixmatch": ["drill/"]}]}


class TestADrillThatSucceeds:
    """What comes back is what was put, and the record says so."""

    def test_every_promise_is_kept_and_all_is_removed(self, az: FakeAz, looked: Path) -> None:
        done, record = drill(az)
        assert done.returncode == 0, done.stdout
        assert az.groups == []
        assert outcomes(record) == {
            **dict.fromkeys(("leftovers", "canary", "copies", "replica", "documents", "database", "clean-up"), "done"),
            "volumes": "by hand",
        }
        assert verdicts(record) == {
            ("phi", "rpo"): "kept",
            ("phi", "rto"): "kept",
            ("confidential", "rpo"): "kept",
            ("confidential", "rto"): "not measured",
        }

    def test_the_record_says_who_when_and_what(self, az: FakeAz, looked: Path) -> None:
        _, record = drill(az)
        assert (record["format"], record["stack"], record["jurisdiction"]) == ("bailiwick-drill/1", "eu-prod", "eu")
        assert (record["who"], record["region"], record["secondRegion"]) == (
            "drill@hospital.example",
            "westeurope",
            "northeurope",
        )
        assert record["began"].endswith("+00:00")
        assert record["began"] <= record["ended"]
        assert all(step["seconds"] >= 0 for step in record["steps"])
        facts = {step["name"]: step.get("facts", {}) for step in record["steps"]}
        assert facts["documents"]["blob"] == az.canary
        assert facts["documents"]["sha256"] == facts["documents"]["sha256Restored"]
        assert facts["replica"] == {"replicationState": "Active", "lagSeconds": 90}
        assert (record["leftBehind"], record["state"]) == ([], "kept")

    def test_the_table_says_the_same_in_plain_text(self, az: FakeAz, looked: Path) -> None:
        done, _ = drill(az)
        lines = done.stdout.splitlines()
        assert lines[0].startswith("drill of eu-prod, ")
        assert lines[0].endswith(" UTC, by drill@hospital.example")
        assert any(line.split()[:6] == ["phi", "RPO", "60", "min", "1.5", "min"] and "kept" in line for line in lines)
        assert "\x1b" not in done.stdout

    def test_json_on_the_screen_is_the_record(self, az: FakeAz, looked: Path) -> None:
        done, record = drill(az, "--json")
        assert json.loads(done.stdout) == record

    def test_without_a_name_the_record_lies_in_this_folder(
        self, az: FakeAz, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        assert run("drill", "eu-prod", "--only", "replica").returncode == 0
        assert len(list(tmp_path.glob("drill-eu-prod-*T*Z.json"))) == 1

    def test_the_newest_point_and_a_canary_older_than_it_are_taken(self, az: FakeAz) -> None:
        az.answers["--prefix drill/"].append({"name": f"drill/canary-{ago(hours=1).strftime('%Y%m%dT%H%M%SZ')}.txt"})
        drill(az, "--only", "documents")
        assert any("--recovery-point-id new" in line for line in az.said)
        assert any(line.startswith("storage blob download") and az.canary in line for line in az.said)

    def test_the_next_canary_is_put_and_old_ones_go(self, az: FakeAz) -> None:
        old = f"drill/canary-{ago(days=200).strftime('%Y%m%dT%H%M%SZ')}.txt"
        az.answers["--prefix drill/"].append({"name": old})
        drill(az, "--only", "copies")
        assert (az.home / "uploaded").read_text().startswith("bailiwick drill canary of eu-prod, ")
        assert [line.rpartition("--name ")[2] for line in az.said if "blob delete" in line] == [old]

    def test_one_step_alone(self, az: FakeAz) -> None:
        _, record = drill(az, "--only", "replica")
        assert outcomes(record) == {"replica": "done"}
        assert not [line for line in az.said if "group" in line.split()[:1]]

    def test_a_dev_stack_without_a_second_region_drills_its_backup(
        self, tmp_path: Path, az: FakeAz, looked: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        dev = FakeAz(tmp_path / "dev", "eu-dev")
        dev.on_path(monkeypatch)
        done, record = drill(dev, stack="eu-dev")
        assert done.returncode == 0, done.stdout
        assert outcomes(record)["documents"] == outcomes(record)["database"] == "done"
        assert outcomes(record)["replica"] == outcomes(record)["copies"] == "not here"
        assert record["objectives"] == "no objective stated"
        assert "no objective stated" in done.stdout


class TestAPromiseThatIsNotKept:
    """Somebody reads the exit code, and nobody the table."""

    def test_a_replica_too_far_behind(self, az: FakeAz, looked: Path) -> None:
        az.answers["metrics list"] = lag([10, 2 * 3600])
        done, record = drill(az)
        assert done.returncode == 3
        assert verdicts(record)[("phi", "rpo")] == "not kept"
        assert az.groups == []

    @pytest.mark.parametrize("seen", [None, "Pending"])
    def test_a_canary_that_does_not_arrive(self, az: FakeAz, looked: Path, seen: str | None) -> None:
        az.answers = {"--name drill/": status(seen), **az.answers}
        done, record = drill(az, "--only", "copies", "--only", "replica")
        assert done.returncode == 3
        assert verdicts(record)[("phi", "rpo")] == "not kept"

    def test_weights_that_wait_since_days(self, az: FakeAz) -> None:
        az.answers = {"--name a/1": status(None), **az.answers}
        done, record = drill(az, "--only", "copies")
        assert done.returncode == 3
        assert verdicts(record)[("confidential", "rpo")] == "not kept"

    def test_a_restore_that_takes_longer_than_promised(self) -> None:
        config = stack_config("eu-prod")
        promised = {item.data_class: item.rto_minutes for item in config.continuity.objectives}["phi"]
        half = promised * 60 * 0.6
        steps = [
            Done(name=name, title="", seconds=half, result=Result(outcome="done", says=""))
            for name in ("documents", "database")
        ]
        alone = {(item.promise.data_class, item.promise.kind): item.verdict for item in compare(config, steps[:1])}
        both = {(item.promise.data_class, item.promise.kind): item.verdict for item in compare(config, steps)}
        assert alone[("phi", "rto")] == "not measured"
        assert both[("phi", "rto")] == "not kept"


class TestWhatWasNotMeasured:
    """Not measured is not kept: it has an exit code of its own."""

    def test_a_replica_that_says_no_lag(self, az: FakeAz) -> None:
        az.answers["metrics list"] = lag([None])
        done, record = drill(az, "--only", "replica")
        assert done.returncode == 4
        assert verdicts(record)[("phi", "rpo")] == "not measured"

    def test_a_first_drill_has_no_canary_to_bring_back(self, az: FakeAz) -> None:
        az.answers["--prefix drill/"] = []
        done, record = drill(az, "--only", "documents")
        assert done.returncode == 4
        assert outcomes(record)["documents"] == "not measured"
        assert "after the next nightly backup" in done.stdout
        assert not [line for line in az.said if "account create" in line]

    def test_a_database_without_a_login(self, az: FakeAz) -> None:
        done, record = drill(az, "--only", "database")
        assert (done.returncode, outcomes(record)["database"]) == (4, "not measured")
        assert HINT in done.stdout
        assert "PGUSER=id-bw-eu-prod-migrations" in done.stdout
        assert az.groups == []

    def test_a_database_that_cannot_be_reached(self, az: FakeAz, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PGUSER", "somebody")
        done, _ = drill(az, "--only", "database")
        assert done.returncode == 4
        assert "psql-drill.invalid can't be reached from here" in done.stdout
        assert "bailiwick drill eu-prod --only database" in done.stdout
