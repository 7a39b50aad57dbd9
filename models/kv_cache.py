"""How many bytes the keys and values of one request take, in the blocks in which vLLM keeps them.

Full layers keep every token. Sliding layers keep the window and the tokens of the step that is being read. vLLM puts
layers of both kinds into groups of one size, and pads the last: what a padded layer would take is taken
(vllm/v1/core/kv_cache_utils.py, vllm/v1/kv_cache_interface.py; tests/models/test_published.py holds the figures
against its own logs).
"""

from dataclasses import dataclass

from models.form import Architecture

BLOCK = 16
"""Tokens of a block: vLLM's default on GPUs."""
BLOCK_ON_CPU = 128
"""Its CPU backend's; from memory of its source, and on the safe side: a larger block rounds up further."""


@dataclass(frozen=True, kw_only=True)
class Cache:
    """The cache of one model, on one of the GPUs that share it."""

    layer_token: int
    """Bytes that one token takes in one layer."""
    full: int
    """Layers that keep every token."""
    sliding: int
    window: int
    block: int
    batched: int
    """Tokens of one step."""

    @property
    def token(self) -> int:
        """Bytes of one token in every layer that keeps it."""
        return self.layer_token * (self.full + self.sliding)

    @property
    def group(self) -> int:
        """Layers of one group of blocks."""
        if not self.full or not self.sliding:
            return self.full or self.sliding
        least, most = sorted((self.full, self.sliding))
        return most if most < least * 1.25 else least

    @property
    def groups(self) -> tuple[int, int]:
        """Groups of full layers, and of sliding ones."""
        return -(-self.full // self.group), -(-self.sliding // self.group)

    @property
    def block_bytes(self) -> int:
        """Of one block of one group."""
        return self.layer_token * self.group * self.block

    def blocks(self, context: int) -> tuple[int, int]:
        """Blocks that a request of so many tokens holds at its largest: in full layers, and in sliding ones."""
        full, sliding = self.groups
        kept = min(self.window - 1 + self.batched, context)
        # One more: a window may begin in the middle of a block.
        return full * _up(context, self.block), sliding * (_up(kept, self.block) + 1)

    def request(self, context: int) -> int:
        """Bytes that a request of so many tokens holds at its largest."""
        return sum(self.blocks(context)) * self.block_bytes


def cache_of(
    architecture: Architecture, *, split: int = 1, bits: int = 16, batched: int = 2048, block: int = BLOCK
) -> Cache:
    """The cache on each of `split` GPUs, with values of so many bits.

    Raises ValueError where the heads can't be split so.
    """
    sliding = architecture.sliding
    return Cache(
        layer_token=_layer_token(architecture, split, bits),
        full=architecture.full_layers,
        sliding=sliding.layers if sliding is not None else 0,
        window=sliding.window if sliding is not None else 0,
        block=block,
        batched=batched,
    )


def _layer_token(architecture: Architecture, split: int, bits: int) -> int:
    if architecture.heads % split:
        raise ValueError(f"{architecture.heads} attention heads can't be split over {split} GPUs")
    if architecture.latent is not None:
        # Every GPU keeps the whole vector.
        return -(-(architecture.latent.rank + architecture.latent.rope) * bits // 8)
    own, left = divmod(architecture.kv_heads, split)
    if own and left:
        raise ValueError(f"{architecture.kv_heads} key and value heads can't be split over {split} GPUs")
    if not own and split % architecture.kv_heads:
        raise ValueError(f"{architecture.kv_heads} key and value heads can't be copied to {split} GPUs")
    return -(-2 * max(own, 1) * architecture.head_dim * bits // 8)


def _up(tokens: int, block: int) -> int:
    return -(-tokens // block)
