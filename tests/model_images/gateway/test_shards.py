"""Several stores as one: every row in one place, and erasure in all of them."""

from collections.abc import Sequence

import pytest

from model_images.gateway.guard.tokens.sealing import Minted, Row
from model_images.gateway.guard.tokens.shards import ShardedStore
from model_images.gateway.guard.tokens.store import SqliteStore
from model_images.gateway.guard.tokens.vault import Store, Vault, VaultUnavailable
from tests.model_images.gateway.conversations import fresh_keys

KEYS = fresh_keys(1, 2)
ANN = Minted("NAME", "marker", "[[NAME_bcd2345]]", "Ann")
NAMES = [f"c-{number}" for number in range(40)]


class Gone(SqliteStore):
    """A store that does not answer."""

    def load(self, tenant: str, conversations: Sequence[bytes]) -> list[Row]:
        raise VaultUnavailable


def stores(count: int) -> dict[str, Store]:
    return {f"vault-{number}": SqliteStore(None) for number in range(count)}


def filled(parts: dict[str, Store]) -> Vault:
    vault = Vault(KEYS, ShardedStore(parts))
    for name in NAMES:
        vault.mint_all("north", name, "p-1", [ANN])
    return vault


def rows(store: Store) -> int:
    return store.erase("north", everything=True)


class TestEveryConversationHasOnePlace:
    """Two tokens for one value, each in a store of its own, would be two people."""

    def test_and_is_found_there(self) -> None:
        parts = stores(3)
        vault = filled(parts)
        assert all(vault.load("north", name) == [ANN] for name in NAMES)
        held = [rows(part) for part in parts.values()]
        assert sum(held) == len(NAMES)
        assert min(held) > 0

    def test_a_store_that_is_added_moves_its_own_share_only(self) -> None:
        parts = stores(3)
        filled(parts)
        more = Vault(KEYS, ShardedStore({**parts, "vault-3": SqliteStore(None)}))
        moved = [name for name in NAMES if not more.load("north", name)]
        assert 0 < len(moved) < len(NAMES) // 2

    def test_one_that_is_gone_refuses_its_own_alone(self) -> None:
        parts = stores(3)
        filled(parts)
        vault = Vault(KEYS, ShardedStore({**parts, "vault-1": Gone(None)}))
        answered = 0
        for name in NAMES:
            try:
                answered += vault.load("north", name) == [ANN]
            except VaultUnavailable:
                continue
        assert 0 < answered < len(NAMES)


class TestErasureIsEverywhere:
    """A patient has conversations in all of them."""

    def test_of_a_patient(self) -> None:
        parts = stores(3)
        assert filled(parts).erase_patient("north", "p-1") == len(NAMES)
        assert [rows(part) for part in parts.values()] == [0, 0, 0]

    def test_of_a_conversation_that_had_another_place(self) -> None:
        parts = stores(3)
        filled(parts)
        more = Vault(KEYS, ShardedStore({**parts, "vault-3": SqliteStore(None)}))
        assert all(more.erase_conversation("north", name) == 1 for name in NAMES)

    def test_no_store_is_no_vault(self) -> None:
        with pytest.raises(ValueError, match="at least one"):
            ShardedStore({})
