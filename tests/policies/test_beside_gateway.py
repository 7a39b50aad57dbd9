"""What stands beside the gateway: one compliant plan with a detector, and each way in which it would hold too much."""

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from models.images import Image, Images, ImageVersion, load
from plan.model import Plan
from policies.review import review
from policies.rules import ALL, image_catalogue
from tests.detecting import DIGEST, REPOSITORY, detecting
from tests.plans import changed, compliant, where

RULE, CEILINGS = "workload.detector-holds-only-a-socket", "workload.gateway-ceilings-hold"
READERS = {
    RULE,
    CEILINGS,
    "delivery.gateway-bounds-the-weight",
    "identity.callers-prove-themselves",
    "tenancy.routes-stay-with-their-tenant",
    "tokens.kept-in-the-stacks-own-database",
    "workload.external-models-are-opened-for",
    "workload.gateway-serves-this-stack",
}
"""Rules that read the gateway's settings in every stack."""
DEPLOYMENT, CONFIG = "kubernetes:apps/v1:Deployment", "kubernetes:core/v1:ConfigMap"
SKIPS = "azure.workload.identity/skip-containers"
GATEWAY = where(metadata__namespace="gateway")
Change = Callable[[Any], object]


@pytest.fixture(autouse=True)
def known(monkeypatch: pytest.MonkeyPatch) -> None:
    """The catalogue with this image in it, as an operator writes it down before a plan names it."""
    there = load()
    version = ImageVersion(version="1.0.0", digest=DIGEST)
    own = Image(why="names", source="https://hospital.example/names", licence="MIT", base="none", versions=(version,))
    more = Images(format=there.format, images={**there.images, REPOSITORY: own})
    monkeypatch.setattr(image_catalogue, "load", lambda: more)


def refused(plan: Plan) -> set[str]:
    return {finding.rule.id for finding in review(plan, ALL).findings if finding.state != "exempt"}


def pod(change: Change) -> Plan:
    """The plan with one thing changed in the gateway's pods."""
    (found,) = [one for one in detecting().of_type(DEPLOYMENT) if GATEWAY(one)]
    template: Any = copy.deepcopy(found.get("spec.template"))
    change(template)
    return changed(detecting(), DEPLOYMENT, "spec.template", template, GATEWAY)


def told(change: Change, plan: Plan) -> Plan:
    """The plan with one thing changed in what the gateway is told."""
    (found,) = [one for one in plan.of_type(CONFIG) if GATEWAY(one)]
    data: Any = found.get("data")
    settings = json.loads(data["gateway.json"])
    change(settings)
    return changed(plan, CONFIG, "data", {**data, "gateway.json": json.dumps(settings)}, GATEWAY)


def beside(template: Any) -> dict[str, Any]:  # noqa: ANN401 a pod's template
    """The detector's container."""
    found: dict[str, Any] = template["spec"]["containers"][1]
    return found


class TestAPlanWithADetectorIsCompliant:
    """A dial that no plan gets through with is no dial."""

    def test_every_rule_passes(self) -> None:
        report = review(detecting(), ALL)
        assert [(one.rule.id, one.message) for one in report.findings if one.state != "exempt"] == []
        assert report.verdict == "compliant"

    def test_an_image_that_nobody_wrote_down_is_refused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(image_catalogue, "load", load)
        assert refused(detecting()) == {"images.in-catalogue"}


