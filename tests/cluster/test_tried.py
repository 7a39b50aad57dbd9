"""The manifests of a stack that tries something, before a real API server."""

from collections.abc import Iterator

import pytest

from plan.manifests import manifests
from tests.cluster.client import Client
from tests.cluster.server import DEPRECATED, ENFORCED, VIOLATIONS, Server
from tests.cluster.stage import Stage, is_unrestricted, noted, staged
from tests.tried import tried

pytestmark = pytest.mark.cluster


@pytest.fixture(scope="module")
def stage(client: Client) -> Iterator[Stage]:
    """eu-prod with a candidate, applied twice."""
    with staged(client, manifests(tried())) as found:
        yield found


class TestTheServerTakesACandidate:
    """No committed stack has one: its manifests would meet a server for the first time in production."""

    def test_every_manifest_is_accepted_and_settles(self, stage: Stage) -> None:
        assert [(each.label, each.refusals) for each in stage if each.refusals] == []
        assert [each.label for each in stage if not each.settled] == []

    def test_no_field_is_deprecated_and_pod_security_is_silent(self, stage: Stage, server: Server) -> None:
        assert [(each.label, each.warnings) for each in stage if each.warnings] == []
        for kind in (DEPRECATED, ENFORCED, VIOLATIONS):
            assert [label for label in noted(server, stage, kind) if not is_unrestricted(label)] == []
