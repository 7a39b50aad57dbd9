"""The vault: nothing in clear, nothing wrong, nothing left after erasure."""

import dataclasses
import multiprocessing
import os
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_images.gateway.guard.tokens.keys import KeyMissing, Keys, Purpose
from model_images.gateway.guard.tokens.sealing import Minted, Row, Sealer, VaultTampered
from model_images.gateway.guard.tokens.store import SqliteStore
from model_images.gateway.guard.tokens.vault import Vault, VaultUnavailable
from tests.model_images.gateway.conversations import TENANTS, fresh_keys

ANN = Minted("NAME", "marker", "[[NAME_bcd2345]]", "Ann Example-Lee")


class Clock:
    """Time that a test moves."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> Iterator[SqliteStore]:
    made = SqliteStore(tmp_path / "tokens.db", now=clock)
    yield made
    made.close()


def on_disk(directory: Path) -> bytes:
    return b"".join(path.read_bytes() for path in directory.iterdir())


class TestValuesAreNeverInClear:
    """Whoever carries the disk away has random octets."""

    def test_neither_value_nor_patient_nor_conversation_nor_surrogate(self, store: SqliteStore, tmp_path: Path) -> None:
        vault = Vault(fresh_keys(), store)
        vault.mint_all("north", "conversation-77", "patient-88", [ANN])
        octets = on_disk(tmp_path)
        for word in (ANN.value, "Example", ANN.surrogate, "bcd2345", "conversation-77", "patient-88"):
            assert word.encode() not in octets
            assert word.encode("utf-16-le") not in octets

    def test_lengths_of_values_do_not_show(self) -> None:
        sealer = Sealer(fresh_keys(), "north", "c")
        sizes = {len(sealer.seal(dataclasses.replace(ANN, value="x" * size), None).sealed) for size in range(1, 12)}
        assert len(sizes) == 1

    def test_the_same_value_looks_different_in_another_conversation_and_time(self) -> None:
        keys = fresh_keys()
        rows = [Sealer(keys, "north", name).seal(ANN, "p") for name in ("a", "b", "b")]
        assert len({row.sealed for row in rows}) == 3
        assert rows[0].index != rows[1].index == rows[2].index

    def test_not_in_a_repr(self) -> None:
        assert "Ann" not in repr(ANN)

    def test_the_file_is_the_owners_alone(self, store: SqliteStore, tmp_path: Path) -> None:
        assert (tmp_path / "tokens.db").stat().st_mode & 0o077 == 0


class TestWhatWasTamperedWithDoesNotOpen:
    """No value, rather than a wrong one."""

    @settings(deadline=None)
    @given(st.data())
    def test_any_octet_of_any_column(self, data: st.DataObject) -> None:
        sealer = Sealer(KEYS, "north", "c")
        row = sealer.seal(ANN, "p")
        name = data.draw(st.sampled_from(["sealed", "token", "index", "patient", "conversation"]))
        octets = bytearray(getattr(row, name))
        octets[data.draw(st.integers(0, len(octets) - 1))] ^= data.draw(st.integers(1, 255))
        changed: dict[str, Any] = {name: bytes(octets)}
        with pytest.raises(VaultTampered):
            sealer.open(dataclasses.replace(row, **changed))

    @pytest.mark.parametrize("size", [0, 5, 12, 27])
    def test_a_cut_row(self, size: int) -> None:
        sealer = Sealer(KEYS, "north", "c")
        row = sealer.seal(ANN, None)
        with pytest.raises(VaultTampered):
            sealer.open(dataclasses.replace(row, sealed=row.sealed[:size]))

    def test_rows_that_changed_places(self) -> None:
        other = dataclasses.replace(ANN, surrogate="[[NAME_bcd2346]]", value="Bob")
        here, there = Sealer(KEYS, "north", "c"), Sealer(KEYS, "north", "d")
        one, two, three = here.seal(ANN, None), here.seal(other, None), there.seal(ANN, None)
        for row, foreign in ((one, two), (two, one), (one, three)):
            with pytest.raises(VaultTampered):
                here.open(dataclasses.replace(row, sealed=foreign.sealed))
        with pytest.raises(VaultTampered):
            here.open(three)

    def test_another_tenants_row_even_under_its_name(self) -> None:
        mine = Sealer(KEYS, "north", "c")
        foreign = Sealer(KEYS, "south", "c").seal(ANN, None)
        for row in (foreign, dataclasses.replace(foreign, tenant="north")):
            with pytest.raises(VaultTampered):
                mine.open(row)
        with pytest.raises(VaultTampered):
            mine.open(dataclasses.replace(foreign, tenant="north", conversation=mine.seal(ANN, None).conversation))

    def test_a_changed_file_is_refused_as_a_whole(self, store: SqliteStore, tmp_path: Path) -> None:
        vault = Vault(KEYS, store)
        vault.mint_all("north", "c", None, [ANN])
        with sqlite3.connect(tmp_path / "tokens.db") as database:
            database.execute("UPDATE tokens SET sealed = zeroblob(length(sealed))")
        with pytest.raises(VaultTampered):
            vault.load("north", "c")

    def test_a_file_that_is_no_database_is_unavailable_and_not_quoted(self, tmp_path: Path) -> None:
        (tmp_path / "tokens.db").write_bytes(b"hunter2" * 1000)
        with pytest.raises(VaultUnavailable) as raised:
            SqliteStore(tmp_path / "tokens.db")
        assert raised.value.__suppress_context__


class TestAValueHasOneTokenInAConversation:
    """Two replicas meet one name at once."""

    def test_the_first_token_is_kept_and_told(self) -> None:
        vault = Vault(KEYS, SqliteStore(None))
        later = dataclasses.replace(ANN, surrogate="[[NAME_zzz2345]]")
        assert vault.mint_all("north", "c", None, [ANN]) == [ANN]
        assert vault.mint_all("north", "c", None, [later]) == [ANN]
        assert vault.load("north", "c") == [ANN]

    def test_two_values_under_one_token_are_not_put_away(self) -> None:
        vault = Vault(KEYS, SqliteStore(None))
        vault.mint_all("north", "c", None, [ANN])
        with pytest.raises(VaultUnavailable):
            vault.mint_all("north", "c", None, [dataclasses.replace(ANN, value="Bob")])
        assert vault.load("north", "c") == [ANN]

    def test_threads_agree(self, store: SqliteStore) -> None:
        vault, answers = Vault(KEYS, store), []

        def mint(number: int) -> None:
            for value in range(20):
                one = Minted("NAME", "marker", f"[[NAME_b{number}{value:03}]]", f"value {value}")
                answers.append((one.value, vault.mint_all("north", "c", None, [one])[0].surrogate))

        threads = [threading.Thread(target=mint, args=(number,)) for number in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(answers) == 120
        assert len(set(answers)) == 20

    def test_processes_agree(self, tmp_path: Path) -> None:
        path = tmp_path / "tokens.db"
        SqliteStore(path).close()
        context = multiprocessing.get_context("spawn")
        secrets = {key: KEYS.of_epoch(*key).secret for key in ((Purpose.VAULT, "north", 1),)}
        with context.Pool(3) as pool:
            found = pool.starmap(mint_in_process, [(path, secrets, number) for number in range(3)])
        assert len({surrogate for answers in found for surrogate in answers}) == 15


def mint_in_process(path: Path, secrets: dict[tuple[Purpose, str, int], bytes], number: int) -> list[str]:
    """Mints the same values as the other processes do."""
    vault = Vault(Keys(secrets), SqliteStore(path))
    minted = [Minted("NAME", "marker", f"[[NAME_b{number}{value:03}]]", f"value {value}") for value in range(15)]
    return [vault.mint_all("north", "c", None, [one])[0].surrogate for one in minted]


class TestOldEpochsStillRestore:
    """Rotation must not lose what was said yesterday."""

    def test_under_the_key_that_sealed_it(self) -> None:
        store = SqliteStore(None)
        secrets = {(Purpose.VAULT, "north", 1): os.urandom(32)}
        Vault(Keys(secrets), store).mint_all("north", "c", "p", [ANN])
        bob = dataclasses.replace(ANN, surrogate="[[NAME_bcd2346]]", value="Bob")
        rotated = Keys({**secrets, (Purpose.VAULT, "north", 2): os.urandom(32)})
        vault = Vault(rotated, store)
        vault.mint_all("north", "c", "p", [bob])
        assert vault.load("north", "c") == [ANN, bob] or vault.load("north", "c") == [bob, ANN]
        assert vault.erase_patient("north", "p") == 2

    def test_without_that_key_it_is_gone(self) -> None:
        store = SqliteStore(None)
        Vault(KEYS, store).mint_all("north", "c", None, [ANN])
        assert Vault(fresh_keys(2), store).load("north", "c") == []
        with pytest.raises(KeyMissing):
            Vault(Keys({}), store).load("north", "c")


class TestErasureLeavesNothing:
    """GDPR Art. 17, and the end of a contract."""

    def put(self, vault: Vault) -> None:
        for number, (tenant, conversation, patient) in enumerate(
            [
                ("north", "c1", "p1"),
                ("north", "c2", "p1"),
                ("north", "c3", "p2"),
                ("south", "c1", "p1"),
                ("north", "c4", None),
            ]
        ):
            one = Minted("NAME", "marker", f"[[NAME_bcd234{number}]]", f"Ann {number}")
            vault.mint_all(tenant, conversation, patient, [one])

    def left(self, vault: Vault) -> list[str]:
        found = [(tenant, name) for tenant in TENANTS for name in ("c1", "c2", "c3", "c4") if vault.load(tenant, name)]
        return [f"{tenant} {name}" for tenant, name in found]

    def test_of_a_patient(self) -> None:
        vault = Vault(KEYS, SqliteStore(None))
        self.put(vault)
        assert vault.erase_patient("north", "p1") == 2
        assert self.left(vault) == ["north c3", "north c4", "south c1"]

    def test_of_nobody_in_particular_is_of_nobody(self) -> None:
        store = SqliteStore(None)
        self.put(Vault(KEYS, store))
        assert store.erase("north", patients=[b""]) == 0

    def test_of_a_conversation(self) -> None:
        vault = Vault(KEYS, SqliteStore(None))
        self.put(vault)
        assert vault.erase_conversation("north", "c1") == 1
        assert self.left(vault) == ["north c2", "north c3", "north c4", "south c1"]

    def test_not_even_in_the_files(self, store: SqliteStore, tmp_path: Path) -> None:
        vault = Vault(KEYS, store)
        vault.mint_all("north", "c", "p", [ANN])
        sealed = store.load("north", Sealer(KEYS, "north", "c").addresses())[0].sealed
        assert sealed in on_disk(tmp_path)
        vault.erase_patient("north", "p")
        assert sealed not in on_disk(tmp_path)

    def test_when_its_time_is_over(self, store: SqliteStore, clock: Clock) -> None:
        vault = Vault(KEYS, store, ttl_s=60)
        vault.mint_all("north", "c", None, [ANN])
        clock.now += 30
        vault.mint_all("north", "c", None, [ANN])  # used again: it lives on
        clock.now += 59
        assert vault.load("north", "c") == [ANN]
        assert store.purge() == 0
        clock.now += 1
        assert vault.load("north", "c") == []
        other = dataclasses.replace(ANN, surrogate="[[NAME_bcd2346]]")
        assert vault.mint_all("north", "c", None, [other]) == [other]
        clock.now += 60
        assert store.purge() == 1


class TestAFailingStoreRefuses:
    """A token that was not put away could never be restored."""

    def test_a_store_that_forgets(self) -> None:
        class Forgetful(SqliteStore):
            def put(self, rows: Sequence[Row], ttl_s: int) -> list[Row]:
                return []

        with pytest.raises(VaultUnavailable):
            Vault(KEYS, Forgetful(None)).mint_all("north", "c", None, [ANN])

    def test_a_store_that_answers_with_another_row(self) -> None:
        bob = Sealer(KEYS, "north", "c").seal(dataclasses.replace(ANN, value="Bob"), None)

        class Lying(SqliteStore):
            def put(self, rows: Sequence[Row], ttl_s: int) -> list[Row]:
                return [dataclasses.replace(bob, index=row.index) for row in rows]

        with pytest.raises(VaultTampered):
            Vault(KEYS, Lying(None)).mint_all("north", "c", None, [ANN])

    def test_a_closed_or_locked_file(self, store: SqliteStore) -> None:
        store.close()
        with pytest.raises(VaultUnavailable):
            Vault(KEYS, store).mint_all("north", "c", None, [ANN])


KEYS = fresh_keys()
