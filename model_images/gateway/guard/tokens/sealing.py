"""How a token's value is sealed before it is put away: who holds the store learns neither values nor whose they are.

Every conversation has a key of its own, derived from the tenant's, so that random 96-bit nonces under one key stay far
below the 2^32 of NIST SP 800-38D, section 8.3. What a row says of itself is authenticated with it: a row that was moved
to another tenant, conversation or token does not open.
"""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from model_images.gateway.guard.refusal import Refused
from model_images.gateway.guard.tokens.keys import Keys, Purpose, TenantKey, framed

NONCE = 12
PAD = 64
"""Sealed contents are a multiple of this: the length of a name is a hint at it."""


class VaultTampered(Refused):
    """A row does not open, or is not what was asked for. Nothing of its conversation is restored."""

    def __init__(self) -> None:
        super().__init__("tokens", "vault-tampered", "The token vault holds what was not put there.", status=503)


@dataclass(frozen=True, slots=True)
class Row:
    """What a store keeps of one token. Nothing in it can be read without the tenant's key."""

    tenant: str
    conversation: bytes
    token: bytes
    """HMAC of the surrogate: one of each in a conversation."""
    index: bytes
    """HMAC of kind, form and value: the same value has one token in a conversation."""
    patient: bytes
    """HMAC of the patient, for erasure; empty where none was named."""
    epoch: int
    """Of the tenant's vault key."""
    sealed: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Minted:
    """A token and what it stands for."""

    kind: str
    form: str
    surrogate: str
    value: str = field(repr=False)


class Sealer:
    """Seals and opens the tokens of one conversation."""

    def __init__(self, keys: Keys, tenant: str, conversation: str) -> None:
        self._keys, self._tenant = keys, tenant
        self._conversation = _octets(conversation)
        self._ciphers: dict[int, AESGCM] = {}

    def addresses(self) -> list[bytes]:
        """What the conversation is called in the store, under every epoch's key."""
        return [self._address(key) for key in self._keys.all(Purpose.VAULT, self._tenant)]

    def seal(self, minted: Minted, patient: str | None) -> Row:
        """A row for the store, under the key in force."""
        key = self._keys.current(Purpose.VAULT, self._tenant)
        row = Row(
            self._tenant,
            self._address(key),
            key.mac("token", self._conversation, _octets(minted.surrogate)),
            key.mac("index", self._conversation, *map(_octets, (minted.kind, minted.form, minted.value))),
            patient_address(key, patient) if patient is not None else b"",
            key.epoch,
            b"",
        )
        content = framed(*map(_octets, (minted.kind, minted.form, minted.surrogate, minted.value)))
        nonce = secrets.token_bytes(NONCE)
        sealed = nonce + self._cipher(key).encrypt(nonce, content + bytes(-len(content) % PAD), _bound(row))
        return Row(row.tenant, row.conversation, row.token, row.index, row.patient, row.epoch, sealed)

    def open(self, row: Row) -> Minted:
        """The token of a row of this conversation, or `VaultTampered`; never a wrong one."""
        key = self._keys.of_epoch(Purpose.VAULT, self._tenant, row.epoch)
        if row.tenant != self._tenant or row.conversation != self._address(key):
            raise VaultTampered
        try:
            content = self._cipher(key).decrypt(row.sealed[:NONCE], row.sealed[NONCE:], _bound(row))
        except (InvalidTag, ValueError):  # ValueError: too short to be sealed
            raise VaultTampered from None
        return Minted(*(part.decode("utf-8", "surrogatepass") for part in _unframed(content, 4)))

    def _address(self, key: TenantKey) -> bytes:
        return key.mac("conversation", self._conversation)

    def _cipher(self, key: TenantKey) -> AESGCM:
        if key.epoch not in self._ciphers:
            self._ciphers[key.epoch] = AESGCM(key.derived("seal", self._conversation))
        return self._ciphers[key.epoch]


def patient_address(key: TenantKey, patient: str) -> bytes:
    """What a patient is called in the store."""
    return key.mac("patient", _octets(patient))


def _bound(row: Row) -> bytes:
    return framed(
        row.tenant.encode(), row.conversation, row.token, row.index, row.patient, row.epoch.to_bytes(4, "big")
    )


def _octets(text: str) -> bytes:
    # Half a surrogate pair is not UTF-8, and still has to come back as it was.
    return text.encode("utf-8", "surrogatepass")


def _unframed(octets: bytes, count: int) -> Iterable[bytes]:
    start = 0
    for _ in range(count):
        end = start + 4 + int.from_bytes(octets[start : start + 4], "big")
        yield octets[start + 4 : end]
        start = end
