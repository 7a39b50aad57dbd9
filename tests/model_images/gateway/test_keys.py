"""Keys come from the mount, stay out of words, and old ones open what they sealed."""

import base64
import os
from pathlib import Path

import pytest

from model_images.gateway.guard.tokens.keys import KeyMissing, Keys, Purpose, TenantKey, framed


def mount(directory: Path, name: str, octets: bytes) -> None:
    (directory / name).write_bytes(base64.b64encode(octets))


class TestKeysAreReadAsTheDriverMountsThem:
    """Key Vault's driver writes one file for a secret, and files of its own beside them."""

    def test_by_purpose_tenant_and_epoch(self, tmp_path: Path) -> None:
        for epoch in (9, 10, 2):
            mount(tmp_path, f"vault--north-trust--{epoch}", bytes([epoch]) * 32)
        mount(tmp_path, "surrogates--north-trust--1", bytes(32))
        (tmp_path / "..data").mkdir()
        (tmp_path / "tls.crt").write_text("x")
        keys = Keys.mounted(tmp_path)
        assert [key.epoch for key in keys.all(Purpose.VAULT, "north-trust")] == [2, 9, 10]
        assert keys.current(Purpose.VAULT, "north-trust").id == "vault--north-trust--10"
        assert keys.of_epoch(Purpose.VAULT, "north-trust", 9).secret == bytes([9]) * 32

    def test_a_rotation_is_seen_when_read_again(self, tmp_path: Path) -> None:
        mount(tmp_path, "vault--north--1", os.urandom(32))
        keys = Keys.mounted(tmp_path)
        mount(tmp_path, "vault--north--2", os.urandom(32))
        assert keys.current(Purpose.VAULT, "north").epoch == 1
        keys.reread()
        assert keys.current(Purpose.VAULT, "north").epoch == 2

    @pytest.mark.parametrize("octets", [b"", bytes(31), bytes(33), bytes(16)])
    def test_a_key_of_another_size_is_a_fault_and_leaves_the_old_ones(self, tmp_path: Path, octets: bytes) -> None:
        mount(tmp_path, "vault--north--1", os.urandom(32))
        keys = Keys.mounted(tmp_path)
        mount(tmp_path, "vault--north--2", octets)
        with pytest.raises(ValueError, match="vault--north--2"):
            keys.reread()
        assert keys.current(Purpose.VAULT, "north").epoch == 1

    def test_what_is_no_base64_is_not_repeated(self, tmp_path: Path) -> None:
        (tmp_path / "vault--north--1").write_text("not base64, hunter2")
        with pytest.raises(ValueError, match="vault--north--1") as raised:
            Keys.mounted(tmp_path)
        assert "hunter2" not in f"{raised.value!r}{raised.value.__context__!r}"

    @pytest.mark.parametrize("tenant", ["south", "", "north--1", "../north"])
    def test_a_tenant_without_a_key_is_refused(self, tmp_path: Path, tenant: str) -> None:
        mount(tmp_path, "vault--north--1", os.urandom(32))
        keys = Keys.mounted(tmp_path)
        with pytest.raises(KeyMissing):
            keys.current(Purpose.VAULT, tenant)
        with pytest.raises(KeyMissing):
            keys.of_epoch(Purpose.VAULT, "north", 2)


class TestKeysStayOutOfWords:
    """A traceback ends up in a log."""

    def test_not_in_a_repr(self) -> None:
        key = TenantKey(Purpose.VAULT, "north", 1, b"S" * 32)
        assert "SSSS" not in f"{key!r}{key}"


class TestDerivedKeysDiffer:
    """A key for two uses is a key for a third."""

    def test_by_use_context_tenant_purpose_and_epoch(self) -> None:
        secret = os.urandom(32)
        derived = {
            TenantKey(purpose, tenant, epoch, secret).derived(use, *context)
            for purpose in Purpose
            for tenant in ("north", "south")
            for epoch in (1, 11)
            for use in ("seal", "index")
            for context in ((), (b"",), (b"ab", b"c"), (b"a", b"bc"))
        }
        assert len(derived) == 2**4 * 4
        assert all(len(one) == 32 for one in derived)

    def test_framing_keeps_parts_apart(self) -> None:
        assert len({framed(*parts) for parts in ((), (b"",), (b"", b""), (b"ab",), (b"a", b"b"), (b"", b"ab"))}) == 6
