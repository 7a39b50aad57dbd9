"""A model server's start, its verification and the gateway's part of an answer, on real vLLM: `make bench-serving`.

    python -m benchmarks.serving [--gigabytes 2] [--requests 60]

The model has two layers and random weights, so that what is measured is everything but the model. Verification is timed
on files of random bytes beside `sha256sum` of the same files, all in the page cache, so that neither waits for a disk.
Caller, gateway, proxy and server share the machine's cores. Where there is a GPU, the same runs on it.
"""

import argparse
import http.client
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks import processor_time
from tests.model_images.gateway.world import USE_CASE
from tests.serving.places import PYTHON, gpus
from tests.serving.servers import Server, tiny
from tests.serving.whole import Platform, whole
from weights.hashing import hashed

FILES = 4
ASKED = {
    "model": USE_CASE,
    "messages": [
        {"role": "user", "content": "Patient: Zebediah Hartwell, MRN: 00412873. " + "Write the letter. " * 100}
    ],
    "max_tokens": 16,
    "temperature": 0,
}
"""2 kB, with a name and a number in it."""
TURNS = 4


def verification(place: Path, gigabytes: int) -> None:
    """Bytes a second, beside sha256sum one file after the other."""
    names = [f"{number}.safetensors" for number in range(FILES)]
    for name in names:
        with (place / name).open("wb") as file:
            for _ in range(gigabytes * 1024 // FILES // 16):
                file.write(os.urandom(16 * 2**20))
    total = sum((place / name).stat().st_size for name in names)
    for name in names:
        (place / name).read_bytes()
    rows: dict[str, float] = {}
    for threads in (1, os.cpu_count() or 1):
        begun = time.perf_counter()
        list(hashed(place, names, threads=threads))
        rows[f"weights/, {threads} at once"] = time.perf_counter() - begun
    begun = time.perf_counter()
    subprocess.run(["sha256sum", *names], cwd=place, check=True, capture_output=True)  # noqa: S603, S607 the distribution's
    rows["sha256sum"] = plain = time.perf_counter() - begun
    notes = place / "notes"
    list(hashed(place, names, notes=notes))
    begun = time.perf_counter()
    list(hashed(place, names, notes=notes))
    again = time.perf_counter() - begun
    print(f"\nverification of {total / 1e9:.1f} GB in {FILES} files")
    for name, seconds in rows.items():
        print(f"  {name:22} {total / seconds / 1e6:7.0f} MB/s  {plain / seconds:5.2f} × sha256sum")
    print(f"  {'a second start':22} {again * 1000:7.1f} ms")


def started(server: Server, first: Callable[[], object]) -> None:
    """From the container's start to the first token."""
    begun = time.monotonic()
    first()
    token = time.monotonic()
    told = re.search(r"verified [0-9.]+ GiB in ([0-9.]+) s", server.log)
    print("\nfrom the container's start")
    print(f"  weights verified       {float(told[1]) if told else 0:7.1f} s")
    print(f"  healthy                {server.ready - server.began:7.1f} s")
    print(f"  first token, once it is {1000 * (token - begun):6.0f} ms")


def turns(number: int) -> Iterator[list[dict[str, str]]]:
    """What a caller sends with each turn of a conversation: all before it as well; no two conversations begin alike."""
    said: list[dict[str, str]] = []
    for turn in range(TURNS):
        asked = f"Note {number:04d}, part {turn}. Zebediah Hartwell, MRN: 00412873. " + "Slept well, eats, walks. " * 20
        said = [*said, {"role": "user", "content": asked}]
        yield said
        said = [*said, {"role": "assistant", "content": "Noted: sleeps, eats, walks. " * 5}]


def bare(server: Server, body: bytes) -> tuple[float, float]:
    """Milliseconds to the first byte and to the last, by the server's own socket."""
    connection = http.client.HTTPConnection("model", timeout=60)
    import socket

    connection.sock = socket.socket(socket.AF_UNIX)
    connection.sock.connect(str(server.tee.server))
    return _timed(connection, body, {})


def through(platform: Platform, body: bytes) -> tuple[float, float]:
    """The same through gateway and proxy, over a new connection with mutual TLS that is not counted."""
    from tests.model_images.gateway.world import EVERYTHING

    token = platform.gateway.issuer.token(*EVERYTHING)
    return _timed(platform.gateway.connect(seconds=60), body, {"authorization": f"Bearer {token}"})


def _timed(connection: http.client.HTTPConnection, body: bytes, headers: dict[str, str]) -> tuple[float, float]:
    begun = time.perf_counter()
    connection.request("POST", "/v1/chat/completions", body, {"content-type": "application/json", **headers})
    answer = connection.getresponse()
    first = answer.read(1)
    at_first = time.perf_counter()
    rest = answer.read()
    ended = time.perf_counter()
    connection.close()
    if answer.status != 200:
        raise SystemExit(f"{answer.status}: {(first + rest)[:300]!r}")
    return 1000 * (at_first - begun), 1000 * (ended - begun)


def latency(platform: Platform, count: int) -> None:
    """Bare vLLM and the whole platform in turns, so that whatever else the machine does meets both."""
    body = json.dumps({**ASKED, "stream": True}).encode()
    ways: dict[str, Callable[[], tuple[float, float]]] = {
        "bare vLLM": lambda: bare(platform.stable[0], body),
        "gateway, proxy, vLLM": lambda: through(platform, body),
    }
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    for turn in range(count + 5):
        for name, ask in ways.items():
            took = ask()
            if turn >= 5:
                found[name].append(took)
    print(f"\none after the other, {count} streamed answers of {ASKED['max_tokens']} tokens to 2 kB, ms")
    print(f"  {'':22} first token: p50    p95     whole: p50    p95")
    for name, spent in found.items():
        firsts, wholes = sorted(pair[0] for pair in spent), sorted(pair[1] for pair in spent)
        late = int(0.95 * (count - 1))
        row = (statistics.median(firsts), firsts[late], statistics.median(wholes), wholes[late])
        print(f"  {name:22} {row[0]:16.1f} {row[1]:6.1f} {row[2]:14.1f} {row[3]:6.1f}")


def conversations(platform: Platform, count: int) -> None:
    """First tokens by turn, of a conversation that has a name: its stand-ins for identifiers stay the same."""
    server = platform.stable[0]
    ways: dict[str, Callable[[bytes], tuple[float, float]]] = {
        "bare vLLM": lambda body: bare(server, body),
        "gateway, proxy, vLLM": lambda body: through(platform, body),
    }
    found: dict[str, list[list[float]]] = {way: [] for way in ways}
    prompts, hits = dict.fromkeys(ways, 0.0), dict.fromkeys(ways, 0.0)
    for number in range(count + 1):
        for way, ask in ways.items():
            before = server.counted("vllm:prompt_tokens_total"), server.counted("vllm:prefix_cache_hits_total")
            name = f"{number:024d}" if ask is not ways["bare vLLM"] else ""
            firsts = [ask(_asked(said, name))[0] for said in turns(number)]
            if number:  # the first is for warming up
                found[way].append(firsts)
                prompts[way] += server.counted("vllm:prompt_tokens_total") - before[0]
                hits[way] += server.counted("vllm:prefix_cache_hits_total") - before[1]
    print(f"\n{count} conversations of {TURNS} turns, each 600 characters longer: first token p50, ms")
    print(f"  {'':22}" + "".join(f"   turn {turn + 1}" for turn in range(TURNS)) + "   of the prompts, in the cache")
    for way, rows in found.items():
        print(f"  {way:22}" + "".join(f"{statistics.median(turn):9.1f}" for turn in zip(*rows, strict=True)), end="")
        print(f"{100 * hits[way] / prompts[way]:9.0f} %")


def _asked(said: list[dict[str, str]], conversation: str = "") -> bytes:
    named = {"bailiwick": {"conversation": conversation}} if conversation else {}
    return json.dumps({**ASKED, "messages": said, "stream": True, **named}).encode()


def throughput(platform: Platform, streams: int = 8, tokens: int = 512) -> None:
    """Tokens a second of some streams at once, bare and through the platform; and what the gateway's processes took."""
    body = json.dumps({**ASKED, "stream": True, "max_tokens": tokens}).encode()
    print(f"\n{streams} streams of {tokens} tokens at once")
    for name, ask in (
        ("bare vLLM", lambda: bare(platform.stable[0], body)),
        ("gateway, proxy, vLLM", lambda: through(platform, body)),
    ):
        asking = [threading.Thread(target=ask) for _ in range(streams)]
        before, spent = platform.stable[0].counted("vllm:generation_tokens_total"), _spent(platform)
        begun = time.perf_counter()
        for thread in asking:
            thread.start()
        for thread in asking:
            thread.join()
        seconds = time.perf_counter() - begun
        made = platform.stable[0].counted("vllm:generation_tokens_total") - before
        print(f"  {name:22} {made / seconds:7.0f} tokens/s")
        for process, total in _spent(platform).items():
            if total > spent[process]:
                print(f"    {process:20} {1e6 * (total - spent[process]) / made:7.0f} µs of a processor for each token")


def _spent(platform: Platform) -> dict[str, float]:
    """Seconds of a processor so far, of guard and Envoy."""
    processes = processor_time.children(platform.gateway.process.pid)
    return {name.rpartition(".")[2]: processor_time.seconds(pid) for name, pid in processes.items()}


def main() -> None:
    """Print everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gigabytes", type=int, default=2)
    parser.add_argument("--requests", type=int, default=60)
    told = parser.parse_args()
    if not PYTHON.exists() or os.geteuid() != 0:
        sys.exit("vLLM's environment is not there, or this is not root: make bench-serving")
    print(f"vLLM on {f'{gpus()} GPU' if gpus() else f'{os.cpu_count()} CPU cores'}")
    directory = Path(tempfile.mkdtemp(prefix="bailiwick-serving-"))
    try:
        (directory / "files").mkdir()
        verification(directory / "files", told.gigabytes)
        shutil.rmtree(directory / "files")
        with whole(directory, tiny(directory / "models", 7), None, stable=1) as platform:
            started(
                platform.stable[0], lambda: bare(platform.stable[0], json.dumps({**ASKED, "stream": True}).encode())
            )
            latency(platform, told.requests)
            conversations(platform, told.requests // TURNS)
            throughput(platform)
    finally:
        shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    main()
