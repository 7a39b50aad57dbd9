"""The section `cluster`."""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import StringConstraints

from config.faults import Fault, crossed_bounds
from config.section import Section, VmSize, dial
from jurisdictions import Jurisdiction


class Pool(Section):
    """A node pool's size and its autoscaler's bounds."""

    size: VmSize = dial("Azure VM size.", "the pool can't be made")
    min: int = dial("Fewest nodes.", "the autoscaler has no floor", ge=0, le=100)
    max: int = dial("Most nodes.", "the autoscaler has no ceiling, nor has the bill", ge=1, le=100)


class Cluster(Section):
    """The Kubernetes cluster."""

    kubernetes_version: Annotated[str, StringConstraints(pattern=r"^1\.\d{2}$")] = dial(
        "Minor version; patch versions arrive by the upgrade channel.", "the cluster can't be made"
    )
    tier: Literal["Standard", "Premium"] = dial(
        "AKS tier: Standard has the uptime SLA, Premium adds long-term support.",
        "the free tier has no SLA for the API server",
        default="Standard",
    )
    system_pool: Pool = dial("Nodes of the system pool.", "the cluster has no place for its own components")
    workload_pool: Pool = dial(
        "Nodes of the gateway, and of models served on CPU; a confidential size in prod.",
        "nothing that sees a request has a place to run",
    )
    fips: bool = dial(
        "FIPS 140 validated modules on the nodes; not to be had on confidential sizes.",
        "nodes use modules without validation",
        default=False,
    )
    network_isolated: bool = dial(
        "No outbound path at all; nodes bootstrap from the registry's cache.",
        "nodes reach the few addresses that the firewall names",
        default=False,
    )


def cluster_consistent(cluster: Cluster, jurisdiction: Jurisdiction, region: str) -> Iterator[Fault]:
    """Bounds that don't cross, and FIPS where it is to be had."""
    facts = jurisdiction.regions.get(region)
    pools = {"systemPool": cluster.system_pool, "workloadPool": cluster.workload_pool}
    confidential = facts.confidential_vm_sizes if facts else ()
    for key, pool in pools.items():
        if pool.min > pool.max:
            yield crossed_bounds(f"bailiwick:cluster.{key}.min", "max", pool.min, pool.max)
        if cluster.fips and pool.size in confidential:
            yield Fault(
                key="bailiwick:cluster.fips",
                value="true",
                problem=f"FIPS nodes are not to be had on {pool.size}",
                allowed="fips false with confidential sizes, or an ordinary size with fips",
                consequence="AKS refuses the pool",
                hint="decide which of the two this stack needs; memory encryption is what level 3 asks for",
            )
