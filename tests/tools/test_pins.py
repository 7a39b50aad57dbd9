"""What `make cluster-tools` fetches is pinned, byte for byte; no test of this file fetches anything."""

import re
from pathlib import Path

import pytest
import yaml

from tools import places
from tools.places import HERE, brought, kubernetes_version, program

_REQUIRED = re.compile(r"^\s*(?:require )?(\S+\.\S+/\S+) (v\S+)", re.MULTILINE)
_REPLACED = re.compile(r"^\s*(k8s\.io/\S+) => (k8s\.io/\S+) (v\S+)$", re.MULTILINE)


class TestTheApiServer:
    """A staging module of another patch builds a server that nobody released."""

    def test_every_staging_module_is_of_the_same_patch(self) -> None:
        replaced = _REPLACED.findall((HERE / "go.mod").read_text(encoding="utf-8"))
        assert len(replaced) > 25
        assert {version for _, _, version in replaced} == {kubernetes_version().replace("v1.", "v0.")}
        assert all(name == by for name, by, _ in replaced)

    def test_its_source_is_pinned(self) -> None:
        assert f"k8s.io/kubernetes {kubernetes_version()} h1:" in (HERE / "go.sum").read_text(encoding="utf-8")


class TestTheDefinitions:
    """A definition that changed unseen would take what the cluster refuses."""

    def test_every_module_that_files_are_taken_from_is_required_and_pinned(self) -> None:
        module = HERE / "crds"
        required = dict(_REQUIRED.findall((module / "go.mod").read_text(encoding="utf-8").partition("require")[2]))
        taken = yaml.safe_load((module / "files.yaml").read_text(encoding="utf-8"))
        assert set(taken) == set(required)
        sums = (module / "go.sum").read_text(encoding="utf-8")
        assert [name for name, version in required.items() if f"{name} {version} h1:" not in sums] == []


class TestWhereProgramsAreFound:
    """Who names a folder of programs means those, whatever else there is."""

    @pytest.fixture
    def folders(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Path]:
        made = {name: tmp_path / name / "etcd" for name in ("given", "built", "path")}
        for file in made.values():
            file.parent.mkdir()
            file.write_text("#!/bin/sh\n", encoding="utf-8")
            file.chmod(0o755)
        monkeypatch.setenv("KUBEBUILDER_ASSETS", str(made["given"].parent))
        monkeypatch.setenv("PATH", str(made["path"].parent))
        monkeypatch.setattr(places, "BIN", made["built"].parent)
        return made

    def test_given_then_built_then_on_path(self, folders: dict[str, Path]) -> None:
        for name in ("given", "built", "path"):
            assert program("etcd") == folders[name]
            folders[name].unlink()
        assert program("etcd") is None

    def test_what_was_built_here_is_nobodys_own(self, folders: dict[str, Path]) -> None:
        folders["given"].unlink()
        assert brought("etcd") is None
        folders["built"].unlink()
        assert brought("etcd") == folders["path"]


class TestTheScanners:
    """What looks at everything is the last thing that may be exchanged unseen."""

    def test_each_that_is_built_is_required_and_pinned(self) -> None:
        from tools.scan import PROGRAMS

        module = HERE / "linters"
        required = dict(_REQUIRED.findall((module / "go.mod").read_text(encoding="utf-8")))
        sums = (module / "go.sum").read_text(encoding="utf-8")
        for path in PROGRAMS.values():
            assert f"{path} {required[path]} h1:" in sums
