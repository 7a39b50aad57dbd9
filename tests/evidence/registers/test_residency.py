"""The residency register: an auditor asks of every store the same questions, and a store that is left out is a lie."""

import pytest

from evidence.pack.subject import Subject
from evidence.registers.keys import SERVICE_KEY
from evidence.registers.residency import Entry, register
from evidence.registers.retention import NONE
from plan.model import UNKNOWN
from tests.evidence.pack.subjects import sound, subject
from tests.plans import CORE, changed, compliant, where


def _named(found: tuple[Entry, ...], part: str) -> Entry:
    return next(entry for entry in found if part in entry.resource.display_name)


class TestEveryStoreIsThere:
    """Whatever keeps data is in the register, in every stack."""

    @pytest.mark.parametrize("stack", CORE)
    def test_with_all_that_is_asked_of_it(self, stack: str) -> None:
        judged = subject(compliant(stack))
        found = register(judged)
        stores = [place for place in judged.stack.graph.places.values() if place.kind == "store"]
        assert {entry.place.id for entry in found} >= {place.id for place in stores}
        assert len(found) > 10
        for entry in found:
            assert entry.country, entry.resource.display_name
            assert entry.holds
            assert entry.retention
        assert all(entry.inside for entry in found)

    def test_the_most_sensitive_first(self) -> None:
        classes = [entry.place.classification for entry in register(sound())]
        assert classes == sorted(classes, key=["phi", "confidential", "internal"].index)  # type: ignore[arg-type]  # known


class TestTheKeyIsTheOneThatIsSet:
    """A register that says 'your key' where it isn't is worse than none."""

    def test_patients_data_is_under_the_module(self) -> None:
        entry = _named(register(sound()), "patientqdyd")
        assert entry.key.customer
        assert "managed HSM hsm-bw-eu-prod" in entry.key.words

    def test_a_store_under_microsofts_key_says_so(self) -> None:
        plan = changed(compliant(), "storage:StorageAccount", "encryption.keySource", "Microsoft.Storage")
        weak = [entry for entry in register(subject(plan)) if not entry.key.customer]
        assert any("StorageAccount" in entry.resource.type for entry in weak)
        assert all(SERVICE_KEY in entry.key.words for entry in weak)

    def test_a_key_elsewhere_is_told_as_foreign(self) -> None:
        plan = changed(
            compliant(),
            "dbforpostgresql:Server",
            "dataEncryption.primaryKeyURI",
            "https://somebody.vault.azure.net/keys/theirs",
        )
        words = [entry.key.words for entry in register(subject(plan))]
        assert any("vault somebody, which is not in this plan" in each for each in words)

    def test_one_known_after_deployment_is_not_guessed(self) -> None:
        plan = changed(compliant(), "dbforpostgresql:Server", "dataEncryption.primaryKeyURI", UNKNOWN)
        assert any("known after deployment" in entry.key.words for entry in register(subject(plan)))


class TestCopiesSayWhere:
    """Replication is how data leaves quietly."""

    def test_to_the_second_region_with_its_country(self) -> None:
        entry = _named(register(sound()), "patientqdyd")
        assert any("northeurope (IE): object replication" in copy for copy in entry.copies)

    def test_a_region_outside_is_shouted(self) -> None:
        plan = changed(compliant(), "containerregistry:Replication", "location", "eastus")
        entry = _named(register(subject(plan)), "acrbweuprod")
        assert any("OUTSIDE" in copy for copy in entry.copies)

    def test_a_store_outside_is_told(self) -> None:
        plan = changed(compliant(), "appconfiguration:ConfigurationStore", "location", "eastus")
        (entry,) = (each for each in register(subject(plan)) if not each.inside)
        assert entry.resource.display_name == "appcs-bw-eu-prod"


class TestRetentionIsWhatThePlanSets:
    """Kept for ever is an answer, and must be given."""

    def test_write_once_is_in_days(self) -> None:
        entry = _named(register(sound()), "audit")
        assert "container 'audit': write-once for 2,556 days" in entry.retention

    def test_without_a_period_it_says_none(self) -> None:
        assert _named(register(sound()), "vm-bw-eu-prod-confidential-0").retention == (NONE,)

    def test_a_shorter_one_shows(self) -> None:
        plan = changed(
            compliant(),
            "storage:BlobContainerImmutabilityPolicy",
            "immutabilityPeriodSinceCreationInDays",
            30,
            where(containerName="audit"),
        )
        entry = _named(register(subject(plan)), "stbweuprodaudit")
        assert "container 'audit': write-once for 30 days" in entry.retention


class TestReadersAreAllWhoMay:
    """Roles of workloads, mounts, and people by their groups."""

    def test_weights_are_read_by_gateway_and_model_servers_alone(self) -> None:
        entry = _named(register(sound()), "weightsyqhx")
        assert entry.readers == ("gateway/gateway", "inference-clinical-notes/vllm")
        assert entry.writers == ()

    def test_nobody_has_a_right_to_patients_documents(self) -> None:
        entry = _named(register(sound()), "patientqdyd")
        assert (entry.readers, entry.writers) == ((), ())

    def test_people_are_named_by_group_and_role(self) -> None:
        entry = _named(register(sound()), "log-bw-eu-prod")
        assert any(reader.startswith("grp-bw-eu-prod-auditor (people, ") for reader in entry.readers)

    def test_a_right_for_people_shows(self) -> None:
        plan = changed(
            compliant(),
            "authorization:RoleDefinition",
            "permissions.0.dataActions",
            ["Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read"],
            where(roleName="Bailiwick auditor (eu-prod)"),
        )
        entry = _named(register(subject(plan)), "patientqdyd")
        assert entry.readers == ("grp-bw-eu-prod-auditor (people, Bailiwick auditor (eu-prod))",)

    def test_who_can_connect_is_told_apart_from_who_may_read(self) -> None:
        entry = _named(register(sound()), "psql-bw-eu-prod")
        assert "retrieval/retrieval" in entry.connected


def test_subject_keeps_its_register() -> None:
    judged: Subject = sound()
    assert judged.residency is judged.residency
