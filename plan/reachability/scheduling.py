"""Which nodes pods may run on: by what they ask of a node, and what a node refuses."""

from collections.abc import Iterator, Mapping, Sequence

from plan.model import UNKNOWN, Plan, Value
from plan.reachability import clusters
from plan.reachability.model import Edge, Hop
from plan.reachability.network_policies import Pods
from plan.reachability.reading import mapping, rows, text, texts

NODE_OWN = ("kubernetes.io/", "topology.kubernetes.io/", "node.kubernetes.io/", "beta.kubernetes.io/")
"""Labels that Kubernetes puts onto nodes by itself: they tell nothing of a pool."""
AZURE_OWN = ("agentpool", "kubernetes.azure.com/agentpool")


def host_edges(plan: Plan, pods: Sequence[Pods]) -> Iterator[Edge]:
    """From pods to each pool that may run them; to every pool where none is known to."""
    all_pools = clusters.pools(plan)
    specs = {item.id: (item, item.spec) for item in clusters.workloads(plan)}
    for one in pods:
        workload, spec = specs.get(one.id, (None, {}))
        sample = workload.resource if workload is not None else None
        cluster = clusters.cluster_of(plan, sample) if sample is not None else None
        here = [pool for pool in all_pools if cluster is None or pool.cluster is cluster]
        fit = [pool for pool in here if _fits(mapping(spec), pool)] if workload is not None else here
        for pool in fit or here:
            how = (Hop(what=f"pods '{one.id.removeprefix('pods:')}' run on nodes '{pool.name}'", urn=one.urn),)
            yield Edge(source=one.id, target=pool.id, kind="hosts", how=how)


def _fits(spec: Mapping[str, Value], pool: clusters.Pool) -> bool:
    if spec.get("nodeSelector") is not UNKNOWN:
        for key, value in mapping(spec.get("nodeSelector")).items():
            if not _has(key, value, pool):
                return False
    taints = pool.raw.get("nodeTaints")
    tolerated = spec.get("tolerations")
    if UNKNOWN in (taints, tolerated):
        return True
    return all(_tolerates(rows(tolerated), taint) for taint in texts(taints))


def _has(key: str, value: Value, pool: clusters.Pool) -> bool:
    labels = pool.raw.get("nodeLabels")
    if labels is UNKNOWN or value is UNKNOWN or key.startswith(NODE_OWN):
        return True
    if key in AZURE_OWN:
        return value == pool.name
    if key == "kubernetes.azure.com/mode":
        return value == str(pool.raw.get("mode")).lower()
    return mapping(labels).get(key) == value or key.startswith("kubernetes.azure.com/")


def _tolerates(tolerations: tuple[Mapping[str, Value], ...], taint: str) -> bool:
    """Only what keeps pods away counts: `key=value:NoSchedule`, `:NoExecute`."""
    pair, _, effect = taint.rpartition(":")
    key, _, value = pair.partition("=")
    if effect == "PreferNoSchedule":
        return True
    for row in tolerations:
        for_effect = text(row.get("effect")) in (None, effect)
        if not row.get("key") and row.get("operator") == "Exists":
            return True
        if row.get("key") == key and for_effect and (row.get("operator") == "Exists" or row.get("value") == value):
            return True
    return False
