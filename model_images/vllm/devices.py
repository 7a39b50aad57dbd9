"""The GPUs that the pod was given, by NVIDIA's management library: nothing of CUDA is started for it.

`pynvml` is NVIDIA's own (nvidia-ml-py, which vLLM needs); vLLM carries a copy. Tested against a stand-in: no GPU was at
hand.
"""

import importlib
from dataclasses import dataclass
from types import ModuleType

CONFIDENTIAL = 1
"""NVML_CC_SYSTEM_FEATURE_ENABLED (nvml.h, NVIDIA's documentation of confidential computing)."""


class NoDevices(Exception):
    """The GPUs can't be asked, or are not what was promised; the words say which."""


@dataclass(frozen=True)
class Gpu:
    """One GPU."""

    name: str
    memory: int
    """Bytes in all."""
    capability: tuple[int, int]
    """CUDA compute capability: (9, 0) is Hopper, (8, 9) Ada, (8, 0) Ampere, (7, 5) Turing."""


def nvml() -> ModuleType:
    """The library. Raises NoDevices where it is in neither place."""
    for name in ("pynvml", "vllm.third_party.pynvml"):
        try:
            return importlib.import_module(name)
        except ImportError:
            continue
    raise NoDevices("NVIDIA's management library is not in the image")


def gpus(*, confidential: bool, library: ModuleType | None = None) -> list[Gpu]:
    """All that this container sees. Raises NoDevices; also where they must be confidential and are not."""
    asked = library or nvml()
    try:
        asked.nvmlInit()
    except Exception as error:  # noqa: BLE001 the library has a class of its own for each of fifty faults
        raise NoDevices(
            f"the GPU driver does not answer ({type(error).__name__}): does the pod ask for nvidia.com/gpu, and does "
            "its node have a driver?"
        ) from None
    try:
        if confidential and not _confidential(asked):
            raise NoDevices(
                "the plan promises confidential GPUs, and these are not in confidential mode: their memory could be "
                "read from outside"
            )
        return [_one(asked, at) for at in range(asked.nvmlDeviceGetCount())]
    finally:
        asked.nvmlShutdown()


def _confidential(asked: ModuleType) -> bool:
    try:
        return int(asked.nvmlSystemGetConfComputeState().ccFeature) == CONFIDENTIAL
    except Exception:  # noqa: BLE001 a driver that can't say so is not in that mode, whatever it raises
        return False


def _one(asked: ModuleType, at: int) -> Gpu:
    handle = asked.nvmlDeviceGetHandleByIndex(at)
    name = asked.nvmlDeviceGetName(handle)
    major, minor = asked.nvmlDeviceGetCudaComputeCapability(handle)
    return Gpu(
        name if isinstance(name, str) else name.decode(),
        int(asked.nvmlDeviceGetMemoryInfo(handle).total),
        (int(major), int(minor)),
    )
