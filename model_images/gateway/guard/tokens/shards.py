"""Several stores as one: every conversation has its place by its address, and keeps it when stores come and go."""

import hashlib
from collections.abc import Mapping, Sequence

from model_images.gateway.guard.tokens.sealing import Row
from model_images.gateway.guard.tokens.vault import Store


class ShardedStore:
    """Rendezvous hashing: a store that is added takes only its own share of conversations over.

    A conversation is in one store. While that one does not answer, its tokens are refused; the others' are not.
    """

    def __init__(self, stores: Mapping[str, Store]) -> None:
        if not stores:
            raise ValueError("at least one store")
        self._stores = dict(stores)

    def put(self, rows: Sequence[Row], ttl_s: int) -> list[Row]:
        """See `Store`; all or none holds for the rows of one conversation."""
        groups: dict[str, list[Row]] = {}
        for row in rows:
            groups.setdefault(self._place(row.conversation), []).append(row)
        return [kept for name, group in groups.items() for kept in self._stores[name].put(group, ttl_s)]

    def load(self, tenant: str, conversations: Sequence[bytes]) -> list[Row]:
        """See `Store`."""
        groups = self._groups(conversations)
        return [row for name, addresses in groups.items() for row in self._stores[name].load(tenant, addresses)]

    def erase(
        self,
        tenant: str,
        *,
        conversations: Sequence[bytes] = (),
        patients: Sequence[bytes] = (),
        everything: bool = False,
    ) -> int:
        """See `Store`. Every store is asked, also for a conversation: it may have had another place once."""
        return sum(
            store.erase(tenant, conversations=conversations, patients=patients, everything=everything)
            for store in self._stores.values()
        )

    def _groups(self, conversations: Sequence[bytes]) -> dict[str, list[bytes]]:
        groups: dict[str, list[bytes]] = {}
        for conversation in conversations:
            groups.setdefault(self._place(conversation), []).append(conversation)
        return groups

    def _place(self, conversation: bytes) -> str:
        return max(self._stores, key=lambda name: hashlib.sha256(conversation + name.encode()).digest())
