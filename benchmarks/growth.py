"""Rules over synthetic plans of 100, 1,000 and 10,000 resources: cost must grow with size, and no faster."""

import time
import tracemalloc

from plan.model import Plan, PlannedResource
from policies.review import review
from policies.rules import ALL

SIZES = (100, 1_000, 10_000)


def synthetic(size: int) -> Plan:
    """A plan of storage accounts, endpoints and settings that refer to each other."""
    resources: list[PlannedResource] = []
    for index in range(size // 4):
        account = f"/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/st{index}"
        for token, name, inputs in (
            ("azure-native:storage:StorageAccount", f"account-{index}", {"accountName": f"st{index}"}),
            ("azure-native:network:PrivateEndpoint", f"endpoint-{index}", _endpoint(account, index)),
            ("azure-native:network:PrivateDnsZoneGroup", f"names-{index}", {"privateEndpointName": f"pe{index}"}),
            ("azure-native:monitor:DiagnosticSetting", f"setting-{index}", {"resourceUri": account}),
        ):
            identifier = account if token.endswith("StorageAccount") else f"{account}/{name}"
            resources.append(
                PlannedResource(
                    urn=f"urn:pulumi:eu-prod::bailiwick::{token}::{name}",
                    type=token,
                    name=name,
                    inputs={"location": "westeurope", **inputs},
                    outputs={"id": identifier},
                )
            )
    return Plan(project="bailiwick", stack="eu-prod", jurisdiction="eu", resources=tuple(resources))


def _endpoint(account: str, index: int) -> dict[str, object]:
    return {
        "privateEndpointName": f"pe{index}",
        "privateLinkServiceConnections": [{"privateLinkServiceId": account, "groupIds": ["blob"]}],
    }


def main() -> None:
    """Print time and memory for each size, and their ratio to the size before."""
    before = 0.0
    for size in SIZES:
        plan = synthetic(size)
        start = time.perf_counter()
        report = review(plan, ALL)
        seconds = time.perf_counter() - start
        tracemalloc.start()
        review(plan, ALL)
        peak = tracemalloc.get_traced_memory()[1] / 2**20
        tracemalloc.stop()
        ratio = f"{seconds / before:5.1f} times the time for ten times the size" if before else ""
        rate = report.evaluations / seconds
        print(f"{size:>6} resources   {seconds:7.3f} s   {peak:6.1f} MiB   {rate:>9,.0f} evaluations/s   {ratio}")
        before = seconds


if __name__ == "__main__":
    main()
