"""A host on the list is asked, no other; a break costs what was not there yet, and a changed file begins anew."""

import hashlib
import ssl
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from intake.approved import ApprovedHost, approved
from intake.refusal import Interrupted, Refused
from intake.signing import Signing
from intake.stores import FolderStore
from intake.take_in import Import, take_in
from tests.intake.hub import Hub, publishing
from tests.intake.weights import model

BASE = "/owner/notes/resolve/main"
SAID = "for-the-hub"


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[Hub, ssl.SSLContext]]:
    disk = model(tmp_path / "published")
    files = {f"{BASE}/{file.name}": file.read_bytes() for file in disk.iterdir()}
    with publishing(files, tmp_path) as found:
        yield found


def sums(hub: Hub) -> dict[str, str]:
    return {path.rpartition("/")[2]: hashlib.sha256(content).hexdigest() for path, content in hub.files.items()}


def source(served: tuple[Hub, ssl.SSLContext], *more: str, token: str | None = None) -> ApprovedHost:
    hub, trusted = served
    return ApprovedHost(f"https://{hub.host}{BASE}", sums(hub), [hub.host, *more], token=token, tls=trusted)


def importing(job: Import, served: tuple[Hub, ssl.SSLContext]) -> Import:
    return replace(job, source=source(served), expected=sums(served[0]))


class TestItComesWhole:
    """However often the line breaks."""

    def test_at_once(self, job: Import, signing: Signing, served: tuple[Hub, ssl.SSLContext], tmp_path: Path) -> None:
        assert take_in(importing(job, served), FolderStore(tmp_path / "store"), signing).laid == 7

    @pytest.mark.parametrize("after", [1, 100_000, 300_000])
    def test_after_a_break_only_the_rest_is_asked_for(
        self, job: Import, signing: Signing, served: tuple[Hub, ssl.SSLContext], tmp_path: Path, after: int
    ) -> None:
        hub, _ = served
        hub.break_after = after
        whole = len(hub.files[f"{BASE}/model.safetensors"])
        job = importing(job, served)
        with pytest.raises(Interrupted, match="broke off"):
            take_in(job, FolderStore(tmp_path / "store"), signing)
        done = take_in(job, FolderStore(tmp_path / "store"), signing)
        assert {file.path: file.sha256 for file in done.manifest.files} == sums(hub)
        rests = [asked for asked in hub.asked if "Range" in asked]
        assert rests
        assert all("If-Match" in asked for asked in rests)
        if after > 1000:
            assert rests[-1]["Range"] == f"bytes={after}-"
            assert whole > after

    def test_a_file_that_changed_meanwhile_begins_anew(
        self, served: tuple[Hub, ssl.SSLContext], tmp_path: Path
    ) -> None:
        hub, _ = served
        found, part = source(served), tmp_path / "part"
        hub.break_after = 1000
        with pytest.raises(Interrupted):
            found.fetch("model.safetensors", part, lambda _: None)
        hub.files[f"{BASE}/model.safetensors"] = b"other" * 1000
        found.fetch("model.safetensors", part, lambda _: None)
        assert part.read_bytes() == b"other" * 1000

    def test_without_a_strong_tag_it_begins_anew(self, served: tuple[Hub, ssl.SSLContext], tmp_path: Path) -> None:
        hub, _ = served
        hub.weak, hub.break_after = True, 1000
        found, part = source(served), tmp_path / "part"
        with pytest.raises(Interrupted):
            found.fetch("model.safetensors", part, lambda _: None)
        found.fetch("model.safetensors", part, lambda _: None)
        assert part.read_bytes() == hub.files[f"{BASE}/model.safetensors"]
        assert not [asked for asked in hub.asked if "Range" in asked]

    def test_what_is_not_there_is_said(self, served: tuple[Hub, ssl.SSLContext], tmp_path: Path) -> None:
        hub, _ = served
        del hub.files[f"{BASE}/LICENSE"]
        with pytest.raises(Interrupted, match="answered 404 for LICENSE"):
            source(served).fetch("LICENSE", tmp_path / "part", lambda _: None)


class TestNoOtherHostIsAsked:
    """An address is easily mistyped, and a redirect leads anywhere."""

    @pytest.mark.parametrize(
        "url",
        [
            "http://huggingface.co/x",
            "https://huggingface.co.example/x",
            "https://huggingface.co@evil.example/x",
            "https://huggingface.co:8443/x",
            "https://HUGGINGFACE.CO.evil.example/x",
            "file:///etc/passwd",
        ],
    )
    def test_than_one_on_the_list(self, url: str) -> None:
        with pytest.raises(Refused, match="is no approved source"):
            approved(url, ["huggingface.co"])

    def test_nor_by_a_redirect(self, served: tuple[Hub, ssl.SSLContext], tmp_path: Path) -> None:
        hub, _ = served
        hub.moved[f"{BASE}/LICENSE"] = "https://elsewhere.example/LICENSE"
        with pytest.raises(Refused, match=r"elsewhere\.example is no approved source"):
            source(served).fetch("LICENSE", tmp_path / "part", lambda _: None)

    def test_a_token_goes_to_the_first_host_alone(self, served: tuple[Hub, ssl.SSLContext], tmp_path: Path) -> None:
        hub, trusted = served
        (tmp_path / "other").mkdir()
        with publishing({"/LICENSE": b"words"}, tmp_path / "other") as (other, _):
            trusted.load_verify_locations(cafile=str(tmp_path / "other" / "hub.pem"))
            hub.moved[f"{BASE}/LICENSE"] = f"https://{other.host}/LICENSE"
            source(served, other.host, token=SAID).fetch("LICENSE", tmp_path / "part", lambda _: None)
            assert hub.asked[-1]["Authorization"] == f"Bearer {SAID}"
            assert "Authorization" not in other.asked[-1]
        assert (tmp_path / "part").read_bytes() == b"words"
