"""What the plan's model servers serve: which model, to how many, on what, for which data. Read where a server reads it.

The arguments are vLLM's own (docs.vllm.ai, serve). What an edge site's server is told comes by its flux configuration.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

from plan.model import MISSING, PlannedResource
from policies.quantities import amount
from policies.require import items, texts
from policies.review import StackUnderReview
from policies.trials import CANDIDATE, COMPONENT, TEMPLATE, TRIED, Pinned, pinned
from policies.types import DEPLOYMENT, POOL

POD = "spec.template.spec"
FLUX = "azure-native:kubernetesconfiguration:FluxConfiguration"
GPU = "nvidia.com/gpu"
USE_CASE = "bailiwick/use-case"
KV_BITS: Mapping[str, int] = {"auto": 16, "float16": 16, "bfloat16": 16, "fp8": 8, "fp8_e4m3": 8, "fp8_e5m2": 8}


COUNTED = (
    "max-model-len",
    "max-num-seqs",
    "max-num-batched-tokens",
    "gpu-memory-utilization",
    "tensor-parallel-size",
    "kv-cache-dtype",
)
"""Arguments that the arithmetic is of."""
UNCOUNTED = frozenset(
    {
        "block-size",
        "config",
        "cpu-offload-gb",
        "data-parallel-size",
        "dtype",
        "enable-lora",
        "hf-overrides",
        "kv-cache-memory-bytes",
        "num-gpu-blocks-override",
        "pipeline-parallel-size",
        "quantization",
        "speculative-config",
        "swap-space",
    }
)
"""Arguments that change what memory is taken, and that the arithmetic does not know."""


CPU_CACHE_GIB = 4
"""What the image's entrypoint takes where it is told nothing: model_images/vllm/settings.py."""


class Unreadable(ValueError):
    """Something that decides what is served is missing, or is no number."""


@dataclass(frozen=True, kw_only=True)
class Named:
    """A model as a plan names it."""

    name: str
    revision: str
    sha256: str
    """Of its manifest."""


@dataclass(frozen=True, kw_only=True)
class Server:
    """One model server of the plan."""

    resource: PlannedResource
    model: Named
    use_case: str
    pinned: Pinned
    """What the prompt store says of its use case; empty where it says nothing."""
    arguments: Mapping[str, str]
    """Of its container, by name without dashes; the empty text for a switch."""
    gpus: int
    memory: int | None
    """Bytes that its container may have; None where it has no limit."""

    def number(self, name: str) -> int:
        """An argument's number, from 1. Raises Unreadable."""
        value = self.arguments.get(name, "")
        if not value.isdigit() or int(value) < 1:
            raise Unreadable(f"--{name} is '{value or 'not set'}'; a number from 1 is needed")
        return int(value)

    def uncounted(self) -> list[str]:
        """What it is told that the arithmetic can't follow: other arguments, and short forms of those it knows."""
        # argparse takes any beginning of a name for the name.
        short = [name for name in self.arguments if any(full.startswith(name) and full != name for full in COUNTED)]
        return sorted({*short, *(UNCOUNTED & set(self.arguments))})

    @property
    def split(self) -> int:
        """Over how many GPUs the model is split. Raises Unreadable."""
        return self.number("gpus")

    @property
    def cache_gib(self) -> int:
        """GiB of the cache where there is no GPU: what it is told, or the entrypoint's own. Raises Unreadable."""
        return self.number("cpu-kv-gib") if "cpu-kv-gib" in self.arguments else CPU_CACHE_GIB

    @property
    def share(self) -> Fraction:
        """Of the GPU's memory. Raises Unreadable."""
        value = self.arguments.get("gpu-memory-utilization", "")
        try:
            found = Fraction(value)
        except (ValueError, ZeroDivisionError):
            found = Fraction(0)
        if not 0 < found <= 1:
            raise Unreadable(f"--gpu-memory-utilization is '{value or 'not set'}'; a share from 0 to 1 is needed")
        return found

    @property
    def kv_bits(self) -> int:
        """Of one value of the cache. Raises Unreadable."""
        kind = self.arguments.get("kv-cache-dtype", "auto")
        if kind not in KV_BITS:
            raise Unreadable(f"--kv-cache-dtype is '{kind}'; known: {', '.join(KV_BITS)}")
        return KV_BITS[kind]


@dataclass(frozen=True, kw_only=True)
class Site:
    """What one edge site is told."""

    resource: PlannedResource
    told: Mapping[str, object]

    @property
    def model(self) -> Named:
        """The model that it serves."""
        return Named(**{key: str(self.told.get(f"model_{key}", "")) for key in ("name", "revision", "sha256")})


def servers(stack: StackUnderReview) -> Iterator[Server]:
    """Every model server of the clusters."""
    store = dict(pinned(stack))
    for item in stack.of_type(DEPLOYMENT):
        labels = _mapping(item, "metadata.labels")
        if labels.get(COMPONENT) != "inference":
            continue
        noted, use_case = _mapping(item, f"{TEMPLATE}.annotations"), str(labels.get(USE_CASE, ""))
        containers = items(item.get(f"{POD}.containers"))
        tried = item.get("metadata.name") == TRIED
        yield Server(
            resource=item,
            model=Named(
                **{key: str(noted.get(f"bailiwick/model-{key}", "")) for key in ("name", "revision", "sha256")}
            ),
            use_case=use_case,
            pinned=store.get(use_case + (CANDIDATE if tried else ""), {}),
            arguments=_arguments(containers),
            gpus=sum(int(amount(_limits(box).get(GPU, "0")) or 0) for box in containers),
            memory=_memory(containers),
        )


def sites(stack: StackUnderReview) -> Iterator[Site]:
    """Every edge site that says which model it serves."""
    for item in stack.of_type(FLUX):
        for _, told in item.each("kustomizations[*].postBuild.substitute"):
            if isinstance(told, dict) and "model_name" in told:
                yield Site(resource=item, told=told)


def size_for(stack: StackUnderReview, server: Server) -> str | None:
    """VM size of the pool that the server's pods are sent to; None where the plan has none."""
    wanted = set(_mapping(server.resource, f"{POD}.nodeSelector").items())
    for pool in stack.of_type(POOL):
        if wanted and wanted <= set(_mapping(pool, "nodeLabels").items()):
            size = pool.get("vmSize")
            return str(size) if size is not MISSING else None
    return None


def _mapping(item: PlannedResource, path: str) -> Mapping[str, object]:
    found = item.get(path)
    return found if isinstance(found, dict) else {}


def _argument(text: str) -> tuple[str, str]:
    name, _, value = text.removeprefix("--").partition("=")
    # vLLM takes underscores for dashes: vllm/utils/argparse_utils.py.
    return name.replace("_", "-"), value


def _arguments(containers: list[dict[str, object]]) -> Mapping[str, str]:
    """Of the container that is told which model to serve. The last of two holds, as argparse has it."""
    for box in containers:
        found = dict(_argument(text) for text in texts(box.get("args")))
        if "model" in found:
            return found
    return {}


def _limits(box: Mapping[str, object]) -> Mapping[str, object]:
    resources = box.get("resources")
    limits = resources.get("limits") if isinstance(resources, dict) else None
    return limits if isinstance(limits, dict) else {}


def _memory(containers: list[dict[str, object]]) -> int | None:
    """Of the container that is told what to serve: the first that has a limit."""
    for box in containers:
        found = amount(_limits(box).get("memory"))
        if found is not None:
            return int(found)
    return None
