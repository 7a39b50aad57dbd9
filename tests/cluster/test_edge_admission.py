"""At an edge site the same text holds: it takes the site's own manifests, and refuses what the cluster's refuses."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import yaml

from cli.planning import ROOT
from components.guardrails import EDGE_NAMESPACES
from tests.cluster.client import Client, Object
from tests.cluster.stage import Stage, staged

pytestmark = pytest.mark.cluster

DIGEST = f"sha256:{'0' * 64}"
VALUES = {
    "registry": "acrbweuprod.azurecr.io",
    "clients": "10.60.0.0/16",
    "endpoints": "10.40.8.0/24",
    "proxy": "10.60.0.9",
    "environment": "prod",
    "jurisdiction": "eu",
    "cpu": "4",
    "memory": "8Gi",
    "spool_gib": "10",
}
"""What the plan would fill in; everything else is a word, or a digest, or a number."""
KINDS = ("Deployment", "StatefulSet", "NetworkPolicy", "Service", "ConfigMap")


def filled(folder: str, *kinds: str) -> list[Object]:
    """The manifests of a folder, as a site has them."""
    found: list[Object] = []
    for path in sorted((ROOT / "edge" / folder).glob("*.yaml")):
        text = re.sub(r"\$\{([a-z_]+)\}", _value, path.read_text(encoding="utf-8"))
        found += [each for each in yaml.safe_load_all(text) if each["kind"] in kinds]
    return found


def _value(match: re.Match[str]) -> str:
    name = match[1]
    return VALUES.get(name) or (DIGEST if name.endswith("_digest") else "1" if "_" in name else "x")


@pytest.fixture(scope="module")
def site(client: Client) -> Iterator[Stage]:
    """A site's namespaces and policies, in force."""
    admission = ("ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding")
    with staged(client, [*filled("site", "Namespace"), *filled("policies", *admission)]) as found:
        yield found


def model(change: Callable[[Any], object]) -> Object:
    """The model's deployment with one thing of its pod changed."""
    made = next(each for each in filled("site", "Deployment") if each["metadata"]["name"] == "model")
    change(made["spec"]["template"]["spec"])
    return made


class TestASite:
    """Nobody looks at a box in a clinic for weeks: what is wrong there has to be refused there."""

    def test_every_policy_is_taken(self, site: Stage) -> None:
        assert [(each.label, each.refusals, each.warnings) for each in site if each.refusals or each.warnings] == []

    @pytest.mark.usefixtures("site")
    @pytest.mark.parametrize("kind", KINDS)
    def test_its_own_manifests_are_taken(self, client: Client, kind: str) -> None:
        answers = [client.apply(each, dry=True) for each in filled("site", kind)]
        assert answers
        assert [answer.message for answer in answers if not answer.accepted] == []

    @pytest.mark.usefixtures("site")
    @pytest.mark.parametrize(
        ("policy", "change"),
        [
            ("images", lambda spec: spec["containers"][0].update(image="docker.io/x:latest")),
            ("node", lambda spec: spec.update(hostNetwork=True)),
            ("privileges", lambda spec: spec.update(automountServiceAccountToken=True)),
            ("secrets", lambda spec: spec["containers"][0].update(env=[{"name": "API_KEY", "value": "x"}])),
        ],
    )
    def test_a_pod_is_refused(self, client: Client, policy: str, change: Callable[[Any], object]) -> None:
        answer = client.apply(model(change), dry=True)
        assert f"ValidatingAdmissionPolicy 'bailiwick-{policy}'" in answer.message

    @pytest.mark.usefixtures("site")
    def test_egress_to_the_world_is_refused(self, client: Client) -> None:
        open_wide = next(each for each in filled("site", "NetworkPolicy") if each["spec"].get("egress"))
        open_wide["spec"]["egress"] = [{"to": [{"ipBlock": {"cidr": "0.0.0.0/0"}}], "ports": [{"port": 443}]}]
        assert "'bailiwick-networks'" in client.apply(open_wide, dry=True).message

    @pytest.mark.usefixtures("site")
    def test_a_session_is_refused_and_none_where_the_sites_agents_run(self, client: Client) -> None:
        def asked(namespace: str) -> str:
            return client.get(f"/api/v1/namespaces/{namespace}/pods/x/exec?command=sh").message

        assert "'bailiwick-sessions'" in asked("edge-inference")
        assert not any("bailiwick-sessions" in asked(namespace) for namespace in EDGE_NAMESPACES[:1])
