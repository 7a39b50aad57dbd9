"""What forces a replacement: data, held against what it was taken from."""

import importlib
import inspect
import json
import re
from pathlib import Path

import pytest

from plan.arm_types import arm_types
from plan.diff.compare import difference
from plan.diff.forcing import create_only, forced, forcing
from plan.diff.model import Element, Forcing, Kind
from tests.plan.diff.made import plan, resource
from tests.plans import compliant

SHAPES = json.loads((Path(__file__).parent.parent / "arm_shapes.json").read_text(encoding="utf-8"))


def _writable(shape: object) -> set[str]:
    """Every name of a property in a shape, however deep."""
    if isinstance(shape, dict):
        return {key.rstrip("!").lower() for key in shape} | {n for inner in shape.values() for n in _writable(inner)}
    return {n for inner in shape for n in _writable(inner)} if isinstance(shape, list) else set()


class TestTheDataNamesWhatIsThere:
    """A misspelt property forces nothing, and a replacement would be called a change in place."""

    @pytest.mark.parametrize("token", sorted({*forced(), *create_only()} & set(arm_types())))
    def test_every_property_is_one_of_the_type(self, token: str) -> None:
        entry = arm_types()[token]
        shape = SHAPES.get(f"{entry.type}@{entry.api}")
        if shape is None:
            pytest.skip("its shape is not kept: tests/plan/distil_arm_shapes.py")
        azure = create_only().get(token, {})
        paths = (*forced().get(token, ()), *azure.get("replaces", ()), *azure.get("within", ()))
        known = _writable(shape)
        for path in paths:
            for part in path.replace("[]", "").split("."):
                # publicIPPrefix of the specification, publicIPPrefix of the SDK: they differ by case at most.
                # A scope is part of the address, and of no body.
                assert part.lower() in known or part == entry.scope, f"{path}: no '{part}'"

    def test_azuread_is_as_its_sdk_says(self) -> None:
        for token in (token for token in forced() if token.startswith("azuread:")):
            name = token.rpartition(":")[2]
            module = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()
            arguments = getattr(importlib.import_module(f"pulumi_azuread.{module}"), f"{name}Args")
            said = inspect.getdoc(arguments.__init__) or ""
            entries = re.findall(r":param [^:]*?(\w+): (.*?)(?=:param|\Z)", said, re.DOTALL)
            forcing_words = {key for key, text in entries if re.search(r"forces a new", text)}
            camel = {re.sub(r"_(\w)", lambda m: m[1].upper(), key) for key in forcing_words}
            assert camel == set(forced()[token]), token

    def test_every_type_of_a_data_holder_in_our_stacks_was_read(self) -> None:
        """Not knowing is allowed, but not of the stores that patients' data lies in."""
        stores = ("storage:StorageAccount", "dbforpostgresql:Server", "keyvault:Vault", "keyvault:Key")
        assert {f"azure-native:{token}" for token in stores} <= set(create_only())


class TestAChangeDoesWhatTheProviderDoes:
    """pulumi-azure-native, provider/pkg/provider/diff.go: names in the path, and what is marked, replace."""

    @pytest.mark.parametrize("token", sorted(set(arm_types())))
    def test_names_group_and_region_replace_in_every_type(self, token: str) -> None:
        for name in (*(n for n in arm_types()[token].names if not n.startswith("=")), "resourceGroupName", "location"):
            assert forcing(token, (name,)) is Forcing.REPLACES

    @pytest.mark.parametrize(
        ("token", "steps", "wanted"),
        [
            ("azure-native:storage:StorageAccount", ("isHnsEnabled",), Forcing.REPLACES),
            ("azure-native:storage:StorageAccount", ("allowSharedKeyAccess",), Forcing.IN_PLACE),
            ("azure-native:storage:StorageAccount", ("encryption", "services", "blob", "keyType"), Forcing.FIXED),
            ("azure-native:dbforpostgresql:Server", ("backup", "geoRedundantBackup"), Forcing.FIXED),
            ("azure-native:dbforpostgresql:Server", ("backup", "backupRetentionDays"), Forcing.IN_PLACE),
            ("azure-native:containerservice:ManagedCluster", ("networkProfile", "podCidr"), Forcing.REPLACES),
            ("azure-native:containerservice:ManagedCluster", ("networkProfile", "podCidrs"), Forcing.IN_PLACE),
            ("azure-native:machinelearningservices:Workspace", ("publicNetworkAccess",), Forcing.NOT_KNOWN),
            ("azure-native:batch:BatchAccount", ("poolAllocationMode",), Forcing.NOT_KNOWN),
            ("kubernetes:core/v1:ConfigMap", ("data", "a.b"), Forcing.REPLACES),
            ("kubernetes:core/v1:ConfigMap", ("metadata", "labels", "x"), Forcing.IN_PLACE),
            ("kubernetes:cilium.io/v2:CiliumNetworkPolicy", ("metadata", "namespace"), Forcing.REPLACES),
            ("kubernetes:apps/v1:StatefulSet", ("spec", "volumeClaimTemplates", 0, "spec"), Forcing.REPLACES),
            (
                "kubernetes:apps/v1:Deployment",
                ("spec", "template", "spec", "containers", Element("name", "a"), "image"),
                Forcing.IN_PLACE,
            ),
            ("random:index/randomString:RandomString", ("length",), Forcing.REPLACES),
            ("acme:shop:Shop", ("name",), Forcing.NOT_KNOWN),
        ],
    )
    def test_one_of_each(self, token: str, steps: tuple[str | int | Element, ...], wanted: Forcing) -> None:
        assert forcing(token, steps) is wanted

    def test_a_change_that_is_not_known_to_replace_is_a_change(self) -> None:
        one, other = (plan(resource("acme:shop:Shop", "a", {"name": word})) for word in "ab")
        assert [change.kind for change in difference(one, other).changes] == [Kind.CHANGED]

    def test_everything_that_is_planned_can_be_asked_about(self) -> None:
        for item in compliant().resources:
            for key in item.inputs:
                assert isinstance(forcing(item.type, (key,)), Forcing)
