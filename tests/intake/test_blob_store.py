"""The store in Azure: blocks that survive a break, a blob that appears whole, and never over what stands there."""

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from intake.blob_store import BlobStore
from intake.refusal import Interrupted, Refused
from intake.signing import Signing, from_vault
from intake.take_in import Import, take_in
from tests.intake.blob_service import TOKEN, Service, serving
from tests.intake.conftest import REVISION
from weights.form import MANIFEST

BLOCK = 64 * 1024


@pytest.fixture
def service() -> Iterator[Service]:
    with serving() as found:
        yield found


@pytest.fixture
def store(service: Service) -> BlobStore:
    return BlobStore(f"{service.url}/weights", lambda: TOKEN, block=BLOCK)


def sent(service: Service) -> int:
    return sum("comp=block&" in path for method, path in service.asked if method == "PUT")


class TestABlobAppearsWhole:
    """A server that reads while an import writes must find all or nothing."""

    def test_in_the_order_that_leaves_the_manifest_last(
        self, job: Import, signing: Signing, service: Service, store: BlobStore
    ) -> None:
        done = take_in(job, store, signing)
        assert list(service.blobs)[-1] == f"/weights/notes/{REVISION}/{MANIFEST}"
        content, digest = service.blobs[f"/weights/notes/{REVISION}/model.safetensors"]
        assert digest == hashlib.sha256(content).hexdigest()
        assert service.blobs[f"/weights/notes/{REVISION}/{MANIFEST}"][0] == done.manifest.encoded

    def test_a_second_run_sends_nothing(
        self, job: Import, signing: Signing, service: Service, store: BlobStore
    ) -> None:
        take_in(job, store, signing)
        service.asked.clear()
        assert take_in(job, store, signing).laid == 0
        assert {method for method, _ in service.asked} == {"GET"}


class TestABreakCostsABlock:
    """50 GB over a line that breaks must end some day."""

    @pytest.mark.parametrize("after", [0, 1, 3, 5])
    def test_and_no_more(self, job: Import, signing: Signing, service: Service, store: BlobStore, after: int) -> None:
        service.fail_after = after
        with pytest.raises(Interrupted, match=r"answered 503 \(ServerBusy\) to sending a block"):
            take_in(job, store, signing)
        assert f"/weights/notes/{REVISION}/{MANIFEST}" not in service.blobs
        service.fail_after = None
        before = sent(service) - 1  # the one that was not taken
        take_in(job, store, signing)
        content, _ = service.blobs[f"/weights/notes/{REVISION}/model.safetensors"]
        blocks = sum(-(-len(found) // BLOCK) for found, _ in service.blobs.values())
        assert len(content) > 4 * BLOCK
        assert sent(service) - before - 1 == blocks - after
        assert before == after


class TestWhatStandsThereStays:
    """The container is write-once; another content under the same name is somebody's mistake, or worse."""

    def test_another_content_is_refused(
        self, job: Import, signing: Signing, service: Service, store: BlobStore
    ) -> None:
        path = f"/weights/notes/{REVISION}/LICENSE"
        service.blobs[path] = (b"another", hashlib.sha256(b"another").hexdigest())
        with pytest.raises(Refused, match="stands in the store with another content"):
            take_in(job, store, signing)
        assert service.blobs[path][0] == b"another"

    def test_the_same_laid_down_meanwhile_is_done(self, service: Service, store: BlobStore, tmp_path: Path) -> None:
        file = tmp_path / "x.json"
        file.write_bytes(b"{}")
        digest = hashlib.sha256(b"{}").hexdigest()
        own = store._ask

        def late(method: str, path: str, query: str = "", **more: object) -> object:
            if query == "comp=blocklist" and method == "PUT":
                service.blobs["/weights/x.json"] = (b"{}", digest)
            return own(method, path, query, **more)  # type: ignore[arg-type] # as it was asked

        store._ask = late  # type: ignore[method-assign,assignment] # another runner, between two requests
        assert store.lay("x.json", file, digest, lambda _: None) is False

    def test_a_file_that_changed_after_it_was_hashed(self, store: BlobStore, service: Service, tmp_path: Path) -> None:
        file = tmp_path / "x.json"
        file.write_bytes(b"{ }")
        with pytest.raises(Refused, match="changed after it was hashed"):
            store.lay("x.json", file, hashlib.sha256(b"{}").hexdigest(), lambda _: None)
        assert service.blobs == {}

    def test_without_a_token_nothing_is_laid(self, job: Import, signing: Signing, service: Service) -> None:
        with pytest.raises(Interrupted, match=r"answered 403 \(AuthorizationFailure\)"):
            take_in(job, BlobStore(f"{service.url}/weights", lambda: "stolen"), signing)

    @pytest.mark.parametrize("url", ["http://stbw.blob.core.windows.net/weights", "https://stbw.blob.core.windows.net"])
    def test_an_address_that_is_no_container(self, url: str) -> None:
        with pytest.raises(Refused, match="is no container"):
            BlobStore(url, lambda: TOKEN)


class TestAVaultSigns:
    """The key never leaves it; the signature is as one from a file."""

    def test_and_the_server_s_own_check_holds(self, job: Import, service: Service, tmp_path: Path) -> None:
        from intake.stores import FolderStore
        from weights.verify import Pinned, verify

        signing = from_vault(f"{service.url}/keys/weights/{'0' * 32}", lambda: TOKEN)
        take_in(replace(job, unscanned="scanned at the door"), FolderStore(tmp_path / "store"), signing)
        place = tmp_path / "store" / "notes" / REVISION
        assert verify(place, Pinned(keys=[signing.public])).faults == []

    @pytest.mark.parametrize("url", ["https://v.vault.azure.net/secrets/x/1", "https://v.vault.azure.net/keys/x"])
    def test_an_address_that_is_no_key(self, url: str) -> None:
        with pytest.raises(Refused, match="is no key"):
            from_vault(url, lambda: TOKEN)
