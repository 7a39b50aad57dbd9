"""The guard's process: serves the application on a Unix socket, for Envoy alone."""

import argparse
import asyncio
import gc
import logging
import os
import sys
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path

import uvicorn
import uvloop

from model_images.gateway.guard.log_lines import Lines
from model_images.gateway.guard.settings import BadSettings, callers, read
from model_images.gateway.guard.wiring import Mounts, build

SWITCH_SECONDS = 0.0005
"""How soon a thread of the detectors gives way to the event loop: a streamed piece does not wait for another's text."""
YOUNG = 20_000
"""Objects after which the collector looks for cycles among the new ones: some requests' worth, not a part of one's."""


def arguments(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line, as `model_images.gateway` gives it."""
    parser = argparse.ArgumentParser(prog="guard")
    for name in ("settings", "certificates", "run", "state"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    return parser.parse_args(argv)


async def serve(told: argparse.Namespace) -> None:
    """Until it is told to stop; then what runs ends, and the log is closed."""
    mounts = Mounts(certificates=told.certificates, run=told.run, state=told.state, orders=told.settings.parent)
    async with AsyncExitStack() as closing:
        app = await build(read(told.settings), callers(os.environ), mounts, told.settings.read_bytes(), closing)
        # What is here now stays: the collector need not walk it again and again, in the midst of a request.
        gc.collect()
        gc.freeze()
        gc.set_threshold(YOUNG, 20, 20)
        config = uvicorn.Config(
            app,
            uds=str(told.run / "guard.sock"),
            loop="none",
            http="httptools",
            lifespan="off",
            log_level="warning",
            access_log=False,
            server_header=False,
            date_header=False,
            proxy_headers=False,
            timeout_keep_alive=120,
            timeout_graceful_shutdown=10,
            backlog=4096,
        )
        await uvicorn.Server(config).serve()


def main() -> int:
    """Exit status 2 where the settings can't be used."""
    told_to = logging.StreamHandler()
    told_to.setFormatter(Lines())
    logging.basicConfig(level=logging.WARNING, handlers=[told_to])
    logging.getLogger("bailiwick").setLevel(logging.INFO)
    sys.setswitchinterval(SWITCH_SECONDS)
    os.umask(0o077)
    told = arguments()
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(serve(told))
    except BadSettings as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
