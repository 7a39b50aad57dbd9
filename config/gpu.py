"""The section `gpu`."""

from collections.abc import Iterator
from typing import Literal

from config.cluster import Pool
from config.faults import Fault, crossed_bounds
from config.section import PinnedImage, dial
from jurisdictions import Jurisdiction


class Gpu(Pool):
    """The GPU pool that serves the models."""

    confidential: bool = dial(
        "GPU in a trusted execution environment (Standard_NCC40ads_H100_v5).",
        "patient data is in clear in the GPU's memory",
        default=False,
    )
    driver: Literal["Install", "None"] = dial(
        "Who installs the driver: AKS, or the signed one of the GPU operator (confidential GPUs).",
        "the nodes come up without a usable GPU",
        default="Install",
    )
    spot: bool = dial("Evictable capacity; dev only.", "the model disappears when Azure wants its GPU", default=False)
    device_plugin: PinnedImage = dial(
        "NVIDIA's device plugin, by digest, in the stack's own registry: it tells the kubelet of its node's GPUs.",
        "no pod is given a GPU",
    )
    dcgm_exporter: PinnedImage = dial(
        "NVIDIA's DCGM exporter, by digest, in the stack's own registry: numbers and faults of the GPUs.",
        "a GPU that computes wrongly is noticed by whoever reads the answer",
    )


def gpu_offered(region: str, jurisdiction: Jurisdiction, gpu: Gpu | None, environment: str) -> Iterator[Fault]:
    """A size that the region offers, no spot in prod, and a driver that its size takes."""
    facts = jurisdiction.regions.get(region)
    if gpu is None or facts is None:
        return
    offered = facts.confidential_gpu_sizes if gpu.confidential else facts.gpu_sizes
    if gpu.size not in offered:
        kind = "confidential GPU" if gpu.confidential else "GPU"
        elsewhere = [
            name
            for name, other in jurisdiction.regions.items()
            if gpu.size in (other.confidential_gpu_sizes if gpu.confidential else other.gpu_sizes)
        ]
        yield Fault(
            key="bailiwick:gpu.size",
            value=f"'{gpu.size}' in {region}",
            problem=f"the region does not offer this {kind} size",
            allowed=", ".join(offered) or f"no {kind} size in {region}",
            consequence="the pool can't be made; Azure says so some minutes into the deployment",
            hint=f"move to {' or '.join(elsewhere)}" if elsewhere else "take a lower tier, as a recorded exception",
        )
    if gpu.spot and environment == "prod":
        yield Fault(
            key="bailiwick:gpu.spot",
            value="true",
            problem="spot capacity in prod",
            allowed="false in prod",
            consequence="the clinical service stops whenever Azure takes the GPU back",
            hint="remove bailiwick:gpu.spot",
            kind="unlawful",
            law=("GDPR Art. 32", "NIS2 Art. 21"),
        )
    if gpu.min > gpu.max:
        yield crossed_bounds("bailiwick:gpu.min", "max", gpu.min, gpu.max)
    if gpu.confidential and gpu.driver != "None":
        yield Fault(
            key="bailiwick:gpu.driver",
            value=f"'{gpu.driver}'",
            problem="AKS can't install the driver of a confidential GPU",
            allowed="'None'; the GPU operator brings the signed driver",
            consequence="the GPU does not attest and is not usable",
            hint="set bailiwick:gpu.driver to None",
        )
