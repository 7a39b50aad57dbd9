"""A model for names beside the gateway: what the plan makes of the dial, and that it holds nothing but a socket."""

import math
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from components.detector import NAME, PATH
from components.workload import USER
from config.quantity import amount
from model_images.gateway.guard.detectors.plugin import Plugin
from model_images.gateway.guard.endpoints import DETECTOR as ASKED_AT
from model_images.gateway.guard.settings import Settings, read
from plan.model import PlannedResource
from tests.detecting import DETECTOR, DIGEST, detecting
from tests.plans import compliant

POD = "spec.template.spec"


def _of(kind: str) -> PlannedResource:
    (found,) = [one for one in detecting().of_type(kind) if one.get("metadata.namespace") == "gateway"]
    return found


def _deployment() -> PlannedResource:
    return _of("kubernetes:apps/v1:Deployment")


def _containers() -> tuple[dict[str, Any], dict[str, Any]]:
    """The gateway's own, and the one beside it."""
    found: Any = _deployment().get(f"{POD}.containers")
    own, beside = found
    assert (own["name"], beside["name"]) == ("gateway", NAME)
    return own, beside


def _told(directory: Path) -> Settings:
    data: Any = _of("kubernetes:core/v1:ConfigMap").get("data")
    (directory / "gateway.json").write_text(data["gateway.json"])
    return read(directory / "gateway.json")


def _mounts(container: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {mount["name"]: mount for mount in container["volumeMounts"]}


class TestTheGatewayAsksTheOneThatWasApproved:
    """A name that one side renamed is a gateway that refuses everybody."""

    def test_by_the_digest_of_its_image_at_the_socket_that_both_see(self, tmp_path: Path) -> None:
        own, beside = _containers()
        told = _told(tmp_path).plugin
        assert told is not None
        assert told.model == DIGEST == beside["image"].partition("@")[2]
        folder = str(Path(told.socket).parent)
        assert {_mounts(one)[NAME]["mountPath"] for one in (own, beside)} == {folder}
        env = {one["name"]: one["value"] for one in beside["env"]}
        assert (env["DETECTOR_SOCKET"], env["DETECTOR_MODEL"]) == (told.socket, told.model)

    def test_the_gateway_takes_what_it_is_told(self, tmp_path: Path) -> None:
        told = _told(tmp_path).plugin
        assert told is not None
        made = Plugin(name="plug-in", socket_path=Path(told.socket), digest=told.model, deadline=told.seconds)
        assert made.deadline == DETECTOR["seconds"]
        assert len(told.socket) < 108, "sun_path of unix(7)"

    def test_all_detectors_have_longer_than_this_one(self, tmp_path: Path) -> None:
        told = _told(tmp_path)
        assert told.plugin is not None
        assert told.detector_seconds > told.plugin.seconds

    def test_without_the_dial_there_is_none(self) -> None:
        (deployment,) = [
            one
            for one in compliant().of_type("kubernetes:apps/v1:Deployment")
            if one.get("metadata.namespace") == "gateway"
        ]
        containers: Any = deployment.get(f"{POD}.containers")
        assert [one["name"] for one in containers] == ["gateway"]
        assert NAME not in str(deployment.get(f"{POD}.volumes"))
        assert "skip-containers" not in str(deployment.get("spec.template.metadata.annotations"))


class TestItHoldsNothingButASocket:
    """It reads names before they are taken out, and somebody else wrote it."""

    def test_it_mounts_two_memories_and_the_gateway_one_of_them_to_read(self) -> None:
        own, beside = _containers()
        volumes: Any = _deployment().get(f"{POD}.volumes")
        memory = {one["name"] for one in volumes if "emptyDir" in one}
        assert _mounts(beside).keys() <= memory
        shared = _mounts(own).keys() & _mounts(beside).keys()
        assert shared == {NAME}
        assert _mounts(own)[NAME]["readOnly"] is True

    def test_it_gets_no_token_of_the_pods_identity(self) -> None:
        noted: Any = _deployment().get("spec.template.metadata.annotations")
        assert noted["azure.workload.identity/skip-containers"] == NAME
        assert _deployment().get(f"{POD}.automountServiceAccountToken") is False

    def test_it_is_hardened_as_the_gateway_is_and_another_user(self) -> None:
        own, beside = _containers()
        security = dict(beside["securityContext"])
        assert security.pop("runAsUser") not in (0, USER, _deployment().get(f"{POD}.securityContext.runAsUser"))
        assert security == own["securityContext"]
        assert "ports" not in beside
        assert "command" not in beside

    def test_it_may_use_what_it_asked_for(self) -> None:
        _, beside = _containers()
        assert beside["resources"]["requests"] == beside["resources"]["limits"]
        assert (beside["resources"]["limits"]["cpu"], beside["resources"]["limits"]["memory"]) == ("4", "6Gi")


class TestTheClusterKnowsWhetherItAnswers:
    """It has no port: the kubelet asks the gateway, which asks it."""

    @pytest.mark.parametrize("probe", ["startupProbe", "readinessProbe", "livenessProbe"])
    def test_each_probe_is_asked_at_the_gateways_health_port_and_waits_as_long_as_the_gateway(
        self, probe: str, tmp_path: Path
    ) -> None:
        _, beside = _containers()
        told = beside[probe]
        health = _told(tmp_path).health
        assert told["httpGet"] == {"path": PATH, "port": health.port}
        assert told["httpGet"]["path"] == ASKED_AT
        assert told["timeoutSeconds"] > math.ceil(DETECTOR["seconds"])

    def test_it_stays_until_the_gateways_last_stream_has_ended(self) -> None:
        own, beside = _containers()
        stays = {one["name"]: one["lifecycle"]["preStop"]["sleep"]["seconds"] for one in (own, beside)}
        assert stays[NAME] >= stays["gateway"] + 150


class TestTheNamespaceHasRoomForBoth:
    """A quota of the gateway's size alone lets no pod start."""

    def test_the_quota_counts_it_in_every_pod(self) -> None:
        with_it: Any = _of("kubernetes:core/v1:ResourceQuota").get("spec.hard")
        (without,) = [
            one.get("spec.hard")
            for one in compliant().of_type("kubernetes:core/v1:ResourceQuota")
            if one.get("metadata.namespace") == "gateway"
        ]
        assert isinstance(without, dict)
        pods = Decimal(with_it["pods"])
        assert pods == Decimal(str(without["pods"]))
        for key, asked in (("requests.cpu", "4"), ("requests.memory", "6Gi")):
            more = (amount(with_it[key]) or 0) - (amount(without[key]) or 0)
            assert more == pods * (amount(asked) or 0)

    def test_the_largest_container_is_the_larger_of_the_two(self) -> None:
        limits: Any = _of("kubernetes:core/v1:LimitRange").get("spec.limits")
        assert [one["max"] for one in limits] == [{"cpu": "4", "memory": "6Gi"}]
