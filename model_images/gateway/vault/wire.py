"""What gateway and vault say to each other: MessagePack, closed forms, bounded sizes."""

from collections.abc import Sequence

import msgspec

from model_images.gateway.guard.tokens.sealing import Row
from model_images.gateway.guard.tokens.vault import MOST_TOKENS

CONTENT_TYPE = "application/msgpack"
LARGEST_BODY = 32 * 2**20
MAC_SIZE = 32
LARGEST_SEALED = 2**20
LONGEST_TTL_S = 400 * 24 * 3600
MOST_ADDRESSES = 100
"""Of one conversation or patient: one for each epoch of the tenant's key that is still mounted."""


class Put(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Keep these rows."""

    tenant: str
    rows: list[Row]
    ttl_s: int


class Load(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Give the rows of a conversation."""

    tenant: str
    conversations: list[bytes]


class Erase(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Remove rows for good."""

    tenant: str
    conversations: list[bytes] = []
    patients: list[bytes] = []
    everything: bool = False


class Rows(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The answer to `Put` and `Load`."""

    rows: list[Row]


class Count(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The answer to `Erase`."""

    count: int


def addressed(addresses: Sequence[bytes]) -> bool:
    """Whether these could be addresses of a conversation or a patient."""
    return len(addresses) <= MOST_ADDRESSES and all(len(address) == MAC_SIZE for address in addresses)


def well_formed(put: Put) -> bool:
    """Whether the rows are one tenant's, and of the sizes that a gateway makes."""
    return (
        0 < put.ttl_s <= LONGEST_TTL_S
        and len(put.rows) <= MOST_TOKENS
        and all(
            row.tenant == put.tenant
            and len(row.conversation) == len(row.token) == len(row.index) == MAC_SIZE
            and len(row.patient) in (0, MAC_SIZE)
            and 0 < len(row.sealed) <= LARGEST_SEALED
            and 0 < row.epoch < 2**31
            for row in put.rows
        )
    )
