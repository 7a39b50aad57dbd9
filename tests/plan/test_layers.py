"""A stack deploys whole from inside, or its Azure part first from outside: both orders end in the same stack.

The real engine goes through both orders in tests/engine; here is what makes that possible, for every stack.
"""

from collections.abc import Iterable

import pytest

from plan.model import Plan, PlannedResource
from tests.plans import CORE, compliant

ENTRIES = {"azure-native:cdn:AFDOrigin", "azure-native:cdn:Route", "azure-native:cdn:SecurityPolicy"}
"""What waits for the cluster's own gateway: the public entry, which has nothing to lead to before."""
RUNNER = "azure-native:app:Job"


def needs(resource: PlannedResource) -> set[str]:
    """URNs that must stand before the resource: dependencies, and the provider that makes it."""
    named = {urn for urns in resource.property_dependencies.values() for urn in urns}
    return named | set(resource.dependencies) | ({resource.provider} if resource.provider else set())


def second_layer(plan: Plan) -> set[str]:
    """What the cluster's API server takes, and what needs that: left out by `--exclude … --exclude-dependents`."""
    found = {resource.urn for resource in plan.resources if resource.type.startswith("kubernetes:")}
    known = 0
    while known < len(found):
        known = len(found)
        found |= {each.urn for each in plan.resources if not each.is_component and needs(each) & found}
    return found


def all_needed(plan: Plan, starts: Iterable[PlannedResource]) -> set[str]:
    """Everything that must stand before these."""
    found: set[str] = set()
    left = list(starts)
    while left:
        for urn in needs(left.pop()) - found:
            found.add(urn)
            resource = plan.by_urn(urn)
            assert resource is not None, f"{urn} is needed and not planned"
            left.append(resource)
    return found


@pytest.mark.parametrize("stack", CORE)
class TestTheFirstLayerStandsAlone:
    """Else the first deployment could not get to the runner that does the second."""

    def test_nothing_in_azure_waits_for_the_cluster_but_the_public_entry(self, stack: str) -> None:
        plan = compliant(stack)
        later = second_layer(plan)
        types = {each.type for each in plan.resources if each.urn in later}
        assert {token for token in types if not token.startswith("kubernetes:")} <= ENTRIES

    def test_the_runner_needs_nothing_of_the_second_layer(self, stack: str) -> None:
        plan = compliant(stack)
        jobs = plan.of_type(RUNNER)
        assert len(jobs) == 2
        assert not all_needed(plan, jobs) & second_layer(plan)


@pytest.mark.parametrize("stack", CORE)
class TestTheSecondLayerWaitsForTheCluster:
    """A workload that is registered before there is a cluster fails, and stops everything."""

    def test_every_workload_is_made_by_a_provider_that_waits_for_the_cluster(self, stack: str) -> None:
        plan = compliant(stack)
        (cluster,) = plan.of_type("azure-native:containerservice:ManagedCluster")
        workloads = [resource for resource in plan.resources if resource.type.startswith("kubernetes:")]
        assert workloads
        for workload in workloads:
            assert cluster.urn in all_needed(plan, [workload]), workload.urn