class TestItHoldsOnlyASocket:
    """With any of these it could carry off names as the gateway, or answer for it."""

    @pytest.mark.parametrize("volume", ["certificates", "settings", "state", "tmp"])
    def test_it_mounts_nothing_of_the_gateways(self, volume: str) -> None:
        mount = {"name": volume, "mountPath": f"/mnt/{volume}", "readOnly": True}
        assert refused(pod(lambda template: beside(template)["volumeMounts"].append(mount))) == {RULE}

    def test_the_gateway_does_not_write_into_its_folder(self) -> None:
        def change(template: Any) -> None:  # noqa: ANN401 a pod's template
            (shared,) = [one for one in template["spec"]["containers"][0]["volumeMounts"] if one["name"] == "detector"]
            del shared["readOnly"]

        assert refused(pod(change)) == {RULE}

    @pytest.mark.parametrize(
        ("change", "too"),
        [
            (lambda template: template["metadata"]["annotations"].pop(SKIPS), set()),
            (
                lambda template: template["metadata"]["annotations"].update({SKIPS: "gateway"}),
                {"workload.tokens-live-an-hour"},
            ),
            (lambda template: beside(template)["securityContext"].pop("runAsUser"), set()),
            (lambda template: beside(template)["securityContext"].update(runAsUser=10001), set()),
            (lambda template: beside(template).update(ports=[{"containerPort": 9000, "protocol": "TCP"}]), set()),
        ],
        ids=["the token by default", "the token of the other", "no user", "the gateway's user", "a port"],
    )
    def test_it_has_no_token_no_port_and_a_user_of_its_own(self, change: Change, too: set[str]) -> None:
        assert refused(pod(change)) == {RULE} | too

    def test_under_another_name_it_is_a_stranger(self) -> None:
        assert RULE in refused(pod(lambda template: beside(template).update(name="helper")))

    def test_before_the_gateway_nothing_runs(self) -> None:
        def change(template: Any) -> None:  # noqa: ANN401 a pod's template
            template["spec"]["initContainers"] = [{**beside(template), "name": "first"}]

        assert RULE in refused(pod(change))


class TestItIsTheOneThatWasPinned:
    """The gateway believes what names its digest: the pod must be of that image."""

    @pytest.mark.parametrize(
        "change",
        [
            lambda told: told.pop("plugin"),
            lambda told: told["plugin"].update(model=f"sha256:{'6' * 64}"),
            lambda told: told["plugin"].update(socket="/run/elsewhere/detector.sock"),
            lambda told: told.update(plugin="names"),
        ],
        ids=["none", "another digest", "another folder", "no form"],
    )
    def test_settings_and_pod_agree(self, change: Change) -> None:
        assert refused(told(change, detecting())) == {RULE}

    def test_settings_name_none_where_none_stands(self) -> None:
        plugin = {"socket": "/run/detector/detector.sock", "model": DIGEST, "seconds": 1.0}
        assert refused(told(lambda found: found.update(plugin=plugin), compliant())) == {RULE}

    @pytest.mark.parametrize("text", ["[]", "{", "7", "null"])
    def test_settings_that_nobody_can_read_pass_no_rule_that_reads_them(self, text: str) -> None:
        (found,) = [one for one in compliant().of_type(CONFIG) if GATEWAY(one)]
        data: Any = found.get("data")
        broken = changed(compliant(), CONFIG, "data", {**data, "gateway.json": text}, GATEWAY)
        assert refused(broken) == READERS


class TestItIsThisStacksGateway:
    """A log under another stack's name proves nothing of this one."""

    @pytest.mark.parametrize(
        "change",
        [
            lambda told: told.update(stack="eu-prod-b"),
            lambda told: told.pop("stack"),
            lambda told: told.update(jurisdiction="uk"),
            lambda told: told.pop("environment"),
        ],
    )
    def test_another_or_none_is_refused(self, change: Change) -> None:
        assert refused(told(change, compliant())) == {"workload.gateway-serves-this-stack"}


class TestCeilingsHold:
    """A number that the stack file would refuse is refused where somebody writes it into the plan, too."""

    @pytest.mark.parametrize(
        "change",
        [
            lambda told: told.update(callerPerMinute=30_001),
            lambda told: told.update(callerPerMinute=0),
            lambda told: told["volume"]["caller"].update(patients=20_001),
            lambda told: told["volume"]["tenant"].update(bytes=(40 << 30) + 1),
            lambda told: told["volume"]["caller"].update(reidentified=True),
            lambda told: told["volume"]["caller"].update(reidentified="few"),
            lambda told: told.update(volume="none"),
        ],
    )
    def test_beyond_them_is_refused(self, change: Change) -> None:
        assert refused(told(change, compliant())) == {CEILINGS}

    @pytest.mark.parametrize(
        "change",
        [
            lambda told: told["volume"]["caller"].update(patients=20_000),
            lambda told: told["volume"].pop("caller"),
            lambda told: told.pop("callerPerMinute"),
        ],
    )
    def test_up_to_them_or_the_gateways_own_is_not(self, change: Change) -> None:
        assert refused(told(change, compliant())) == set()
