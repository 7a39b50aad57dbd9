"""What the weights say of themselves, from files that were verified: quantisation, heads and bytes."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from weights.safetensors import Unsound, header


class Unservable(Exception):
    """Weights that this server can't serve; the words say why, and what would help."""


@dataclass(frozen=True)
class Checkpoint:
    """One model's facts."""

    architecture: str
    quantization: str | None
    """vLLM's name of the method: fp8, awq, gptq, compressed-tensors, …; None is 16 or 32 bits."""
    bytes: int
    """Of all tensors."""
    heads: int
    """0 where config.json leaves it to the architecture's own default, as some families' do; so for the next."""
    kv_heads: int
    kv_bytes_per_token: int
    """Keys and values of all layers, at 16 bits; 0 where some layers keep less, which the plan's sum knows and this
    one does not: what is refused here must not fit, whatever the layers keep."""
    positions: int
    """The longest context that it was made for."""


def read(folder: Path) -> Checkpoint:
    """From config.json and the tensors' headers. Raises Unservable."""
    try:
        told: dict[str, Any] = json.loads((folder / "config.json").read_bytes())
        # A model of several kinds of input keeps the text's part apart.
        text = told.get("text_config") or told
        heads = int(text.get("num_attention_heads") or 0)
        kv_heads = int(text.get("num_key_value_heads") or heads)
        width = int(text.get("head_dim") or (text["hidden_size"] // heads if heads else 0))
        layers, positions = int(text["num_hidden_layers"]), int(text.get("max_position_embeddings") or 0)
        architecture = str(told["architectures"][0])
        quantization = (told.get("quantization_config") or text.get("quantization_config") or {}).get("quant_method")
        size = sum(header(file).tensor_bytes for file in folder.rglob("*.safetensors"))
    except (OSError, ValueError, KeyError, TypeError, IndexError, AttributeError, Unsound) as error:
        raise Unservable(
            f"config.json does not describe a decoder ({type(error).__name__}: {error}): vLLM could not serve it"
        ) from None
    if any(text.get(key) for key in ("sliding_window", "layer_types", "kv_lora_rank", "attention_chunk_size")):
        width = 0
    return Checkpoint(architecture, quantization, size, heads, kv_heads, 2 * layers * kv_heads * width * 2, positions)
