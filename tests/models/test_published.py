"""The arithmetic against what vLLM itself logged of real models on real GPUs, in public threads."""

import pytest

from models.catalogue import load
from models.form import Quantisation
from models.kv_cache import cache_of
from models.reserve import choice_bytes, step_bytes
from models.weights_size import weight_bytes

GIB = 2**30
KNOWN = load().architectures
PLAIN = Quantisation(method="none", bits=16)


class TestTheCacheIsWhatVllmCounts:
    """Each of these is to the block: the size of the cache is no estimate."""

    @pytest.mark.parametrize(("blocks", "cache_gib"), [(1952, 3.81), (1478, 2.89)])
    def test_llama_8b_on_24_gb(self, blocks: int, cache_gib: float) -> None:
        """vllm-project/vllm issue 10517: `kv_cache_size=3.81GiB`, `GPU blocks: 1952`."""
        cache = cache_of(KNOWN["llama-3.1-8b"])
        assert round(blocks * cache.block_bytes / GIB, 2) == cache_gib

    @pytest.mark.parametrize(("context", "said"), [(20_000, 1.56), (29_000, 0.82)])
    def test_its_concurrency(self, context: int, said: float) -> None:
        """The same: `Maximum concurrency for 20000 tokens per request: 1.56x`."""
        cache = cache_of(KNOWN["llama-3.1-8b"])
        blocks = {20_000: 1952, 29_000: 1478}[context]
        assert blocks * cache.block_bytes / cache.request(context) == pytest.approx(said, abs=0.006)

    def test_gemma_4b_whose_layers_slide(self) -> None:
        """ovg-project/kvcached issue 215, on an A100: `Add 1 padding layers`, `GPU KV cache size: 317,136 tokens`,
        `Maximum concurrency for 3,072 tokens per request: 102.78x`.
        """
        cache = cache_of(KNOWN["gemma-3-4b"], batched=2048)
        assert cache.group == 5
        full, sliding = cache.groups
        assert (full + sliding) * cache.group - KNOWN["gemma-3-4b"].layers == 1
        # That release printed blocks of one group, as tokens.
        blocks = 317_136 // 16 * (full + sliding)
        assert blocks / sum(cache.blocks(3072)) == pytest.approx(102.78, abs=0.006)

    def test_llama_70b(self) -> None:
        """vllm-project/vllm pull request 12569: 1381 blocks, `10.79x` at 2048 tokens."""
        cache = cache_of(KNOWN["llama-3-70b"])
        assert 1381 * cache.block_bytes / cache.request(2048) == pytest.approx(10.79, abs=0.005)

    def test_latent_attention_is_one_vector_for_all_heads(self) -> None:
        """DeepSeek V2 (arXiv 2405.04434): 512 values and 64 of positions, whatever the heads."""
        from attrs import evolve

        from models.form import Latent

        latent = evolve(KNOWN["llama-3-70b"], latent=Latent(rank=512, rope=64))
        assert cache_of(latent, split=1).layer_token == cache_of(latent, split=8).layer_token == (512 + 64) * 2


class TestWeightsAreWhatVllmLoads:
    """Within half of a hundredth: the layers' biases and norms are the rest."""

    def test_llama_8b(self) -> None:
        """Issue 10517: `Loading model weights took 14.9888 GB`, which are GiB."""
        assert weight_bytes(KNOWN["llama-3.1-8b"], PLAIN).total / GIB == pytest.approx(14.9888, rel=0.005)

    def test_llama_70b_at_eight_bits(self) -> None:
        """Pull request 12569, `quantized.w8a8`: 67.7229 GiB: the vocabulary's two matrices stay at 16 bits."""
        eight = Quantisation(method="int8", bits=8, scale_bits=32)
        assert weight_bytes(KNOWN["llama-3-70b"], eight).total / GIB == pytest.approx(67.7229, rel=0.002)


class TestTheEstimateOfAStepIsNearWhatVllmMeasured:
    """Issue 10517: the peak of a step of 20,000 and of 29,000 tokens, less the weights, with 256 requests."""

    @pytest.mark.parametrize(("tokens", "measured_gib"), [(20_000, 17.06 - 14.9888), (29_000, 17.98 - 14.9888)])
    def test_within_a_tenth(self, tokens: int, measured_gib: float) -> None:
        llama = KNOWN["llama-3.1-8b"]
        estimate = step_bytes(llama, batched=tokens) + 256 * choice_bytes(llama)
        assert estimate / GIB == pytest.approx(measured_gib, rel=0.1)


class TestFactsAgreeWithEachOther:
    """A figure that was mistyped shows: parameters follow from the others."""

    @pytest.mark.parametrize("name", sorted(name for name, found in KNOWN.items() if not found.beside))
    def test_parameters_follow_from_the_shape(self, name: str) -> None:
        found = KNOWN[name]
        heads = 2 * found.hidden * found.head_dim * (found.heads + found.kv_heads)
        experts = found.experts.count if found.experts is not None else 1
        middle = 3 * found.hidden * found.intermediate * experts
        assert found.layers * (heads + middle) + found.embeddings == pytest.approx(found.parameters, rel=1e-3)
