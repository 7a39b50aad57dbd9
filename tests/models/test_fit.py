"""The planner: what holds of every model, and what it says of ours."""

from dataclasses import replace
from fractions import Fraction

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from models.catalogue import load
from models.fit import Fit, Load, Place, fit, on_size, without_gpu
from models.form import Model
from models.gpus import gpus
from models.kv_cache import cache_of

KNOWN = load()
GIB = 2**30
NOTES = KNOWN.models["clinical-notes-27b-fp8"]
MODELS = st.sampled_from(sorted(KNOWN.models)).map(lambda name: KNOWN.models[name])
SERVED = st.sampled_from(sorted(name for name, model in KNOWN.models.items() if model.server == "vllm")).map(
    lambda name: KNOWN.models[name]
)
CONTEXTS = st.integers(256, 32_768)
COUNTS = st.integers(1, 64)
H100 = "Standard_NCC40ads_H100_v5"


def on(gib: float = 80, count: int = 1, **changes: object) -> Place:
    place = Place(name="a GPU", memory=int(gib * GIB), gpus=count, capability=(9, 0))
    return replace(place, **changes)  # type: ignore[arg-type] # the test's own names


def asked(model: Model, place: Place, context: int, concurrency: int = 1) -> Fit:
    return fit(KNOWN, model, place, Load(context=context, concurrency=concurrency))


class TestMoreIsNeverLess:
    """A planner that lets a longer context take less would let one through that fails at night."""

    @given(MODELS, CONTEXTS, CONTEXTS, COUNTS)
    def test_of_context(self, model: Model, one: int, other: int, count: int) -> None:
        short, long = sorted((one, other))
        assert asked(model, on(), short, count).needed <= asked(model, on(), long, count).needed

    @given(MODELS, CONTEXTS, COUNTS, COUNTS)
    def test_of_requests(self, model: Model, context: int, one: int, other: int) -> None:
        few, many = sorted((one, other))
        assert asked(model, on(), context, few).needed <= asked(model, on(), context, many).needed

    @given(MODELS, CONTEXTS, COUNTS, st.integers(1, 2**33))
    def test_of_parameters(self, model: Model, context: int, count: int, more: int) -> None:
        base = KNOWN.architectures[model.architecture]
        larger = evolve(
            KNOWN,
            architectures={
                **KNOWN.architectures,
                model.architecture: evolve(base, parameters=base.parameters + more),
            },
        )
        load_ = Load(context=context, concurrency=count)
        assert fit(KNOWN, model, on(), load_).needed < fit(larger, model, on(), load_).needed

    @given(MODELS, CONTEXTS, COUNTS, st.floats(1, 200), st.floats(1, 200))
    def test_of_memory(self, model: Model, context: int, count: int, one: float, other: float) -> None:
        small, large = sorted((one, other))
        if asked(model, on(small), context, count).fits:
            assert asked(model, on(large), context, count).fits


class TestWhatItSaysIsLargestIs:
    """The hint of a refusal is followed: it has to hold, and to be the end of what holds."""

    @settings(max_examples=60)
    @given(SERVED, CONTEXTS, COUNTS, st.integers(20, 200))
    def test_largest_concurrency(self, model: Model, context: int, count: int, gib: int) -> None:
        found = asked(model, on(gib), context, count)
        if found.largest_concurrency:
            at_most = asked(model, on(gib), context, found.largest_concurrency)
            assert at_most.needed <= at_most.place.budget
        beyond = asked(model, on(gib), context, found.largest_concurrency + 1)
        assert beyond.needed > beyond.place.budget

    @settings(max_examples=60)
    @given(SERVED, CONTEXTS, COUNTS, st.integers(20, 200))
    def test_largest_context(self, model: Model, context: int, count: int, gib: int) -> None:
        found = asked(model, on(gib), context, count)
        most = KNOWN.architectures[model.architecture].max_positions
        assert found.largest_context <= most
        if found.largest_context:
            assert asked(model, on(gib), found.largest_context, count).needed <= found.place.budget
        if found.largest_context < most:
            assert asked(model, on(gib), found.largest_context + 1, count).needed > found.place.budget

    @given(SERVED, CONTEXTS, COUNTS, st.integers(20, 200))
    def test_the_lines_are_the_sum(self, model: Model, context: int, count: int, gib: int) -> None:
        found = asked(model, on(gib), context, count)
        assert found.needed == sum(line.bytes for line in found.lines)
        assert (found.needed > found.place.budget) == any("does not fit" in fault for fault in found.faults)


