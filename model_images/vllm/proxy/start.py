"""Start of the proxy's container: write Envoy's configuration, and become Envoy. A missing certificate ends it."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from model_images.vllm.proxy.bootstrap import NUMBERS_PORT, PORT, STREAM_SECONDS, Places, write

ENVOY = "/usr/local/bin/envoy"


def main(argv: Sequence[str] | None = None) -> int:  # noqa: RET503 the last line does not return
    """Does not return where Envoy starts; exit status 2 where something that it needs is not there."""
    parser = argparse.ArgumentParser(prog="proxy", description="Mutual TLS and known requests before a model's server.")
    parser.add_argument("--caller", required=True, help="DNS name in the gateway's certificate")
    parser.add_argument("--certificates", type=Path, default=Path("/run/certificates"))
    parser.add_argument("--socket", type=Path, default=Path("/run/vllm/vllm.sock"))
    parser.add_argument("--run", type=Path, default=Path("/tmp/proxy"))  # noqa: S108 the pod's own volume
    parser.add_argument("--address", default="0.0.0.0")  # noqa: S104 a pod has one address
    parser.add_argument("--port", type=int, default=PORT)
    parser.add_argument("--numbers-port", type=int, default=NUMBERS_PORT)
    parser.add_argument("--envoy", type=Path, default=Path(ENVOY))
    told = parser.parse_args(argv)
    missing = [name for name in ("server", "authority") if not (told.certificates / name).is_file()]
    if missing:
        print(
            f"{told.certificates} has no {' and no '.join(missing)}: nothing is served without a certificate, nor to "
            "whom can't show one\n  hint: docs/guides/first-deployment.md, step 9, says what to put into the vault",
            file=sys.stderr,
        )
        return 2
    places = Places(
        certificates=told.certificates,
        socket=told.socket,
        run=told.run,
        caller=told.caller,
        address=told.address,
        port=told.port,
        numbers_port=told.numbers_port,
    )
    configuration = write(places)
    os.execv(  # noqa: S606 Envoy in this process's place; no shell is in the image
        told.envoy,
        [
            *(str(told.envoy), "--config-path", str(configuration), "--log-level", "warn"),
            *("--drain-time-s", str(STREAM_SECONDS), "--drain-strategy", "immediate", "--disable-hot-restart"),
        ],
    )
