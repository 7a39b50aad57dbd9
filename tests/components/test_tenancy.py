"""Two tenants on one platform: by the manifests and by the gateway's routes, neither is in the other's reach."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.planning import ROOT
from components.gateway_settings import MODEL_PORT
from components.tenancy import MOUNT, salt, tenants
from config import StackConfig, parse
from config.tenants import SHARED, Tenant
from plan import stacks
from plan.model import PlannedResource
from policies import tenants as reading
from tests.plan.reachability.test_pods import into, out_of
from tests.plans import compliant

STACK, BOTH = "uk-prod", ("northern", "southern")
SECTION: dict[str, Any] = {"controller": "A Trust", "requests_per_minute": 60}


def _stack() -> StackConfig:
    config, _ = parse(STACK, stacks.values(ROOT, STACK))
    assert config is not None
    return config


def _settings(stack: str = STACK) -> dict[str, Any]:
    (config,) = [
        item
        for item in compliant(stack).of_type("kubernetes:core/v1:ConfigMap")
        if item.get("metadata.name") == "gateway"
    ]
    data: Any = config.get("data")
    found: dict[str, Any] = json.loads(data["gateway.json"])
    return found


def _of(kind: str) -> list[PlannedResource]:
    return list(compliant(STACK).of_type(kind))


class TestTheGatewaySendsATenantToItsOwn:
    """The guard of issue 7 reads this form: it is the contract."""

    def test_routes_salt_and_limit_of_each(self) -> None:
        assert _settings()["tenants"] == {
            name: {
                "models": {
                    "clinic-letters": "https://vllm.inference-clinic-letters.svc.cluster.local:8000",
                    "clinical-notes": f"https://vllm.inference-{name}-clinical-notes.svc.cluster.local:8000",
                },
                "cacheSalt": f"/run/certificates/salt-{name}",
                "requestsPerMinute": limit,
                "origins": pages,
            }
            for name, limit, pages in zip(
                BOTH, (600, 300), ([], ["https://letters.southern.hospital.example"]), strict=True
            )
        }

    def test_who_speaks_for_no_tenant_is_sent_nowhere(self) -> None:
        assert _settings()["models"] == {}

    def test_a_stack_without_tenants_routes_as_before(self) -> None:
        told = _settings("eu-prod")
        assert list(told["models"]) == ["clinical-notes"]
        assert told["tenants"] == {}

    def test_salts_come_from_the_vault_and_are_in_no_plan(self) -> None:
        (mounted,) = [
            item
            for item in _of("kubernetes:secrets-store.csi.x-k8s.io/v1:SecretProviderClass")
            if item.get("metadata.namespace") == "gateway"
        ]
        objects = [json.loads(one) for one in json.loads(str(mounted.get("spec.parameters.objects")))["array"]]
        assert {f"salt-{name}" for name in BOTH} <= {one["objectName"] for one in objects}
        assert not [item for item in _of("azure-native:keyvault:Secret") if "salt" in item.name]

    @given(
        st.dictionaries(
            st.from_regex(r"\A[a-z][a-z0-9]{1,11}\Z").filter(lambda name: name != SHARED),
            st.sets(st.sampled_from("abc"), min_size=1),
            min_size=1,
        ),
        st.sets(st.sampled_from("abc")),
    )
    def test_whatever_tenants_there_are(self, of: dict[str, set[str]], shared: set[str]) -> None:
        base = _stack()
        config = base.model_copy(
            update={
                "use_cases": tuple(
                    base.use_cases[0].model_copy(update={"name": name, "shared": name in shared}) for name in "abc"
                ),
                "tenants": tuple(
                    Tenant(name=name, use_cases=tuple(sorted(asked)), **SECTION) for name, asked in of.items()
                ),
            }
        )
        whose = {one.space: one for one in config.served}
        told: Any = tenants(config, MODEL_PORT)
        for name, asked in of.items():
            assert set(told[name]["models"]) == asked
            for use_case, url in told[name]["models"].items():
                place = whose[reading.space_of(url)]
                assert place.item.name == use_case
                assert place.tenant in (name, SHARED)
                assert (place.tenant == SHARED) == (use_case in shared)
        assert len({one["cacheSalt"] for one in told.values()}) == len(of)


class TestNothingOfOneIsInReachOfTheOther:
    """Manifests: namespaces, policies, quotas, stores and keys."""

    def test_namespaces_say_whose_they_are(self) -> None:
        found: dict[str, Any] = {
            str(space.get("metadata.name")): space.get("metadata.labels")
            for space in _of("kubernetes:core/v1:Namespace")
            if str(space.get("metadata.name")).startswith("inference-")
        }
        labels: Any = {name: (own["bailiwick/tenant"], own["bailiwick/use-case"]) for name, own in found.items()}
        assert labels == {
            "inference-northern-clinical-notes": ("northern", "clinical-notes"),
            "inference-southern-clinical-notes": ("southern", "clinical-notes"),
            "inference-clinic-letters": (SHARED, "clinic-letters"),
        }
        assert all(reading.named(*labels[name]) == name for name in labels)

    @pytest.mark.parametrize("tenant", BOTH)
    def test_a_tenants_model_reaches_nobody_and_only_the_gateway_reaches_it(self, tenant: str) -> None:
        model = f"inference-{tenant}-clinical-notes/vllm"
        assert out_of(compliant(STACK), model) == {}
        assert set(into(compliant(STACK), model)) == {
            "gateway/gateway",
            "kube-system/app=keda-operator",
            "kube-system/rsName=ama-metrics",
        }

    def test_each_namespace_has_a_quota_of_its_own(self) -> None:
        quotas = [str(found.get("metadata.namespace")) for found in _of("kubernetes:core/v1:ResourceQuota")]
        assert {f"inference-{name}-clinical-notes" for name in BOTH} <= set(quotas)

    def test_each_has_stores_of_its_own_under_its_own_key(self) -> None:
        keys: dict[str, set[object]] = {}
        for account in _of("azure-native:storage:StorageAccount"):
            name = str(account.get("tags.tenant"))
            keys.setdefault(name, set()).add(account.get("encryption.keyVaultProperties.keyName"))
        assert keys["northern"] == {"patient-northern"}
        assert keys["southern"] == {"patient-southern"}
        assert not keys["northern"] & set().union(*(found for name, found in keys.items() if name != "northern"))

    def test_each_store_is_backed_up_and_behind_an_endpoint_and_in_the_perimeter(self) -> None:
        backed = {str(item.get("backupInstanceName")) for item in _of("azure-native:dataprotection:BackupInstance")}
        assert {f"{STACK}-patient-{name}" for name in BOTH} <= backed
        for kind in ("network:PrivateEndpoint", "network:NetworkSecurityPerimeterAssociation"):
            names = " ".join(item.name for item in _of(f"azure-native:{kind}"))
            assert all(f"patient-{name}" in names for name in BOTH), kind

    def test_whose_every_store_is_is_in_its_name(self) -> None:
        names = [str(item.get("accountName")) for item in _of("azure-native:storage:StorageAccount")]
        assert {name for name in BOTH if any(name in account for account in names)} == set(BOTH)

    def test_numbers_of_each_are_read(self) -> None:
        monitors = {
            str(item.get("metadata.namespace")) for item in _of("kubernetes:azmonitoring.coreos.com/v1:PodMonitor")
        }
        assert {f"inference-{name}-clinical-notes" for name in BOTH} <= monitors


class TestNamesAreThoseThatTheRulesKnow:
    """Rules may not import components."""

    def test_of_what_serves_everybody(self) -> None:
        assert reading.SHARED == SHARED

    def test_of_namespaces(self) -> None:
        for one in _stack().served:
            assert reading.named(one.tenant, one.item.name) == one.space

    def test_of_salts(self) -> None:
        from policies.rules.tenancy import SALT

        for tenant in _stack().tenants:
            assert f"{MOUNT}/{salt(tenant)}" == f"{SALT}{tenant.name}"
