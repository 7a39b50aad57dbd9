"""Before a deployment the engine knows no ids, and a reference that leads nowhere can't be judged."""

from dataclasses import replace

import pytest

from plan.model import UNKNOWN, PlannedResource
from policies.crossguard_ids import with_ids
from tests.plans import compliant

GROUP = "azure-native:resources:ResourceGroup"


def untold(resource: PlannedResource) -> PlannedResource:
    """As a pack sees it before a deployment: no outputs, and a group's name only by where it comes from."""
    inputs = dict(resource.inputs)
    origins = resource.property_dependencies.get("resourceGroupName", ())
    if len(origins) == 1 and resource.type != GROUP:
        inputs["resourceGroupName"] = UNKNOWN
    return replace(resource, inputs=inputs, outputs={})


class TestIdsAreWhatArmWillMakeOfTheNames:
    """A wrong id would let a reference find the wrong resource, and a rule pass it."""

    @pytest.mark.parametrize("stack", ["eu-prod", "us-prod"])
    def test_every_id_that_is_made_up_is_the_planned_one(self, stack: str) -> None:
        plan = compliant(stack)
        made = {resource.urn: resource.id for resource in with_ids(tuple(untold(item) for item in plan.resources))}
        azure = [resource for resource in plan.resources if resource.type.startswith("azure-native:")]
        found = [resource for resource in azure if made[resource.urn] is not UNKNOWN]
        assert len(found) > 0.9 * len(azure)
        for resource in found:
            assert made[resource.urn] == resource.id

    def test_an_id_that_the_engine_tells_is_kept(self) -> None:
        (vault, *_) = compliant().of_type("azure-native:keyvault:Vault")
        told = replace(vault, outputs={"id": "/told"})
        assert with_ids((told, *compliant().resources))[0].id == "/told"

    def test_without_any_reference_to_a_subscription_nothing_is_made_up(self) -> None:
        group = PlannedResource(urn="u", type=GROUP, name="g", inputs={"resourceGroupName": "rg"})
        assert with_ids((group,)) == (group,)

    def test_a_name_that_is_not_known_makes_no_id(self) -> None:
        (vault, *_) = compliant().of_type("azure-native:keyvault:Vault")
        nameless = replace(vault, inputs={**vault.inputs, "vaultName": UNKNOWN}, outputs={})
        assert with_ids((nameless, *compliant().resources))[0].id is UNKNOWN
