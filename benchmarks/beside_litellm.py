"""The same prompts at the same rate through LiteLLM's proxy with its Presidio guardrail, beside benchmarks.gateway.

    uv venv peer && uv pip install --python peer/bin/python 'litellm[proxy]' presidio-analyzer presidio-anonymizer
    python -m benchmarks.beside_litellm --peer peer/bin

The peer has it easier: plain HTTP where the gateway has mutual TLS, a key where it verifies a token, no audit log,
patterns without a language model, and nothing that reads an answer but for putting back what was masked.
"""

import argparse
import contextlib
import json
import os
import secrets
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path

from benchmarks.gateway import PROMPT, apart, line
from tests.model_images.gateway.upstream import Model
from tests.model_images.gateway.world import USE_CASE, free_port

READY_SECONDS = 120


@contextlib.contextmanager
def running(command: list[str], log: Path, environment: Mapping[str, str], ready: str) -> Iterator[None]:
    """A server, until it has answered at `ready` and as long as the block lasts."""
    with log.open("wb") as out:
        process = subprocess.Popen(  # noqa: S603 what the caller of this benchmark names
            command, stdout=out, stderr=out, env={**os.environ, **environment}
        )
    try:
        deadline = time.monotonic() + READY_SECONDS
        while not _answers(ready):
            if process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(log.read_text(errors="replace")[-4_000:])
            time.sleep(0.5)
        yield
    finally:
        process.terminate()
        process.wait(20)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5):  # noqa: S310 loopback
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False


def configuration(model: int) -> dict[str, object]:
    """LiteLLM's own file; JSON is YAML. docs.litellm.ai/docs/proxy/guardrails/pii_masking_v2."""
    asked = {"model": f"openai/{USE_CASE}", "api_base": f"http://127.0.0.1:{model}/v1", "api_key": "none"}
    guard = {"guardrail": "presidio", "mode": "pre_call", "default_on": True, "output_parse_pii": True}
    return {
        "model_list": [{"model_name": USE_CASE, "litellm_params": asked}],
        "guardrails": [{"guardrail_name": "presidio", "litellm_params": guard}],
        "litellm_settings": {"telemetry": False},
    }


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peer", type=Path, required=True, help="folder of programs of the peer's environment")
    parser.add_argument("--rate", type=float, default=50)
    parser.add_argument("--seconds", type=float, default=20)
    told = parser.parse_args()
    service, proxy, key = free_port(), free_port(), f"sk-{secrets.token_hex(16)}"
    environment = {
        "PRESIDIO_ANALYZER_API_BASE": f"http://127.0.0.1:{service}",
        "PRESIDIO_ANONYMIZER_API_BASE": f"http://127.0.0.1:{service}",
        "LITELLM_MASTER_KEY": key,
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    }
    with tempfile.TemporaryDirectory() as folder, Model() as model:
        directory = Path(folder)
        (directory / "config.yaml").write_text(json.dumps(configuration(model.port)))
        model.says = lambda _: "It is done."
        presidio = [str(told.peer / "python"), str(Path(__file__).with_name("presidio_service.py")), str(service)]
        litellm = [str(told.peer / "litellm"), "--config", str(directory / "config.yaml"), "--port", str(proxy)]
        with (
            running(presidio, directory / "presidio", {}, f"http://127.0.0.1:{service}/"),
            running(litellm, directory / "litellm", environment, f"http://127.0.0.1:{proxy}/health/liveliness"),
        ):
            path = "/v1/chat/completions"
            direct = apart("_paced", f"http://127.0.0.1:{model.port}{path}", None, "", told.rate, told.seconds)
            model.seen.clear()
            whole = apart("_paced", f"http://127.0.0.1:{proxy}{path}", None, key, told.rate, told.seconds)
            masked = sum(b"943 476 5919" not in raw for raw in model.seen)
        print(f"{len(PROMPT)} characters, {told.rate:g} a second for {told.seconds:g} s, {os.cpu_count()} cores")
        print(f"{'ms':22} {'p50':>8} {'p95':>8} {'p99':>8} {'added p50':>10} {'added p99':>10}")
        print(line("the model alone", direct))
        print(line("LiteLLM with Presidio", whole, direct))
        print(f"of {len(model.seen)} prompts, {masked} came without their NHS number")


if __name__ == "__main__":
    main()
