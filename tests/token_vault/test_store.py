"""The vault that replicas share: one truth for all of them, nothing readable in it, and no answer is a refusal."""

import asyncio
import dataclasses
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from psycopg.sql import SQL, Identifier

from model_images.gateway.guard.identifiers import Kind
from model_images.gateway.guard.spans import Span
from model_images.gateway.guard.tokens.conversation import Conversation, Tokens
from model_images.gateway.guard.tokens.keys import Purpose
from model_images.gateway.guard.tokens.markers import ForeignToken
from model_images.gateway.guard.tokens.on_loop import OnLoop
from model_images.gateway.guard.tokens.postgres import PostgresStore
from model_images.gateway.guard.tokens.sealing import Minted, Row, Sealer, VaultTampered
from model_images.gateway.guard.tokens.vault import Vault, VaultUnavailable
from tests.model_images.gateway.conversations import fresh_keys
from tests.token_vault.fixtures import Loop, Vaulted

ANN = Minted("NAME", "marker", "[[NAME_bcd2345]]", "Ann Example-Lee")
KEYS = fresh_keys()
Shared = Callable[[], OnLoop]
WHOLE = [Span(0, 7, Kind.NAME, "r")]


class TestAllReplicasHaveOneVault:
    """A conversation goes on where the balancer sends it: what one replica minted, each of them knows."""

    def test_tokens_of_one_are_restored_by_another(self, shared: Shared) -> None:
        first, talk = (
            Tokens(KEYS, Vault(KEYS, shared())).conversation(
                tenant="north", use_case="letters", conversation="c-1", patient="p-1"
            )
            for _ in range(2)
        )
        out = first.pseudonymised("Ann Lee came", WHOLE)
        # Both began before either minted: the second meets the first's token in the vault, and takes it.
        assert talk.pseudonymised("Ann Lee", WHOLE) in out
        assert talk.restored(f"Dear {out}") == "Dear Ann Lee came"

    def test_a_caller_without_the_right_to_restore_goes_on_at_another(self, shared: Shared) -> None:
        def at_a_replica(conversation: str) -> Conversation:
            return Tokens(KEYS, Vault(KEYS, shared())).conversation(
                tenant="north", use_case="letters", conversation=conversation, reidentify=False
            )

        out = at_a_replica("c-2").pseudonymised("Ann Lee came", WHOLE)
        assert at_a_replica("c-2").pseudonymised(f"You said: {out}", []) == f"You said: {out}"
        with pytest.raises(ForeignToken):
            at_a_replica("another").pseudonymised(out, [])

    def test_many_at_once_come_to_one_token_for_a_value(self, shared: Shared) -> None:
        stores, together = [shared() for _ in range(4)], threading.Barrier(4)
        names = [f"Name{index} Example" for index in range(40)]

        def talk(store: OnLoop) -> list[str]:
            conversation = Tokens(KEYS, Vault(KEYS, store)).conversation(
                tenant="north", use_case="letters", conversation="crowd"
            )
            together.wait()
            order = names if store is stores[0] else names[::-1]  # each in its own order: they must not lock each other
            written: dict[str, str] = {}
            for start in range(0, len(order), 8):
                batch = order[start : start + 8]
                texts = conversation.pseudonymised_all([(one, [Span(0, len(one), Kind.NAME, "r")]) for one in batch])
                written |= dict(zip(batch, texts, strict=True))
            return [written[name] for name in names]

        with ThreadPoolExecutor(4) as pool:
            found = list(pool.map(talk, stores))
        assert len({tuple(one) for one in found}) == 1
        assert len(set(found[0])) == len(names)


class TestNothingInItCanBeRead:
    """Its administrators, its copies and its log have random octets."""

    def test_neither_value_nor_patient_nor_conversation_nor_key(self, shared: Shared, database: Vaulted) -> None:
        Vault(KEYS, shared()).mint_all("north", "conversation-77", "patient-88", [ANN])
        with database.connected() as connection:
            row = connection.execute("SELECT * FROM token_vault.tokens").fetchone()
            assert row is not None
            kept = b"".join(one if isinstance(one, bytes) else str(one).encode() for one in row)
        for word in (ANN.value, ANN.surrogate, "bcd2345", "conversation-77", "patient-88"):
            assert word.encode() not in kept
        assert not any(key.secret in kept for key in KEYS.all(Purpose.VAULT, "north"))

    @pytest.mark.parametrize("column", ["token", "patient", "sealed"])
    def test_a_row_that_was_changed_does_not_open(self, shared: Shared, database: Vaulted, column: str) -> None:
        vault = Vault(KEYS, shared())
        vault.mint_all("north", "c", "p", [ANN])
        with database.connected() as connection:
            flipped = "UPDATE token_vault.tokens SET {0} = set_byte({0}, 31, 7 # get_byte({0}, 31))"
            connection.execute(SQL(flipped).format(Identifier(column)))
        with pytest.raises(VaultTampered):
            vault.load("north", "c")


