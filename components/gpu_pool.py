"""The pools that workloads run on: nodes for what sees a request, and GPU nodes for models and nothing else."""

from dataclasses import dataclass

from pulumi import ComponentResource, ResourceOptions

from components.cluster import Cluster
from components.network import Network
from components.node_pools import Nodes
from components.scope import Scope

GPU_TAINT = "sku=gpu:NoSchedule"
"""As Microsoft's and NVIDIA's manifests expect it: learn.microsoft.com/azure/aks/gpu-cluster"""


@dataclass(frozen=True, kw_only=True)
class PoolsArgs:
    """What the pools need."""

    scope: Scope
    cluster: Cluster
    network: Network


class Pools(ComponentResource):
    """A pool for the gateway and CPU models, and, where the stack asks for it, one for GPUs."""

    def __init__(self, name: str, args: PoolsArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("bailiwick:cluster:Pools", name, None, opts)
        config = args.scope.config
        args.cluster.pool(
            "workload",
            Nodes(
                name="workload",
                pool=config.cluster.workload_pool,
                subnet_id=args.network.subnet_ids["workload"],
                mode="User",
                taints=(),
                labels={"bailiwick/pool": "workload"},
            ),
        )
        if config.gpu is not None:
            spot = config.gpu.spot and not args.scope.is_prod
            args.cluster.pool(
                "gpu",
                Nodes(
                    name="gpu",
                    pool=config.gpu,
                    subnet_id=args.network.subnet_ids["gpu"],
                    mode="User",
                    taints=(GPU_TAINT,),
                    labels={"bailiwick/pool": "gpu", "sku": "gpu"},
                    gpu_driver=config.gpu.driver,
                    spot=spot,
                ),
            )
        self.register_outputs({})
