"""The token vault as a conversation sees it: put away, load, erase. What keeps the rows is a `Store`."""

from collections.abc import Sequence
from typing import Protocol

from model_images.gateway.guard.refusal import Refused
from model_images.gateway.guard.tokens.keys import Keys, Purpose
from model_images.gateway.guard.tokens.sealing import Minted, Row, Sealer, patient_address

DAY_S = 24 * 3600
MOST_TOKENS = 5000
"""Of one conversation. A record with more identifiers is no conversation but an export."""


class TooManyTokens(Refused):
    """A conversation has come to its limit."""

    def __init__(self) -> None:
        super().__init__("tokens", "too-many", f"A conversation holds at most {MOST_TOKENS} tokens.", status=413)


class VaultUnavailable(Refused):
    """The store did not answer, or answered that it can't. Nothing was minted that it does not hold."""

    def __init__(self) -> None:
        super().__init__("tokens", "vault-unavailable", "The token vault can't be reached; nothing passes.", status=503)


class Store(Protocol):
    """Keeps rows that it can't read. Safe to call from several threads."""

    def put(self, rows: Sequence[Row], ttl_s: int) -> list[Row]:
        """Keeps the rows, all or none; of those whose index is kept already, the kept row is the answer."""

    def load(self, tenant: str, conversations: Sequence[bytes]) -> list[Row]:
        """The rows of a conversation, under any of its addresses, that are not past their time."""

    def erase(self, tenant: str, *, conversations: Sequence[bytes] = (), patients: Sequence[bytes] = ()) -> int:
        """Removes rows for good; how many. With a patient goes what lies in their conversations under nobody's name."""

    def purge(self) -> int:
        """Removes rows past their time; how many."""


class Vault:
    """Seals what a conversation mints, and opens it again."""

    def __init__(self, keys: Keys, store: Store, *, ttl_s: int = DAY_S) -> None:
        if ttl_s <= 0:
            raise ValueError("ttl_s is at least a second")
        self._keys, self._store, self._ttl_s = keys, store, ttl_s

    def load(self, tenant: str, conversation: str) -> list[Minted]:
        """Every token of a conversation."""
        sealer = Sealer(self._keys, tenant, conversation)
        return [sealer.open(row) for row in self._store.load(tenant, sealer.addresses())]

    def mint_all(self, tenant: str, conversation: str, patient: str | None, minted: Sequence[Minted]) -> list[Minted]:
        """Puts new tokens away in one step. Where another replica was first with a value, its token is the answer."""
        sealer = Sealer(self._keys, tenant, conversation)
        rows = [sealer.seal(one, patient) for one in minted]
        kept = {row.index: row for row in self._store.put(rows, self._ttl_s)}
        if any(row.index not in kept for row in rows):
            raise VaultUnavailable
        return [
            one if kept[row.index].sealed == row.sealed else self._same(one, sealer.open(kept[row.index]))
            for one, row in zip(minted, rows, strict=True)
        ]

    @staticmethod
    def _same(asked: Minted, kept: Minted) -> Minted:
        if (asked.kind, asked.form, asked.value) != (kept.kind, kept.form, kept.value):
            raise VaultUnavailable
        return kept

    def erase_conversation(self, tenant: str, conversation: str) -> int:
        """Removes a conversation's tokens."""
        return self._store.erase(tenant, conversations=Sealer(self._keys, tenant, conversation).addresses())

    def erase_patient(self, tenant: str, patient: str) -> int:
        """Removes a patient's tokens (GDPR Art. 17), under every epoch that is mounted.

        Theirs is what was minted with their record, and what was minted in the same conversations without a record.
        """
        keys = self._keys.all(Purpose.VAULT, tenant)
        return self._store.erase(tenant, patients=[patient_address(key, patient) for key in keys])