class TestGpusShare:
    """Tensor parallelism splits weights and heads, and nothing that every GPU has to hold."""

    @pytest.mark.parametrize("name", sorted(n for n, m in KNOWN.models.items() if m.server == "vllm"))
    def test_two_hold_half_of_the_weights_each(self, name: str) -> None:
        model = KNOWN.models[name]
        beside = 2 * KNOWN.architectures[model.architecture].beside
        one, two = (asked(model, on(count=count), 4096) for count in (1, 2))
        if not one.lines or not two.lines:
            pytest.skip("its heads are not to be split")
        assert two.lines[0].bytes - beside == pytest.approx((one.lines[0].bytes - beside) / 2, abs=1)

    def test_each_keeps_its_own_heads(self) -> None:
        llama = KNOWN.architectures["llama-3-70b"]
        assert cache_of(llama, split=8).layer_token * 8 == cache_of(llama).layer_token

    def test_more_gpus_than_heads_copy_them(self) -> None:
        assert (
            cache_of(KNOWN.architectures["llama-3.1-8b"], split=16).layer_token
            == cache_of(KNOWN.architectures["llama-3.1-8b"], split=8).layer_token
        )

    def test_heads_that_can_not_be_split_are_said(self) -> None:
        found = asked(NOTES, on(count=3), 4096)
        assert not found.fits
        assert found.faults == ("32 attention heads can't be split over 3 GPUs",)

    def test_a_cache_of_eight_bits_is_half(self) -> None:
        sixteen = fit(KNOWN, NOTES, on(), Load(context=8192, concurrency=4))
        eight = fit(KNOWN, NOTES, on(), Load(context=8192, concurrency=4, kv_bits=8))
        assert eight.lines[-1].bytes * 2 == sixteen.lines[-1].bytes


class TestWhatDoesNotRunIsSaid:
    """Memory is not all: a kernel that is not there ends a server as surely."""

    def test_the_arithmetic_is_in_the_words(self) -> None:
        found = asked(NOTES, on_size(gpus(), "Standard_NC16as_T4_v3", 1), 8192, 4)
        assert not found.fits
        assert "does not fit: weights 26.48 + " in " ".join(found.faults)
        assert "14.56 x 0.9 of NVIDIA T4" in " ".join(found.faults)
        assert found.largest_concurrency == found.largest_context == 0

    def test_bfloat16_needs_ampere(self) -> None:
        found = asked(KNOWN.models["synthetic-notes-1b"], on_size(gpus(), "Standard_NC16as_T4_v3", 1), 4096)
        assert found.faults == ("bfloat16 needs compute capability 8.0 or more; this GPU has 7.5",)

    def test_fp8_on_ampere_is_weights_alone(self) -> None:
        found = asked(NOTES, on_size(gpus(), "Standard_NC24ads_A100_v4", 1), 32_768, 4)
        assert found.fits
        assert found.notes == ("FP8 as weights alone: it is computed in FP8 from capability 8.9 up",)

    def test_fp8_on_a_cpu(self) -> None:
        assert "fp8 weights don't run on a CPU" in asked(NOTES, without_gpu(128 * GIB), 8192).faults[0]

    def test_more_context_than_it_was_made_for(self) -> None:
        found = asked(KNOWN.models["qwen3-32b-awq"], on(), 65_536)
        assert "more than the 40960 it was made for" in found.faults[0]

    def test_a_size_without_a_gpu(self) -> None:
        with pytest.raises(ValueError, match="no GPU of 'Standard_D8ds_v5' is on record"):
            on_size(gpus(), "Standard_D8ds_v5", 1)

    def test_more_gpus_than_the_node_has(self) -> None:
        with pytest.raises(ValueError, match="has 1 NVIDIA H100 NVL; a replica asks for 2"):
            on_size(gpus(), H100, 2)

    def test_the_share_is_taken_exactly(self) -> None:
        assert on(10, share=Fraction(9, 10)).budget == 9 * GIB
