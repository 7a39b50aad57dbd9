"""What is chosen for the GPUs that were found: type, quantisation, and over how many GPUs the model is split.

Nothing is chosen that changes answers without being asked for: a checkpoint's own quantisation is kept, and 16-bit
weights become FP8 only where the arguments allow it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from model_images.vllm.checkpoint import Checkpoint, Unservable
from model_images.vllm.devices import Gpu
from model_images.vllm.settings import Settings

RESERVE = 2 * 2**30
"""Bytes on each GPU for activations and graphs: an estimate for a batch of 8,192 tokens, not a bound."""
LEAST: dict[str, tuple[int, int]] = {
    "fp8": (8, 0),
    "compressed-tensors": (8, 0),
    "awq": (7, 5),
    "gptq": (7, 5),
    "bitsandbytes": (7, 5),
    "modelopt": (8, 9),
    "mxfp4": (8, 0),
}
"""Least compute capability by method: docs.vllm.ai, Quantization, Supported Hardware; below 8.9 FP8 is weights only."""
ON_CPU = ("awq", "compressed-tensors", "gptq")
"""docs.vllm.ai, CPU, FAQ: of compressed-tensors, INT8 with INT8 activations."""
BF16: tuple[int, int] = (8, 0)
FP8: tuple[int, int] = (8, 9)


@dataclass(frozen=True)
class Choice:
    """How vLLM is to run the model."""

    dtype: str
    tensor_parallel: int
    quantization: str | None
    """Where vLLM is to quantise as it loads; a checkpoint's own method it reads for itself."""
    told: str
    """Why, in one line."""


def choose(settings: Settings, found: Checkpoint, gpus: Sequence[Gpu]) -> Choice:
    """For these GPUs. Raises Unservable, with what would help."""
    if found.positions and settings.max_model_len > found.positions:
        raise Unservable(
            f"--max-model-len={settings.max_model_len}: the model was made for {found.positions} tokens; beyond them "
            "it answers nonsense"
        )
    if not settings.gpus:
        if found.quantization and found.quantization not in ON_CPU:
            raise Unservable(
                f"weights quantised as {found.quantization} need a GPU; a CPU takes {', '.join(ON_CPU)}, or 16 bits"
            )
        return Choice("bfloat16", 1, None, f"{found.architecture} on CPU, {gib(found.bytes)} of weights")
    if len(gpus) != settings.gpus:
        raise Unservable(
            f"--gpus={settings.gpus}, and the container sees {len(gpus)}: {', '.join(g.name for g in gpus)}"
        )
    if len({(g.name, g.memory) for g in gpus}) > 1:
        raise Unservable(
            f"the GPUs differ: {', '.join(sorted({g.name for g in gpus}))}; a model is split over equal ones"
        )
    if found.heads % settings.gpus:
        allowed = [str(n) for n in (1, 2, 4, 8) if found.heads % n == 0]
        raise Unservable(
            f"{found.heads} heads are not split over {settings.gpus} GPUs; gpus may be {', '.join(allowed)}"
        )
    return _fitted(settings, found, gpus[0])


def _fitted(settings: Settings, found: Checkpoint, gpu: Gpu) -> Choice:
    dotted = ".".join(map(str, gpu.capability))
    if found.quantization:
        least = LEAST.get(found.quantization)
        if least is None:
            raise Unservable(f"weights quantised as '{found.quantization}': known are {', '.join(sorted(LEAST))}")
        if gpu.capability < least:
            raise Unservable(
                f"weights quantised as {found.quantization} need compute capability {'.'.join(map(str, least))}; "
                f"{gpu.name} has {dotted}"
            )
    if settings.kv_cache_dtype == "fp8" and gpu.capability < FP8:
        raise Unservable(f"--kv-cache-dtype=fp8 needs compute capability 8.9; {gpu.name} has {dotted}")
    dtype = "bfloat16" if gpu.capability >= BF16 else "float16"
    room = int(gpu.memory * settings.gpu_memory_utilization) - RESERVE
    needs = _needs(settings, found, found.bytes)
    if needs <= room:
        return Choice(dtype, settings.gpus, None, _told(found, settings, gpu, needs))
    halved = _needs(settings, found, found.bytes // 2)
    online = settings.online_quantization == "fp8" and found.quantization is None and gpu.capability >= FP8
    if online and halved <= room:
        return Choice(dtype, settings.gpus, "fp8", _told(found, settings, gpu, halved) + ", as FP8")
    share = settings.gpu_memory_utilization
    raise Unservable(
        f"it does not fit: each of {settings.gpus} {gpu.name} has {gib(room)} for it ({gib(gpu.memory)} × {share} - "
        f"{gib(RESERVE)}), and needs {gib(needs)}: {gib(found.bytes // settings.gpus)} of weights and "
        f"{gib(_cache(settings, found))} for one request of {settings.max_model_len} tokens. `bailiwick models fit` "
        "shows what would"
    )


def _needs(settings: Settings, found: Checkpoint, weights: int) -> int:
    """Bytes on each GPU: its part of the weights, and the cache of one request of full length."""
    return weights // settings.gpus + _cache(settings, found)


def _cache(settings: Settings, found: Checkpoint) -> int:
    # Where there are fewer heads of keys and values than GPUs, each GPU holds one whole.
    shared = max(1, min(settings.gpus, found.kv_heads))
    per_token = found.kv_bytes_per_token // (2 if settings.kv_cache_dtype == "fp8" else 1)
    return per_token * settings.max_model_len // shared


def _told(found: Checkpoint, settings: Settings, gpu: Gpu, needs: int) -> str:
    return (
        f"{found.architecture} on {settings.gpus} × {gpu.name}, {gib(found.bytes)} of weights, "
        f"at least {gib(needs)} of {gib(gpu.memory)} on each"
    )


def gib(count: int) -> str:
    """Bytes, as people read them."""
    return f"{count / 2**30:.1f} GiB"