class TestRowsLiveAsLongAsTheyAreToldTo:
    """What was promised for a day is not there the day after, and what is asked for again is there longer."""

    def row(self, value: str = "Ann") -> Row:
        return Sealer(KEYS, "north", "c").seal(dataclasses.replace(ANN, value=value), "p")

    def age(self, database: Vaulted, seconds: int) -> None:
        with database.connected() as connection:
            connection.execute("UPDATE token_vault.tokens SET expires = expires - make_interval(secs => %s)", [seconds])

    def test_then_they_are_gone_and_purged(self, shared: Shared, database: Vaulted) -> None:
        store, row = shared(), self.row()
        assert store.put([row], 60) == [row]
        self.age(database, 59)
        assert store.load("north", [row.conversation]) == [row]
        assert store.purge() == 0
        self.age(database, 1)
        assert store.load("north", [row.conversation]) == []
        assert store.purge() == 1
        with database.connected() as connection:
            assert connection.execute("SELECT count(*) FROM token_vault.tokens").fetchone() == (0,)

    def test_a_value_is_put_away_anew_once_its_row_is_past_its_time(self, shared: Shared, database: Vaulted) -> None:
        store, first = shared(), self.row()
        store.put([first], 60)
        self.age(database, 60)
        second = dataclasses.replace(first, token=b"t" * 32)
        assert store.put([second], 60) == [second]
        assert store.load("north", [first.conversation]) == [second]

    def test_a_value_that_is_kept_stays_and_lives_longer(self, shared: Shared, database: Vaulted) -> None:
        store, first = shared(), self.row()
        store.put([first], 60)
        second = dataclasses.replace(first, token=b"t" * 32, sealed=b"other")
        assert store.put([second], 3600) == [first]
        store.put([second], 60)  # nor does a shorter wish shorten it
        self.age(database, 3599)
        assert store.load("north", [first.conversation]) == [first]
        self.age(database, 2)
        assert store.load("north", [first.conversation]) == []

    def test_all_rows_or_none(self, shared: Shared) -> None:
        store, good = shared(), self.row()
        bad = dataclasses.replace(self.row("Bob"), token=b"short")
        with pytest.raises(VaultUnavailable):
            store.put([good, bad], 60)
        assert store.load("north", [good.conversation]) == []

    def test_nobody_elses_rows_ride_along(self, shared: Shared) -> None:
        store = shared()
        rows = [Sealer(KEYS, tenant, "c").seal(ANN, None) for tenant in ("north", "south")]
        with pytest.raises(VaultUnavailable):
            store.put(rows, 60)
        assert store.load("north", [rows[0].conversation]) == []

    @pytest.mark.parametrize("seconds", [0, -1, 401 * 24 * 3600])
    def test_no_longer_than_is_ever_asked(self, shared: Shared, seconds: int) -> None:
        with pytest.raises(VaultUnavailable):
            shared().put([self.row()], seconds)


class TestErasure:
    """GDPR Art. 17: at every replica at once, and of nobody else."""

    def put(self, vault: Vault) -> None:
        for tenant, conversation, patient in (
            ("north", "c1", "p1"), ("north", "c2", "p1"), ("north", "c3", None), ("south", "c1", "p1"),
        ):  # fmt: skip
            vault.mint_all(tenant, conversation, patient, [ANN])

    def left(self, vault: Vault) -> list[str]:
        places = [(tenant, name) for tenant in ("north", "south") for name in ("c1", "c2", "c3")]
        return [f"{tenant} {name}" for tenant, name in places if vault.load(tenant, name)]

    def test_of_a_patient(self, shared: Shared) -> None:
        self.put(Vault(KEYS, shared()))
        vault = Vault(KEYS, shared())
        assert vault.erase_patient("north", "p1") == 2
        assert self.left(vault) == ["north c3", "south c1"]

    def test_of_a_conversation(self, shared: Shared) -> None:
        vault = Vault(KEYS, shared())
        self.put(vault)
        assert vault.erase_conversation("north", "c1") == 1
        assert self.left(vault) == ["north c2", "north c3", "south c1"]

    def test_of_a_tenant_is_never_of_another(self, shared: Shared) -> None:
        store, row = shared(), Sealer(KEYS, "north", "c").seal(ANN, "p")
        for tenant in ("north", "south"):  # were their keys ever the same
            store.put([dataclasses.replace(row, tenant=tenant)], 60)
        assert store.erase("north", conversations=[row.conversation], patients=[row.patient]) == 1
        assert len(store.load("south", [row.conversation])) == 1
        assert store.load("north", [row.conversation]) == []

    def test_of_nobody_in_particular_is_of_nobody(self, shared: Shared) -> None:
        store = shared()
        self.put(Vault(KEYS, store))
        assert store.erase("north", patients=[b""]) == 0


class TestItIsAskedOffTheLoop:
    """A gateway that waited in its own event loop would wait for ever."""

    def test_a_loop_that_stands_still_is_a_refusal(self, shared: Shared, running_loop: Loop) -> None:
        store = shared()
        assert isinstance(store._store, PostgresStore)
        store._store._database.deadline_s = 0.1
        released = threading.Event()
        running_loop.loop.call_soon_threadsafe(released.wait)
        try:
            with pytest.raises(VaultUnavailable):
                store.load("north", [bytes(32)])
        finally:
            released.set()

    def test_what_is_not_answered_is_not_left_running(self, shared: Shared, running_loop: Loop) -> None:
        store = shared()
        before = len(asyncio.all_tasks(running_loop.loop))
        for _ in range(3):
            assert store.load("north", [bytes(32)]) == []
        assert len(asyncio.all_tasks(running_loop.loop)) == before
