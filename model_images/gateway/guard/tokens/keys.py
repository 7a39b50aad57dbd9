"""The tenants' keys, as the key service's driver mounts them, and the keys derived from them for one use each.

One file for each purpose, tenant and epoch, named `<purpose>--<tenant>--<epoch>`: letters, digits and hyphens are what
a Key Vault secret's name may hold. The content is 32 random octets in base64. The highest epoch is in force; older ones
stay mounted for as long as something sealed under them has to be restored.
"""

import base64
import binascii
import hmac
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from model_images.gateway.guard.refusal import Refused

SIZE = 32
FILE = re.compile(r"(?P<purpose>[a-z]+)--(?P<tenant>[a-z0-9]+(?:-[a-z0-9]+)*)--(?P<epoch>[1-9][0-9]{0,8})")


class Purpose(StrEnum):
    """What a mounted secret is for. Two: the vault's can be destroyed alone, and what is sealed under it is gone."""

    SURROGATES = "surrogates"
    VAULT = "vault"


class KeyMissing(Refused):
    """A tenant has no key, or not the one under which something was sealed."""

    def __init__(self) -> None:
        super().__init__("tokens", "key-missing", "No key is mounted for this tenant and purpose.", status=503)


@dataclass(frozen=True)
class TenantKey:
    """One tenant's secret of one purpose and epoch. Its `repr` holds no key."""

    purpose: Purpose
    tenant: str
    epoch: int
    secret: bytes = field(repr=False)

    @property
    def id(self) -> str:
        """What is recorded beside everything made under this key."""
        return f"{self.purpose}--{self.tenant}--{self.epoch}"

    def derived(self, use: str, *context: bytes) -> bytes:
        """A key for one use (RFC 5869; the secret is uniformly random, so extraction is left out, section 3.3)."""
        return _derived(self.secret, framed(self.id.encode(), use.encode(), *context))

    def mac(self, use: str, *parts: bytes) -> bytes:
        """HMAC-SHA-256 of the parts under the key derived for the use."""
        return hmac.digest(self.derived(use), framed(*parts), "sha256")


class Keys:
    """The mounted secrets. `reread` after the driver has rotated them; a reader sees either all old or all new ones."""

    def __init__(self, secrets: Mapping[tuple[Purpose, str, int], bytes]) -> None:
        if any(len(secret) != SIZE for secret in secrets.values()):
            raise ValueError(f"a key is {SIZE} octets")
        self._by_name = _by_name(secrets)
        self._directory: Path | None = None

    @classmethod
    def mounted(cls, directory: Path) -> "Keys":
        """Keys from the driver's mount."""
        keys = cls(_read(directory))
        keys._directory = directory
        return keys

    def reread(self) -> None:
        """Takes what is mounted now. A fault leaves the keys as they were, and is raised."""
        if self._directory is not None:
            self._by_name = _by_name(_read(self._directory))

    def current(self, purpose: Purpose, tenant: str) -> TenantKey:
        """The key in force."""
        return self.all(purpose, tenant)[-1]

    def all(self, purpose: Purpose, tenant: str) -> list[TenantKey]:
        """Every mounted epoch's, oldest first; never empty."""
        found = self._by_name.get((purpose, tenant))
        if not found:
            raise KeyMissing
        return found

    def of_epoch(self, purpose: Purpose, tenant: str, epoch: int) -> TenantKey:
        """The key of an epoch, for what was made under it."""
        for key in self.all(purpose, tenant):
            if key.epoch == epoch:
                return key
        raise KeyMissing


def framed(*parts: bytes) -> bytes:
    """Parts, each behind its length: no two lists of parts give the same octets."""
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


@lru_cache(maxsize=4096)
def _derived(secret: bytes, info: bytes) -> bytes:
    return HKDFExpand(algorithm=SHA256(), length=SIZE, info=info).derive(secret)


def _by_name(secrets: Mapping[tuple[Purpose, str, int], bytes]) -> dict[tuple[Purpose, str], list[TenantKey]]:
    found: dict[tuple[Purpose, str], list[TenantKey]] = {}
    for (purpose, tenant, epoch), secret in sorted(secrets.items()):
        found.setdefault((purpose, tenant), []).append(TenantKey(purpose, tenant, epoch, secret))
    return found


def _read(directory: Path) -> dict[tuple[Purpose, str, int], bytes]:
    """Names that are no key's are left alone (the driver keeps files of its own there); a broken key is a fault."""
    secrets: dict[tuple[Purpose, str, int], bytes] = {}
    for path in directory.iterdir():
        name = FILE.fullmatch(path.name)
        if name is None or name["purpose"] not in set(Purpose):
            continue
        secret = b""
        with suppress(binascii.Error):  # said below, without the words of an error that has met the key
            secret = base64.b64decode(path.read_bytes().strip(), validate=True)
        if len(secret) != SIZE:
            raise ValueError(f"{path.name}: not {SIZE} octets in base64")
        secrets[Purpose(name["purpose"]), name["tenant"], int(name["epoch"])] = secret
    return secrets
