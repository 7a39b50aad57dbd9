"""What a model server takes of a GPU beside weights and cache: estimates, and on the safe side.

vLLM measures this when it starts, by a step of as many tokens as it will ever take. The estimate is held against what
it measured for Llama 3.1 8B (vllm-project/vllm issue 10517) by tests/models/test_published.py; nothing of it was
measured here, on a GPU of ours.
"""

from models.form import Architecture

GIB = 2**30
GRAPHS = 3 * GIB // 2
"""CUDA graphs. vLLM logs 0.7 GiB for a model of 27 billion parameters (pull request 39559); doubled."""
OUTSIDE = GIB // 2
"""What CUDA takes by itself: 0.35 GiB in issue 10517."""
BETWEEN = GIB
"""Buffers of the GPUs' collective calls, where there are several; an estimate without a source."""
PROCESS = 2 * GIB
"""Python, PyTorch and the API server, on a CPU; an estimate without a source."""
SAMPLER = 3
"""Copies of the logits, at 4 bytes, that choosing the next token takes."""


def step_bytes(architecture: Architecture, *, batched: int, split: int = 1) -> int:
    """Activations of the widest moment of a step of so many tokens: both halves of a gated middle, at 2 bytes, and
    four vectors of the hidden size beside them.
    """
    experts = architecture.experts.per_token if architecture.experts is not None else 1
    middle = -(-2 * architecture.intermediate * experts // split)
    return batched * (middle + 4 * architecture.hidden) * 2


def choice_bytes(architecture: Architecture) -> int:
    """What choosing the next token takes for each request that runs."""
    return architecture.vocabulary * 4 * SAMPLER


def runtime_bytes(devices: int) -> int:
    """What does not grow with the model, on each of so many GPUs."""
    return GRAPHS + OUTSIDE + (BETWEEN if devices > 1 else 0)
