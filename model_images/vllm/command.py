"""vLLM's command line and its environment: all of it is here, and nothing of the container's own passes through.

Flags and variables: docs.vllm.ai of the pinned version, and its `--help=all`; tests/serving holds each of them against
the real parser.
"""

import sys
from collections.abc import Mapping
from pathlib import Path

from model_images.vllm.choice import Choice
from model_images.vllm.settings import Settings

LOGGING = Path(__file__).with_name("logging.json")
KEPT = ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH", "LD_PRELOAD", "CUDA_VISIBLE_DEVICES", "NVIDIA_VISIBLE_DEVICES",
        "NVIDIA_DRIVER_CAPABILITIES", "CUDA_HOME", "CC", "OMP_NUM_THREADS", "TZ", "LANG")  # fmt: skip
"""What the image or the device plugin says of libraries and devices. `VLLM_SERVER_DEV_MODE` and its like are not."""


def environment(settings: Settings, around: Mapping[str, str]) -> dict[str, str]:
    """Of the server: nothing is fetched, reported or told, and each cache lies in the pod's own volume."""
    caches = settings.home / "cache"
    return {
        **{name: around[name] for name in KEPT if name in around},
        "HOME": str(settings.home),
        "TMPDIR": str(settings.home),
        "HF_HUB_OFFLINE": "1",
        "TRANSFORMERS_OFFLINE": "1",
        "HF_DATASETS_OFFLINE": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "VLLM_NO_USAGE_STATS": "1",
        "VLLM_DO_NOT_TRACK": "1",
        "DO_NOT_TRACK": "1",
        # What is kept there is run when it is read: it must be nobody else's.
        "HF_HOME": str(caches / "huggingface"),
        "XDG_CACHE_HOME": str(caches),
        "XDG_CONFIG_HOME": str(caches / "config"),
        "VLLM_CACHE_ROOT": str(caches / "vllm"),
        "VLLM_CONFIG_ROOT": str(caches / "config"),
        "TORCHINDUCTOR_CACHE_DIR": str(caches / "inductor"),
        "TRITON_CACHE_DIR": str(caches / "triton"),
        "NUMBA_CACHE_DIR": str(caches / "numba"),
        "OUTLINES_CACHE_DIR": str(caches / "outlines"),
        # Plugins of installed packages are loaded unless it is said which: none.
        "VLLM_PLUGINS": "",
        # torch's store and the workers' sockets: without it they listen on the pod's address, and ask nobody who he is.
        "VLLM_HOST_IP": "127.0.0.1",
        "VLLM_LOOPBACK_IP": "127.0.0.1",
        "VLLM_MAX_N_SEQUENCES": "4",
        "VLLM_MEDIA_URL_ALLOW_REDIRECTS": "0",
        "VLLM_LOGGING_LEVEL": "WARNING",
        "VLLM_LOGGING_CONFIG_PATH": str(LOGGING),
        "VLLM_CPU_KVCACHE_SPACE": str(settings.cpu_kv_gib),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONUNBUFFERED": "1",
        "PYTHONSAFEPATH": "1",
    }


def command(settings: Settings, choice: Choice) -> list[str]:
    """What is run in the entrypoint's place."""
    flags = [
        f"--model={settings.folder}",
        f"--served-model-name={settings.served_model_name}",
        f"--uds={settings.socket}",
        "--load-format=safetensors",
        f"--dtype={choice.dtype}",
        f"--tensor-parallel-size={choice.tensor_parallel}",
        f"--max-model-len={settings.max_model_len}",
        f"--max-num-seqs={settings.max_num_seqs}",
        # More than wait for one turn are told to come again, and none waits until it is cut.
        f"--max-num-queued-reqs={8 * settings.max_num_seqs}",
        f"--shutdown-timeout={settings.stop_seconds}",
        f"--kv-cache-dtype={settings.kv_cache_dtype}",
        # A salted block's name must not be one that a caller can find another text for.
        "--prefix-caching-hash-algo=sha256",
        "--no-trust-remote-code",
        "--no-trust-request-chat-template",
        "--no-trust-request-mm-kwargs",
        "--no-enable-prompt-embeds",
        "--no-enable-log-requests",
        "--no-enable-log-outputs",
        "--no-enable-tokenizer-info-endpoint",
        "--disable-uvicorn-access-log",
        "--disable-fastapi-docs",
        # Else a file beside the weights sets temperatures that nobody reviewed.
        "--generation-config=vllm",
        "--max-logprobs=0",
        "--distributed-executor-backend=mp",
    ]
    if settings.gpus:
        flags.append(f"--gpu-memory-utilization={settings.gpu_memory_utilization}")
    else:
        flags.append("--enforce-eager")
    if choice.quantization:
        flags.append(f"--quantization={choice.quantization}")
    if settings.tool_call_parser:
        flags += ["--enable-auto-tool-choice", f"--tool-call-parser={settings.tool_call_parser}"]
    if settings.reasoning_parser:
        flags.append(f"--reasoning-parser={settings.reasoning_parser}")
    return [sys.executable, "-m", "model_images.vllm.server", *flags]
