"""Which quantisation runs where.

docs.vllm.ai, supported hardware of quantisation kernels (v0.9.2), and FP8 W8A8 (v0.32.0): FP8 is computed from compute
capability 8.9 up, and runs from 7.5 up as weights alone. bfloat16 needs 8.0: vLLM's own words where it refuses it.
On x86 the CPU backend takes AWQ, GPTQ and INT8. Whether FP8 mixtures run as weights alone was not verified.
"""

from collections.abc import Mapping

from models.form import Method

Capability = tuple[int, int]
LEAST: Mapping[Method, Capability] = {
    "none": (8, 0),
    "fp8": (7, 5),
    "int8": (7, 5),
    "int4": (8, 0),
    "awq": (7, 5),
    "gptq": (7, 5),
    "gguf": (7, 0),
}
COMPUTES_FP8: Capability = (8, 9)
ON_CPU: frozenset[Method] = frozenset({"none", "int8", "awq", "gptq", "gguf"})


def unsupported(method: Method, capability: Capability | None) -> str | None:
    """Why this does not run on a GPU of that capability, or on a CPU where there is none; None where it does."""
    if capability is None:
        return None if method in ON_CPU else f"{method} weights don't run on a CPU; {', '.join(sorted(ON_CPU))} do"
    least = LEAST[method]
    if capability >= least:
        return None
    what = "bfloat16 needs" if method == "none" else f"{method} weights need"
    return f"{what} compute capability {_said(least)} or more; this GPU has {_said(capability)}"


def note(method: Method, capability: Capability | None) -> str | None:
    """What is lost where it runs all the same."""
    if method == "fp8" and capability is not None and capability < COMPUTES_FP8:
        return f"FP8 as weights alone: it is computed in FP8 from capability {_said(COMPUTES_FP8)} up"
    return None


def _said(capability: Capability) -> str:
    return f"{capability[0]}.{capability[1]}"
