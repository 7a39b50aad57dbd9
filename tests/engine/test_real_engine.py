"""The real `pulumi preview`, with stand-in providers and no cloud account: the same resources, the same verdict."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from cli.planning import ROOT
from plan.file import read
from policies.packs import PACKS
from policies.review import Report, review
from policies.rules import ALL
from tests.plans import compliant

pytestmark = [
    pytest.mark.engine,
    pytest.mark.skipif(shutil.which("pulumi") is None, reason="the Pulumi engine (`pulumi`) is not on PATH"),
]

PROVIDERS = ("azure-native", "azuread", "kubernetes", "random")
SOURCES = (
    "__main__.py",
    "components",
    "config",
    "jurisdictions",
    "lifecycle",
    "plan",
    "policies",
    "pyproject.toml",
    "records",
)
STACK = "eu-prod"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project with its stand-ins, in a folder whose sources may be broken."""
    folder = tmp_path_factory.mktemp("engine")
    for name in SOURCES:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder / name)
    shutil.copy(ROOT / f"Pulumi.{STACK}.yaml", folder)
    document = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())
    # The interpreter that runs the tests, whatever it is called: the engine must not make another environment.
    environment = Path(sys.executable).parent.parent
    document["runtime"]["options"] = {"virtualenv": str(environment)}
    document["plugins"] = {"providers": [{"name": name, "path": f"plugins/{name}"} for name in PROVIDERS]}
    (folder / "Pulumi.yaml").write_text(yaml.safe_dump(document))
    for name in PROVIDERS:
        launcher = folder / "plugins" / name / f"pulumi-resource-{name}"
        launcher.parent.mkdir(parents=True)
        launcher.write_text(f"#!/bin/sh\nPYTHONPATH={ROOT} exec {sys.executable} -m tests.engine.standin\n")
        launcher.chmod(0o755)
    for pack in PACKS:
        path = folder / "policies" / "packs" / pack / "PulumiPolicy.yaml"
        policy = yaml.safe_load(path.read_text())
        policy["runtime"]["options"]["virtualenv"] = str(environment)
        path.write_text(yaml.safe_dump(policy))
    (folder / "state").mkdir()
    pulumi(folder, "login", f"file://{folder}/state")
    pulumi(folder, "stack", "init", STACK)
    return folder


WITHOUT_CLUSTER = ("--exclude", "**$kubernetes:**", "--exclude-dependents")
"""The first layer, as docs/guides/first-deployment.md has it."""


def pulumi(folder: Path, *words: str, ok: bool = True, state: str = "state") -> subprocess.CompletedProcess[str]:
    """The engine's command, at home in the folder and nowhere else."""
    environment = {
        **os.environ,
        "PULUMI_HOME": str(folder / "home"),
        "PULUMI_BACKEND_URL": f"file://{folder}/{state}",
        "PULUMI_CONFIG_PASSPHRASE": "for tests only",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        "PYTHONPATH": str(folder),
    }
    done = subprocess.run(
        [str(shutil.which("pulumi")), "--non-interactive", *words],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=540,
    )
    if ok:
        assert done.returncode == 0, done.stdout + done.stderr
    return done


def with_packs() -> list[str]:
    """The words that add every pack to a preview."""
    return [word for pack in PACKS for word in ("--policy-pack", f"policies/packs/{pack}")]


class TestTheEngineAgreesWithTheOfflinePlan:
    """What CI saw without a cloud must be what the engine does."""

    def test_it_registers_the_same_resources(self, project: Path) -> None:
        document = json.loads(pulumi(project, "preview", "--json", "--stack", STACK).stdout)
        engine = {step["urn"] for step in document["steps"] if "pulumi:providers:" not in step["urn"]}
        offline = {r.urn for r in compliant(STACK).resources if "pulumi:providers:" not in r.urn}
        assert engine == offline

    def test_a_compliant_stack_passes_every_pack(self, project: Path) -> None:
        done = pulumi(project, "preview", "--stack", STACK, *with_packs(), ok=False)
        assert done.returncode == 0, done.stdout[-20_000:]

    def test_a_breach_is_refused_by_the_same_rule(self, project: Path) -> None:
        source = project / "components" / "storage_account.py"
        sound = source.read_text()
        source.write_text(sound.replace('minimum_tls_version="TLS1_2"', 'minimum_tls_version="TLS1_0"'))
        try:
            done = pulumi(project, "preview", "--stack", STACK, *with_packs(), ok=False)
        finally:
            source.write_text(sound)
        assert done.returncode != 0
        assert "encryption.storage-in-transit" in done.stdout
        assert "minimumTlsVersion is 'TLS1_0'" in done.stdout


class TestADeployedStackIsJudgedByTheSameRules:
    """What stands is what counts: the state of a stack goes through the packs as its plan did."""

    def test_the_export_of_what_was_deployed_has_the_plans_verdict(self, project: Path) -> None:
        pulumi(project, "up", "--yes", "--skip-preview", "--stack", STACK)
        export = project / "export.json"
        pulumi(project, "stack", "export", "--stack", STACK, "--file", str(export))
        deployed, planned = review(read(export), ALL), review(compliant(STACK), ALL)
        assert [finding.message for finding in deployed.of_state("refused")] == []

        # Secrets are looked for in every registration, and a state has the default providers too.
        def judged(report: Report) -> dict[str, int]:
            return {rule: count for rule, count in report.evaluated.items() if not rule.startswith("secrets.")}

        assert (deployed.verdict, judged(deployed)) == (planned.verdict, judged(planned))


class TestBothOrdersEndInTheSameStack:
    """Whole, from a runner inside; or Azure first, from outside, and the cluster's workloads by the runner."""

    def test_azure_first_and_then_the_rest_is_what_one_deployment_makes(self, project: Path) -> None:
        (project / "layers").mkdir()
        pulumi(project, "stack", "init", STACK, state="layers")
        first = up(project, "layers", *WITHOUT_CLUSTER)
        assert not [urn for urn in first if "$kubernetes:" in urn]
        assert [urn for urn in first if urn.endswith("::runner-apply")]
        second = up(project, "layers", *with_packs())
        assert {urn: second[urn] for urn in first} == first, "the second deployment changed what stood"
        assert second == up(project, "state")


def up(project: Path, state: str, *words: str) -> dict[str, object]:
    """Deploy, and say what stands: inputs by URN, without what is drawn anew in each state."""
    pulumi(project, "up", "--yes", "--skip-preview", "--stack", STACK, *words, state=state)
    export = json.loads(pulumi(project, "stack", "export", "--stack", STACK, state=state).stdout)
    return {
        item["urn"]: item.get("inputs", {})
        for item in export["deployment"]["resources"]
        if "pulumi:providers:" not in item["urn"]
    }
