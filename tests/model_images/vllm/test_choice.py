"""What is chosen for a GPU changes no answer unasked, and what can't be served is said with what would help."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from model_images.vllm.checkpoint import Checkpoint, Unservable
from model_images.vllm.checkpoint import read as read_checkpoint
from model_images.vllm.choice import RESERVE, choose
from model_images.vllm.devices import Gpu, NoDevices, gpus
from model_images.vllm.settings import Settings, read
from tests.model_images.vllm.test_settings import told
from tests.weights.models import folder

GIB = 2**30
H100 = Gpu("NVIDIA H100 NVL", 94 * GIB, (9, 0))
A100 = Gpu("NVIDIA A100 80GB PCIe", 80 * GIB, (8, 0))
T4 = Gpu("Tesla T4", 15 * GIB, (7, 5))
SMALL = Checkpoint("LlamaForCausalLM", None, 16 * GIB, 32, 8, 128 * 1024, 131_072)


def settings(**changes: str | None) -> Settings:
    return read(told(**changes))


def checkpoint(**changes: Any) -> Checkpoint:  # noqa: ANN401 fields of a dataclass
    return Checkpoint(**{**SMALL.__dict__, **changes})


class TestTheCheckpointIsServedAsItWasEvaluated:
    """Other precision is another model: it is chosen only where somebody evaluated it and said so."""

    @pytest.mark.parametrize(("gpu", "dtype"), [(H100, "bfloat16"), (A100, "bfloat16"), (T4, "float16")])
    def test_the_type_is_the_best_that_the_gpu_has(self, gpu: Gpu, dtype: str) -> None:
        assert choose(settings(max_model_len="4096"), checkpoint(bytes=4 * GIB), [gpu]).dtype == dtype

    def test_what_fits_is_not_quantised_even_where_it_may_be(self) -> None:
        assert choose(settings(online_quantization="fp8"), SMALL, [H100]).quantization is None

    def test_what_does_not_fit_is_refused_unless_it_may_be(self) -> None:
        large = checkpoint(bytes=100 * GIB)
        with pytest.raises(Unservable, match="does not fit"):
            choose(settings(), large, [H100])
        assert choose(settings(online_quantization="fp8"), large, [H100]).quantization == "fp8"

    def test_a_gpu_without_fp8_quantises_nothing(self) -> None:
        with pytest.raises(Unservable, match="does not fit"):
            choose(settings(online_quantization="fp8"), checkpoint(bytes=100 * GIB), [A100])

    @pytest.mark.parametrize(("method", "gpu"), [("modelopt", A100), ("fp8", T4), ("exotic", H100)])
    def test_a_method_that_the_gpu_lacks_is_refused(self, method: str, gpu: Gpu) -> None:
        with pytest.raises(Unservable, match=method):
            choose(settings(max_model_len="1024"), checkpoint(bytes=2 * GIB, quantization=method), [gpu])

    def test_a_cpu_serves_what_it_has_kernels_for(self) -> None:
        assert choose(settings(gpus="0"), SMALL, []).tensor_parallel == 1
        assert choose(settings(gpus="0"), checkpoint(quantization="compressed-tensors"), []).dtype == "bfloat16"
        with pytest.raises(Unservable, match="need a GPU"):
            choose(settings(gpus="0"), checkpoint(quantization="fp8"), [])


class TestAModelIsSplitOverEqualGpus:
    """As the plan says, or not at all."""

    def test_over_as_many_as_the_plan_says(self) -> None:
        assert choose(settings(gpus="2"), SMALL, [H100, H100]).tensor_parallel == 2

    @pytest.mark.parametrize(
        ("found", "words"), [([H100], "sees 1"), ([H100] * 3, "sees 3"), ([H100, A100], "differ"), ([], "sees 0")]
    )
    def test_and_over_no_others(self, found: list[Gpu], words: str) -> None:
        with pytest.raises(Unservable, match=words):
            choose(settings(gpus="2"), SMALL, found)

    def test_heads_are_not_cut(self) -> None:
        with pytest.raises(Unservable, match="gpus may be 1, 2, 4"):
            choose(settings(gpus="3"), checkpoint(heads=28), [H100] * 3)

    def test_a_context_longer_than_the_models_is_refused(self) -> None:
        with pytest.raises(Unservable, match="made for 131072"):
            choose(settings(max_model_len="200000"), SMALL, [H100])


class TestTheArithmeticHolds:
    """What is said to fit has room; what is refused has none."""

    @given(
        st.integers(1, 200),
        st.sampled_from([1, 2, 4, 8]),
        st.sampled_from([H100, A100, T4]),
        st.integers(256, 131_072),
        st.sampled_from([1, 2, 4, 8]),
    )
    def test_against_bytes(self, weights: int, number: int, gpu: Gpu, context: int, kv_heads: int) -> None:
        model = checkpoint(bytes=weights * GIB, kv_heads=kv_heads)
        each = weights * GIB // number + 128 * 1024 * context // min(number, kv_heads)
        room = int(gpu.memory * 0.9) - RESERVE
        assume(each != room)
        try:
            choose(settings(gpus=str(number), max_model_len=str(context)), model, [gpu] * number)
        except Unservable:
            assert each > room
        else:
            assert each < room


def library(**changes: Any) -> Any:  # noqa: ANN401 a stand-in for a module
    told = {
        "nvmlInit": lambda: None,
        "nvmlShutdown": lambda: None,
        "nvmlDeviceGetCount": lambda: 2,
        "nvmlDeviceGetHandleByIndex": lambda at: at,
        "nvmlDeviceGetName": lambda _: b"NVIDIA H100 NVL",
        "nvmlDeviceGetCudaComputeCapability": lambda _: (9, 0),
        "nvmlDeviceGetMemoryInfo": lambda _: SimpleNamespace(total=94 * GIB),
        "nvmlSystemGetConfComputeState": lambda: SimpleNamespace(ccFeature=1),
        **changes,
    }
    return SimpleNamespace(**told)


def fails(*_: object) -> None:
    raise RuntimeError("NVML: driver not loaded")


class TestGpusAreWhatThePlanPromises:
    """A confidential GPU that is not in that mode has the patient's note in clear in its memory."""

    def test_they_are_found(self) -> None:
        assert gpus(confidential=True, library=library()) == [H100, H100]

    @pytest.mark.parametrize(
        "broken", [{"nvmlSystemGetConfComputeState": lambda: SimpleNamespace(ccFeature=0)},
                   {"nvmlSystemGetConfComputeState": fails}],
    )  # fmt: skip
    def test_what_is_not_in_confidential_mode_is_refused(self, broken: dict[str, object]) -> None:
        with pytest.raises(NoDevices, match="not in confidential mode"):
            gpus(confidential=True, library=library(**broken))
        assert len(gpus(confidential=False, library=library(**broken))) == 2

    def test_a_driver_that_does_not_answer_is_said(self) -> None:
        with pytest.raises(NoDevices, match="does its node have a driver|its node have a driver"):
            gpus(confidential=False, library=library(nvmlInit=fails))


