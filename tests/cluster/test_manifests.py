"""Every manifest of every stack, before a real API server of the cluster's own version."""

from collections.abc import Iterator

import pytest

from plan.manifests import manifests
from tests.cluster.client import Client
from tests.cluster.server import DEPRECATED, ENFORCED, VIOLATIONS, Server
from tests.cluster.stage import Stage, is_unrestricted, noted, pods, staged
from tests.plans import STACKS, compliant

pytestmark = pytest.mark.cluster


@pytest.fixture(scope="module", params=STACKS)
def stage(client: Client, request: pytest.FixtureRequest) -> Iterator[Stage]:
    """A stack's manifests, applied twice to a server that holds no other stack's."""
    with staged(client, manifests(compliant(request.param))) as found:
        yield found


class TestTheServerTakesIt:
    """A typo in a field, a wrong quantity or an immutable field shows here, and not in the middle of `pulumi up`."""

    def test_every_manifest_is_accepted(self, stage: Stage) -> None:
        assert [(each.label, each.refusals) for each in stage if each.refusals] == []

    def test_applied_again_nothing_changes(self, stage: Stage) -> None:
        assert [each.label for each in stage if not each.settled] == []

    def test_no_api_is_deprecated_and_no_field(self, stage: Stage, server: Server) -> None:
        assert [(each.label, each.warnings) for each in stage if each.warnings] == []
        assert noted(server, stage, DEPRECATED) == {}


class TestPodSecurityIsSilent:
    """Namespaces enforce `restricted`: what violates it is a deployment that never gets a pod. One can't."""

    def test_no_workload_is_noted_in_the_audit_log_but_those_that_hand_out_gpus(
        self, stage: Stage, server: Server
    ) -> None:
        found = noted(server, stage, VIOLATIONS)
        assert [label for label in found if not is_unrestricted(label)] == []
        for violations in found.values():
            # A folder of the node, and root for it: whatever else `restricted` asks for, they have.
            assert "hostPath" in violations
            assert "runAsNonRoot" in violations
            for other in ("allowPrivilegeEscalation", "capabilities", "seccompProfile", "hostNetwork", "privileged:"):
                assert other not in violations

    def test_every_pod_is_admitted_under_restricted_but_those_that_hand_out_gpus(
        self, stage: Stage, client: Client, server: Server
    ) -> None:
        answers = {label: client.create(pod, dry=True) for label, pod in pods(stage)}
        assert answers
        assert {label: answer.message for label, answer in answers.items() if not answer.accepted} == {}
        assert {label: answer.warnings for label, answer in answers.items() if answer.warnings} == {}
        records = server.annotations([answer.audit_id for answer in answers.values()])
        levels = {label: records[answer.audit_id].get(ENFORCED) for label, answer in answers.items()}
        loose = {label for label in levels if is_unrestricted(label)}
        assert {levels[label] for label in levels.keys() - loose} == {"restricted:latest"}
        assert {levels[label] for label in loose} <= {"privileged:latest"}
