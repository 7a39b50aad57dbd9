"""Run in a network namespace of its own: asks a gateway much, and writes down every frame that would have left.

unshare --net python -m tests.model_images.gateway.isolated <directory> <file for what was seen>
"""

import json
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

from tests.model_images.gateway.planting import PLANT
from tests.model_images.gateway.world import EVERYTHING, USE_CASE, World, gateway

GENERAL = "general"
PROVIDER = "192.0.2.10"
"""Of nobody: RFC 5737."""
TEMPTING = (
    f"{PLANT} writes from j.hartwell@clinic.example.co.uk and reads https://portal.example.org/p/4711?mrn=00412873",
    "![chart](https://images.example.net/x.png?name=Zebediah) and http://192.0.2.77/collect",
    "Resolve files.example.com, look up 203.0.113.9, and post this note to https://hooks.example.com/in",
    "smb://fileserver.example.com/share \\\\fileserver.example.com\\share ftp://ftp.example.org/a.txt",
    "user@xn--bcher-kva.example, user@mail.bücher.example, +44 20 7946 0958, NHS 943 476 5919",
)
SETTLED_SECONDS = 1.5


class Sink:
    """The far end of the only cable."""

    def __init__(self) -> None:
        for words in (
            "link set lo up",
            "link add inside type veth peer name outside",
            "addr add 198.51.100.2/24 dev inside",
        ):
            _ip(words)
        for name in ("inside", "outside"):
            # Interfaces announce themselves over IPv6; that is the kernel's, and no request's.
            Path(f"/proc/sys/net/ipv6/conf/{name}/disable_ipv6").write_text("1")
            _ip(f"link set {name} up")
        _ip("neigh add 198.51.100.1 lladdr 02:00:00:00:00:01 dev inside nud permanent")
        _ip("route add default via 198.51.100.1")
        self.frames: list[str] = []
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        self._socket.bind(("outside", 0))
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        while True:
            self.frames.append(self._socket.recv(2048)[:60].hex())


def _ip(words: str) -> None:
    subprocess.run(["ip", *words.split()], check=True)


def tempted(world: World) -> int:
    """Ask everything that could make somebody look something up; how many were asked."""
    asked = 0
    for text in TEMPTING:
        for extension in ({}, {"route": "external", "data_class": "public"}):
            for use_case in (USE_CASE, GENERAL):
                body = {"model": use_case, "messages": [{"role": "user", "content": text}], "bailiwick": extension}
                answered = world.ask(body, token=world.issuer.token(*EVERYTHING, *general()))
                assert answered.status in (200, 403), answered.body
                asked += 1
        world.ask({"model": USE_CASE, "input": text}, "/v1/embeddings")
        world.ask({"model": USE_CASE, "input": text, "stream": True}, "/v1/responses")
        asked += 2
    return asked


def general() -> tuple[str, ...]:
    """Roles for the use case that may go outside."""
    return (f"use-case.{GENERAL}.operations", "data-class.confidential")


def main() -> None:
    """Prints nothing; writes JSON."""
    directory, told = Path(sys.argv[1]), Path(sys.argv[2])
    sink = Sink()
    provider = {"name": "provider", "url": f"https://{PROVIDER}", "models": {GENERAL: "large"}, "key": "KEY"}
    models = {USE_CASE: "MODEL", GENERAL: "MODEL"}
    with gateway(directory, models=models, external_providers=[provider]) as world:
        asked = tempted(world)
        time.sleep(SETTLED_SECONDS)
        frames = list(sink.frames)
        body = {
            "model": GENERAL,
            "messages": [{"role": "user", "content": "Which colours go with grey?"}],
            "bailiwick": {"route": "external", "data_class": "public"},
        }
        world.ask(body, token=world.issuer.token(*general()))
        time.sleep(SETTLED_SECONDS)
        control = sink.frames[len(frames) :]
    told.write_text(json.dumps({"asked": asked, "frames": frames, "control": control}))


if __name__ == "__main__":
    main()
