"""What a planned resource is charged for while it merely exists: its meters, and how many units of each.

A type that is named neither here nor in `uncharged.py` counts one unit of a meter of its own name, which no table
has: it is reported as without a known price, never as free.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from evidence.uncharged import is_uncharged
from plan.model import MISSING, PlannedResource


@dataclass(frozen=True, kw_only=True)
class Charge:
    """Some units of one meter."""

    meter: str
    """As in the price table."""
    label: str
    """What a person calls it."""
    unit: str
    quantity: int | None = 1
    """From the first day; none where the plan does not say yet."""
    maximum: int | None = None
    """Where an autoscaler may go; none where there is none."""


def charges(resource: PlannedResource) -> tuple[Charge, ...]:
    """What the resource is charged for by existing; empty for what is free or charged by use alone."""
    count = _COUNTED.get(resource.type)
    if count is not None:
        return tuple(count(resource))
    if is_uncharged(resource.type):
        return ()
    return (Charge(meter=resource.type, label=resource.type.rpartition(":")[2], unit="piece"),)


def _text(resource: PlannedResource, path: str) -> str:
    value = resource.get(path)
    return value if isinstance(value, str) and value else "unknown"


def _whole(resource: PlannedResource, path: str) -> int | None:
    value = resource.get(path)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _pool(resource: PlannedResource, at: str = "", prefix: str = "") -> Iterator[Charge]:
    scales = resource.get(f"{at}enableAutoScaling") is True
    size = _text(resource, f"{at}vmSize")
    count = _whole(resource, f"{at}minCount" if scales else f"{at}count")
    most = _whole(resource, f"{at}maxCount") if scales else None
    kind = "vm"
    if resource.get(f"{at}osType") not in ("Linux", MISSING):
        kind = "vm-windows"
    elif resource.get(f"{at}scaleSetPriority") not in ("Regular", MISSING):
        kind = "vm-spot"
    yield Charge(meter=f"{kind}/{size}", label=f"{prefix}{size}", unit="node", quantity=count, maximum=most)
    # AKS chooses the disk's size where the pool does not; only then no tier can be told.
    tier = _disk_tier(_whole(resource, f"{at}osDiskSizeGB"))
    meter = "disk/of-a-node" if tier == "unknown" else f"disk/Premium_LRS-{tier}"
    if resource.get(f"{at}osDiskType") != "Ephemeral":
        yield Charge(meter=meter, label=f"{prefix}node disks", unit="disk", quantity=count, maximum=most)


def _cluster(resource: PlannedResource) -> Iterator[Charge]:
    meters = {"Standard": "kubernetes/standard", "Premium": "kubernetes/long-term-support"}
    tier = _text(resource, "sku.tier")
    if tier != "Free":
        yield Charge(meter=meters.get(tier, f"kubernetes/{tier}"), label=f"control plane, {tier}", unit="cluster")
    pools = resource.get("agentPoolProfiles")
    for index, pool in enumerate(pools if isinstance(pools, list | tuple) else ()):
        name = pool.get("name", index) if isinstance(pool, Mapping) else index
        yield from _pool(resource, f"agentPoolProfiles.{index}.", f"pool {name}: ")


def _machine(resource: PlannedResource) -> Iterator[Charge]:
    size = _text(resource, "hardwareProfile.vmSize")
    kind = "vm"
    if resource.get("osProfile.windowsConfiguration") is not MISSING:
        kind = "vm-windows"
    elif resource.get("priority") not in ("Regular", MISSING):
        kind = "vm-spot"
    yield Charge(meter=f"{kind}/{size}", label=size, unit="machine")
    disk = _text(resource, "storageProfile.osDisk.managedDisk.storageAccountType")
    tier = _disk_tier(_whole(resource, "storageProfile.osDisk.diskSizeGB"))
    yield Charge(meter=f"disk/{disk}-{tier}", label=f"OS disk {disk} {tier}", unit="disk")


_DISK_TIERS: Final = ((32, "P4"), (64, "P6"), (128, "P10"), (256, "P15"), (512, "P20"))
"""Premium SSD from 17 GiB on: a disk is charged as the tier that holds it."""


def _disk_tier(size: int | None) -> str:
    if size is None or size <= 16:
        return "unknown"
    return next((tier for most, tier in _DISK_TIERS if size <= most), "unknown")


def _database(resource: PlannedResource) -> Iterator[Charge]:
    # A standby is a second server with a second disk.
    mode = resource.get("highAvailability.mode")
    servers = {"ZoneRedundant": 2, "SameZone": 2, "Disabled": 1, MISSING: 1}.get(mode)
    size = _text(resource, "sku.name")
    storage = _whole(resource, "storage.storageSizeGB")
    kind = resource.get("storage.type")
    meter = "postgresql/storage-gb" if kind in ("Premium_LRS", MISSING) else f"postgresql/storage-gb-{kind}"
    yield Charge(meter=f"postgresql/{size}", label=size, unit="server", quantity=servers)
    held = None if storage is None or servers is None else storage * servers
    yield Charge(meter=meter, label="storage", unit="GB", quantity=held)


def _gateway(resource: PlannedResource) -> Iterator[Charge]:
    sku = _text(resource, "sku.name")
    least, most = (_whole(resource, f"autoscaleConfiguration.{key}Capacity") for key in ("min", "max"))
    yield Charge(meter=f"application-gateway/{sku}", label=sku, unit="gateway")
    # An instance that is kept ready is charged as ten capacity units.
    yield Charge(
        meter=f"application-gateway/{sku}-capacity-unit",
        label=f"{sku} instances kept ready",
        unit="capacity unit",
        quantity=None if least is None else least * 10,
        maximum=None if most is None else most * 10,
    )


def _key(resource: PlannedResource) -> Iterator[Charge]:
    kind, size = _text(resource, "properties.kty"), _whole(resource, "properties.keySize")
    if kind == "RSA-HSM":
        meter = {2048: "key/hsm-rsa-2048", 3072: "key/hsm-advanced", 4096: "key/hsm-advanced"}.get(size or 0)
        yield Charge(meter=meter or "key/hsm-of-unknown-size", label=f"{kind} {size}", unit="key")
    elif kind not in ("RSA", "EC"):
        yield Charge(meter=f"key/{kind}", label=kind, unit="key")


def _service(resource: PlannedResource) -> Iterator[Charge]:
    if resource.get("spec.type") == "LoadBalancer":
        yield Charge(meter="load-balancer/rules", label="load balancer rules", unit="service")


def _firewall(resource: PlannedResource) -> Iterator[Charge]:
    tier, hub = _text(resource, "sku.tier"), resource.get("sku.name") != "AZFW_VNet"
    yield Charge(meter=f"firewall/{tier}" + ("-hub" if hub else ""), label=tier, unit="firewall")


def _address(resource: PlannedResource) -> Iterator[Charge]:
    sku, wide = _text(resource, "sku.name"), resource.get("sku.tier") not in ("Regional", MISSING)
    yield Charge(meter=f"public-ip/{sku}" + ("-global" if wide else ""), label=sku, unit="address")


def _logs(resource: PlannedResource) -> Iterator[Charge]:
    daily = _whole(resource, "sku.capacity")
    yield Charge(meter=f"logs/commitment-{daily}", label=f"commitment of {daily} GB a day", unit="cluster")


def _ddos(_resource: PlannedResource) -> Iterator[Charge]:
    yield Charge(meter="ddos-plan", label="DDoS protection plan", unit="plan")


def _by_sku(meter: str, unit: str) -> Callable[[PlannedResource], Iterator[Charge]]:
    def count(resource: PlannedResource) -> Iterator[Charge]:
        sku = _text(resource, "sku.name")
        yield Charge(meter=f"{meter}/{sku}", label=sku, unit=unit)

    return count


_COUNTED: Final[Mapping[str, Callable[[PlannedResource], Iterator[Charge]]]] = {
    "azure-native:cdn:Profile": _by_sku("front-door", "profile"),
    "azure-native:compute:VirtualMachine": _machine,
    "azure-native:containerregistry:Registry": _by_sku("registry", "registry"),
    "azure-native:containerservice:AgentPool": _pool,
    "azure-native:containerservice:ManagedCluster": _cluster,
    "azure-native:dbforpostgresql:Server": _database,
    "azure-native:keyvault:Key": _key,
    "azure-native:keyvault:ManagedHsm": _by_sku("managed-hsm", "pool"),
    "azure-native:network:ApplicationGateway": _gateway,
    "azure-native:network:AzureFirewall": _firewall,
    "azure-native:network:DdosProtectionPlan": _ddos,
    "azure-native:network:PublicIPAddress": _address,
    "azure-native:operationalinsights:Cluster": _logs,
    "kubernetes:core/v1:Service": _service,
}
