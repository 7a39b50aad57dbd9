"""ARM's side of the plan: ids, versions and bodies, against the SDK and against Microsoft's templates reference."""

import re
from functools import cache
from pathlib import Path

import pulumi_azure_native
import pytest

from plan.arm_export import body, to_arm
from plan.arm_ids import arm_id
from plan.arm_types import UnknownType, arm_type, arm_types
from tests.plans import CORE, compliant

SDK = Path(pulumi_azure_native.__file__).parent


@cache
def _sources(module: str) -> list[str]:
    return [path.read_text() for path in (SDK / module).glob("[a-z]*.py")]


class TestTypesAreThoseOfTheSdk:
    """A version that the SDK does not pin would validate against another schema than the one that is deployed."""

    @pytest.mark.parametrize("token", sorted(arm_types()))
    def test_version_and_names_stand_in_the_sdk(self, token: str) -> None:
        _, module, cls = token.split(":")
        (text,) = [text for text in _sources(module) if f"\nclass {cls}(pulumi.CustomResource)" in text]
        assert f"Uses Azure REST API version {arm_type(token).api}." in text
        for name in arm_type(token).names:
            assert name.startswith("=") or f'name="{name}"' in text or re.search(rf"def {name}\(", text)


class TestIds:
    """Everything that refers to anything does so by these."""

    @pytest.mark.parametrize(
        ("token", "inputs", "expected"),
        [
            ("resources:ResourceGroup", {"resourceGroupName": "g"}, "/subscriptions/s/resourceGroups/g"),
            (
                "network:Subnet",
                {"resourceGroupName": "g", "virtualNetworkName": "v", "subnetName": "n"},
                "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/v/subnets/n",
            ),
            (
                "storage:BlobContainer",
                {"resourceGroupName": "g", "accountName": "a", "containerName": "c"},
                "/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/a/blobServices/default"
                "/containers/c",
            ),
            (
                "authorization:RoleAssignment",
                {"scope": "/subscriptions/s/x", "roleAssignmentName": "r"},
                "/subscriptions/s/x/providers/Microsoft.Authorization/roleAssignments/r",
            ),
        ],
    )
    def test_they_are_as_arm_makes_them(self, token: str, inputs: dict[str, object], expected: str) -> None:
        assert arm_id(f"azure-native:{token}", inputs, subscription_id="s") == expected

    def test_without_a_name_there_is_no_id(self) -> None:
        assert arm_id("azure-native:network:Route", {"resourceGroupName": "g"}, subscription_id="s") is None

    def test_an_unlisted_type_is_an_error_and_not_a_guess(self) -> None:
        with pytest.raises(UnknownType, match="arm_types.yaml"):
            arm_id("azure-native:maps:Creator", {}, subscription_id="s")


class TestBodies:
    """Expected bodies are written by hand from learn.microsoft.com/azure/templates."""

    @pytest.mark.parametrize(
        ("token", "inputs", "expected"),
        [
            (
                "network:VirtualNetwork",
                {
                    "virtualNetworkName": "v",
                    "location": "westeurope",
                    "subnets": [{"name": "n", "addressPrefix": "10.0.0.0/24", "routeTable": {"id": "r"}}],
                },
                {
                    "location": "westeurope",
                    "properties": {
                        "subnets": [
                            {"name": "n", "properties": {"addressPrefix": "10.0.0.0/24", "routeTable": {"id": "r"}}}
                        ]
                    },
                },
            ),
            (
                "network:VirtualNetwork",
                {"subnets": [{"name": "n", "delegations": [{"name": "d", "serviceName": "x"}]}]},
                {
                    "properties": {
                        "subnets": [
                            {
                                "name": "n",
                                "properties": {"delegations": [{"name": "d", "properties": {"serviceName": "x"}}]},
                            }
                        ]
                    }
                },
            ),
            (
                "network:AzureFirewall",
                {
                    "sku": {"name": "AZFW_VNet"},
                    "ipConfigurations": [{"name": "c", "subnet": {"id": "s"}}],
                    "zones": ["1"],
                },
                {
                    "zones": ["1"],
                    "properties": {
                        "sku": {"name": "AZFW_VNet"},
                        "ipConfigurations": [{"name": "c", "properties": {"subnet": {"id": "s"}}}],
                    },
                },
            ),
            (
                "storage:StorageAccount",
                {
                    "accountName": "a",
                    "kind": "StorageV2",
                    "sku": {"name": "Standard_ZRS"},
                    "minimumTlsVersion": "TLS1_2",
                },
                {
                    "sku": {"name": "Standard_ZRS"},
                    "kind": "StorageV2",
                    "properties": {"minimumTlsVersion": "TLS1_2"},
                },
            ),
            ("keyvault:Vault", {"properties": {"tenantId": "t"}}, {"properties": {"tenantId": "t"}}),
            (
                "operationalinsights:Workspace",
                {"sku": {"name": "PerGB2018"}, "retentionInDays": 30},
                {"properties": {"sku": {"name": "PerGB2018"}, "retentionInDays": 30}},
            ),
            (
                "frontdoor:Policy",
                {"policySettings": {"mode": "Prevention", "state": "Enabled", "scrubbingRules": []}},
                {
                    "properties": {
                        "policySettings": {
                            "mode": "Prevention",
                            "logScrubbing": {"state": "Enabled", "scrubbingRules": []},
                        }
                    }
                },
            ),
            (
                "authorization:RoleAssignment",
                {"scope": "/s", "roleAssignmentName": "r", "principalId": "p"},
                {"properties": {"principalId": "p"}},
            ),
        ],
    )
    def test_properties_are_put_back(self, token: str, inputs: dict[str, object], expected: object) -> None:
        kind = f"azure-native:{token}"
        assert body(kind, inputs, arm_type(kind)) == expected

    @pytest.mark.parametrize("stack", CORE)
    def test_a_stack_exports_each_azure_resource_once_in_a_fixed_order(self, stack: str) -> None:
        plan = compliant(stack)
        resources = to_arm(plan.resources, subscription_id="s")["resources"]
        assert isinstance(resources, list)
        ids = [item["id"] for item in resources]
        assert len(ids) == len(set(ids)) == sum(r.type.startswith("azure-native:") for r in plan.resources)
        assert ids == sorted(ids, key=str.lower)
        assert all(item["name"] and re.match(r"^\d{4}-\d\d-\d\d(-preview)?$", item["apiVersion"]) for item in resources)
