"""Start of the container: Envoy and the guard, side by side; when one stops, so does the other.

Told to stop, it says so to balancers, lets streams end, and then stops both: `docs/runbooks/canary.md`, last section.
"""

import argparse
import asyncio
import os
import signal
import sys
from asyncio.subprocess import Process
from collections.abc import Sequence
from pathlib import Path

from model_images.gateway.envoy.bootstrap import write
from model_images.gateway.envoy.connections import STREAM_SECONDS
from model_images.gateway.envoy.places import Places
from model_images.gateway.guard.settings import BadSettings, callers, read

ENVOY = "/usr/local/bin/envoy"


def arguments(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line; every default is the container's."""
    parser = argparse.ArgumentParser(prog="gateway", description="The only door to the models.")
    parser.add_argument("--settings", type=Path, default=Path("/etc/gateway/gateway.json"))
    parser.add_argument("--certificates", type=Path, default=Path("/run/certificates"))
    parser.add_argument("--run", type=Path, default=Path("/tmp/gateway"))  # noqa: S108 the pod's own volume
    parser.add_argument("--state", type=Path, default=Path("/var/lib/gateway"))
    parser.add_argument("--address", default="0.0.0.0")  # noqa: S104 a pod has one address
    parser.add_argument("--envoy", type=Path, default=Path(ENVOY))
    return parser.parse_args(argv)


async def run(told: argparse.Namespace) -> int:
    """Until it is told to stop, or one of the two ends; the exit status."""
    told.run.mkdir(mode=0o700, parents=True, exist_ok=True)
    places = Places(run=told.run, certificates=told.certificates, address=told.address)
    configuration = write(read(told.settings), callers(os.environ), places)
    guard = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "model_images.gateway.guard",
        f"--settings={told.settings}",
        f"--certificates={told.certificates}",
        f"--run={told.run}",
        f"--state={told.state}",
    )
    envoy = await asyncio.create_subprocess_exec(
        str(told.envoy),
        *("--config-path", configuration),
        *("--log-level", "warn"),
        *("--drain-time-s", str(STREAM_SECONDS)),
        *("--drain-strategy", "immediate"),
        "--disable-hot-restart",
    )
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    ends = [asyncio.ensure_future(one.wait()) for one in (guard, envoy)]
    asked = asyncio.ensure_future(stop.wait())
    await asyncio.wait((*ends, asked), return_when=asyncio.FIRST_COMPLETED)
    fell = not asked.done()
    if not fell:
        await _drain(places, guard)
    asked.cancel()
    # The guard writes its last records while nothing comes any more.
    for process in (guard, envoy):
        await _end(process)
    return 1 if fell else 0


async def _drain(places: Places, guard: Process) -> None:
    """No new connections; those that are open are told to close after what they do; wait until nothing is done."""
    await _admin(places, "POST", "/healthcheck/fail")
    await _admin(places, "POST", "/drain_listeners?graceful&skip_exit")
    for _ in range(STREAM_SECONDS * 10):
        if guard.returncode is not None or not await _active(places):
            return
        await asyncio.sleep(0.1)


async def _active(places: Places) -> int:
    told = await _admin(places, "GET", "/stats?filter=downstream_rq_active")
    counts = [
        line.rpartition(": ")[2] for line in told.splitlines() if line.startswith("http.") and "admin" not in line
    ]
    return sum(int(count) for count in counts if count.isdecimal())


async def _admin(places: Places, method: str, path: str) -> str:
    """Envoy's answer; empty where it does not answer any more."""
    try:
        reader, writer = await asyncio.open_unix_connection(str(places.admin))
        writer.write(
            f"{method} {path} HTTP/1.1\r\nhost: admin\r\nconnection: close\r\ncontent-length: 0\r\n\r\n".encode()
        )
        async with asyncio.timeout(5):
            told = await reader.read()
        writer.close()
    except (OSError, TimeoutError):
        return ""
    return told.decode(errors="replace").replace("\r\n", "\n")


async def _end(process: Process) -> None:
    if process.returncode is None:
        process.terminate()
        try:
            async with asyncio.timeout(10):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()


def main() -> int:
    """Exit status 1 where something fell over, 2 where the settings can't be used."""
    try:
        return asyncio.run(run(arguments()))
    except BadSettings as error:
        print(error, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
