"""A published pack is one folder: whatever it imports from beside it would be missing where it runs."""

import ast
import os
import re
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, packages_distributions, requires
from pathlib import Path

import grpc
import pytest
import yaml
from google.protobuf import empty_pb2
from pulumi.runtime.proto import analyzer_pb2_grpc

from cli.planning import ROOT
from policies.packs import PACKS, rules_of
from policies.packs.publish import OWN, REQUIRED, main, publishable
from policies.rules import ALL

PROBE = """
import sys
sys.path.insert(0, {folder!r})
import policies.crossguard, policies.rules, policies.exemptions, policies.beside, jurisdictions, plan.reachability
from policies.exemptions import parse
parse("exemptions:\\n- {{rule: x}}")
jurisdictions.load("eu")
for name, module in sorted(sys.modules.items()):
    print(name, getattr(module, "__file__", None) or "")
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One pack, put together."""
    made = tmp_path_factory.mktemp("publish") / "sovereignty"
    publishable("sovereignty", made)
    return made


def _distribution(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _closure(names: tuple[str, ...]) -> set[str]:
    found: set[str] = set()
    waiting = [_distribution(name) for name in names]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found.add(name)
        try:
            lines = requires(name) or []
        except PackageNotFoundError:  # for another version of Python, or another system
            continue
        for line in lines:
            if "extra ==" not in line:
                needed = re.match(r"[A-Za-z0-9._-]+", line)
                assert needed is not None
                waiting.append(_distribution(needed.group()))
    return found


def _imported(folder: Path) -> set[str]:
    """First names of everything that any file imports, at its head or within a function."""
    names: set[str] = set()
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                names |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                names.add(node.module.partition(".")[0])
    return names


class TestTheFolderIsWhole:
    """What works in this tree because the tree is there works nowhere else."""

    def test_it_has_what_publish_uploads(self, folder: Path) -> None:
        described = yaml.safe_load((folder / "PulumiPolicy.yaml").read_text())
        assert (
            described["version"]
            == yaml.safe_load((ROOT / "policies/packs/sovereignty/PulumiPolicy.yaml").read_text())["version"]
        )
        assert described["runtime"] == {"name": "python", "options": {"virtualenv": "venv", "toolchain": "pip"}}
        assert len(list(folder.rglob("PulumiPolicy.yaml"))) == 1
        assert (folder / "policies" / "exemptions.yaml").is_file()
        pinned = (folder / "requirements.txt").read_text().split()
        assert all(re.fullmatch(r"[a-z-]+==[0-9][^=]*", line) for line in pinned)

    def test_the_packs_own_lines_are_unchanged(self, folder: Path) -> None:
        source = ROOT / "policies" / "packs" / "sovereignty" / "__main__.py"
        assert (folder / "__main__.py").read_bytes() == source.read_bytes()

    def test_all_that_it_imports_is_in_it_or_required(self, folder: Path) -> None:
        text = subprocess.run(
            [sys.executable, "-c", PROBE.format(folder=str(folder))],
            cwd=folder,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        modules = dict(line.partition(" ")[::2] for line in text.splitlines())
        ours = {name: path for name, path in modules.items() if path.startswith(str(ROOT) + os.sep)}
        foreign = {name: path for name, path in ours.items() if ".venv" not in path}
        assert foreign == {}
        assert {name.partition(".")[0] for name, path in modules.items() if path.startswith(str(folder))} == set(OWN)
        owners = packages_distributions()
        used = {_distribution(owner) for name in _imported(folder) for owner in owners.get(name, [])}
        assert {"pulumi", "pulumi-policy", "pyyaml"} < used
        assert used - _closure(REQUIRED) - {"bailiwick"} == set()

    def test_a_folder_that_is_there_and_a_pack_that_is_not_are_refused(
        self, folder: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(["sovereignty", str(folder)]) == 2
        assert "hint: name another folder" in capsys.readouterr().err
        assert main(["soverignty", "x"]) == 2
        assert "usage:" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.parametrize("pack", list(PACKS))
class TestThePackRunsFromItsFolderAlone:
    """As the engine starts it where it was enabled."""

    def test_it_answers_with_its_rules(self, pack: str, tmp_path: Path) -> None:
        made = tmp_path / pack
        publishable(pack, made)
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        process = subprocess.Popen(
            [sys.executable, str(made)], stdout=subprocess.PIPE, cwd=made, env={**environment, "PYTHONUNBUFFERED": "1"}
        )
        try:
            assert process.stdout is not None
            port = process.stdout.readline().decode().strip()
            with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
                info = analyzer_pb2_grpc.AnalyzerStub(channel).GetAnalyzerInfo(empty_pb2.Empty())
        finally:
            process.kill()
            process.wait()
        assert {rule.id for rule in rules_of(pack, ALL)} < {policy.name for policy in info.policies}
