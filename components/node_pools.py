"""What every node has in common, whichever pool it is in."""

from dataclasses import dataclass
from typing import Any, Literal

from pulumi import Input

from components.scope import Scope
from config.cluster import Pool

IMAGE = "Ubuntu2404"
"""The one image that AKS offers on confidential sizes: learn.microsoft.com/azure/aks/use-cvm"""

EPHEMERAL = ("d", "ds", "ads", "adis")
"""Size families with a local disk that can hold the operating system (`Standard_D8ds_v5`)."""


@dataclass(frozen=True, kw_only=True)
class Nodes:
    """A pool: what it is called, how large it is, whom it admits."""

    name: str
    """At most twelve lower-case letters and digits: AKS's limit for Linux pools."""
    pool: Pool
    subnet_id: Input[str]
    mode: Literal["System", "User"]
    taints: tuple[str, ...]
    labels: dict[str, str]
    gpu_driver: str | None = None
    spot: bool = False

    def common(self, scope: Scope) -> dict[str, Any]:
        """Arguments that a cluster's first pool and every later pool share."""
        confidential = is_confidential(self.pool.size, scope)
        return {
            "mode": self.mode,
            "vm_size": self.pool.size,
            "os_type": "Linux",
            "os_sku": IMAGE,
            "os_disk_type": "Ephemeral" if has_local_disk(self.pool.size) and not confidential else "Managed",
            "type": "VirtualMachineScaleSets",
            "enable_auto_scaling": True,
            "min_count": self.pool.min,
            "max_count": self.pool.max,
            "count": max(self.pool.min, 1) if self.mode == "System" else self.pool.min,
            "availability_zones": list(scope.zones) or None,
            "vnet_subnet_id": self.subnet_id,
            "enable_encryption_at_host": True,
            "enable_node_public_ip": False,
            # AKS offers no FIPS modules on confidential images.
            "enable_fips": scope.config.cluster.fips and not confidential,
            "node_taints": list(self.taints),
            "node_labels": self.labels,
            "max_pods": 60,
            "tags": scope.tags("phi" if self.mode == "User" else "confidential"),
        }


def has_local_disk(size: str) -> bool:
    """Whether a size's name says that it has a local disk (the `d` after the core count)."""
    family = size.removeprefix("Standard_").partition("_")[0]
    letters = family.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ").lstrip("0123456789")
    return letters.startswith(EPHEMERAL) or "d" in letters


def is_confidential(size: str, scope: Scope) -> bool:
    """Whether a size encrypts its memory, by the jurisdiction's record of the region."""
    facts = scope.region_facts
    return size in facts.confidential_vm_sizes or size in facts.confidential_gpu_sizes