class TestWhatAConfigurationLeavesOutIsNoFault:
    """Some families leave heads and positions to defaults of their own; the plan has counted them."""

    def test_it_is_served_by_its_bytes_alone(self, tmp_path: Path) -> None:
        place = folder(tmp_path / "m")
        text = {"num_hidden_layers": 4, "hidden_size": 64}
        told = {"architectures": ["Gemma3ForConditionalGeneration"], "text_config": text}
        (place / "config.json").write_text(json.dumps(told))
        model = read_checkpoint(place)
        assert (model.heads, model.positions, model.kv_bytes_per_token) == (0, 0, 0)
        assert model.bytes == 2 * 1536
        assert choose(settings(gpus="2"), model, [H100, H100]).tensor_parallel == 2

    @pytest.mark.parametrize(
        ("more", "kept"), [({}, 2 * 4 * 4 * 16 * 2), ({"sliding_window": 512}, 0), ({"kv_lora_rank": 8}, 0)]
    )
    def test_layers_that_keep_less_are_not_counted_as_if_they_kept_all(
        self, more: dict[str, int], kept: int, tmp_path: Path
    ) -> None:
        place = folder(tmp_path / "m")
        whole = {"num_hidden_layers": 4, "hidden_size": 64, "num_attention_heads": 4, "max_position_embeddings": 4096}
        (place / "config.json").write_text(json.dumps({"architectures": ["X"], **whole, **more}))
        assert read_checkpoint(place).kv_bytes_per_token == kept

    def test_what_describes_no_decoder_is_refused(self, tmp_path: Path) -> None:
        place = folder(tmp_path / "m")
        (place / "config.json").write_text("{}")
        with pytest.raises(Unservable, match="does not describe a decoder"):
            read_checkpoint(place)
