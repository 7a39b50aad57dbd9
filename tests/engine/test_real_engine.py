"""The real `pulumi preview`, with stand-in providers and no cloud account: the same resources, the same verdict."""

import json
import shutil
from pathlib import Path

import pytest

from plan.file import read
from policies.review import Report, review
from policies.rules import ALL
from tests.engine.project import STACK, WITHOUT_CLUSTER, prepared, pulumi, with_packs
from tests.plans import compliant

pytestmark = [
    pytest.mark.engine,
    pytest.mark.skipif(shutil.which("pulumi") is None, reason="the Pulumi engine (`pulumi`) is not on PATH"),
]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project with its stand-ins, in a folder whose sources may be broken."""
    return prepared(tmp_path_factory.mktemp("engine"))


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
