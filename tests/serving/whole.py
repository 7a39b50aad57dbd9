"""Model servers and a gateway before them, with the cluster's names on loopback: for tests and benchmark."""

import contextlib
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.model_images.gateway.credentials import Authority, Pair
from tests.model_images.gateway.world import TEMPLATE, USE_CASE, World, free_port, gateway, pinned
from tests.serving.places import named
from tests.serving.servers import CALLER, Model, Server, start, stopped

STABLE = "vllm.inference-clinical-notes.svc.cluster.local"
TRIED = "vllm-canary.inference-clinical-notes.svc.cluster.local"


@dataclass
class Platform:
    """What a test speaks to."""

    gateway: World
    stable: list[Server]
    candidate: Server
    models_authority: Authority
    to_models: Pair

    @property
    def servers(self) -> list[Server]:
        """All of them."""
        return [*self.stable, self.candidate]


@contextlib.contextmanager
def whole(
    directory: Path,
    served: Model,
    tried: Model | None,
    *,
    stable: int = 2,
    tenants: Sequence[str] = (),
    template: str = TEMPLATE,
) -> Iterator[Platform]:
    """Start all of it: servers at addresses of their own, as pods have them, under one name; for tenants, if named."""
    authority = Authority(directory, "models-authority")
    port, numbers = free_port(), free_port()
    addresses = [f"127.1.0.{number + 1}" for number in range(stable)]
    pods = [(address, served, STABLE) for address in addresses]
    if tried is not None:
        pods.append(("127.1.0.99", tried, TRIED))
    servers: list[Server] = []
    with stopped(servers):
        for address, model, name in pods:
            servers.append(
                start(
                    directory / address,
                    model,
                    address=address,
                    port=port,
                    numbers_port=numbers,
                    authority=authority,
                    name=name,
                )
            )
        for server in servers:
            server.wait()
        to_models = authority.issue(CALLER)
        inside = directory / "gateway"
        inside.mkdir()
        pinned(inside, USE_CASE, f"{USE_CASE}-candidate")
        canary = {
            "change": "chg-1",
            "url": f"https://{TRIED}:{port}",
            "pinned": f"use-case:{USE_CASE}-candidate",
            "ceilingPercent": 50,
            "weightStore": "weights.test",
            "weightKey": f"routing:{USE_CASE}",
            "refreshSeconds": 30,
            "staleMinutes": 15,
        }
        models = {USE_CASE: f"https://{STABLE}:{port}"}
        with gateway(
            inside,
            wrapped=named({STABLE: addresses, TRIED: ["127.1.0.99"]}, inside),
            mounting={
                "gateway-to-models": to_models.path.read_bytes(),
                "models-ca": authority.path.read_bytes(),
                "salt-shared": secrets.token_hex(32).encode(),
            },
            template=template,
            models={} if tenants else models,
            tenants={
                name: {"models": models, "cacheSalt": f"MOUNTED/salt-{name}", "requestsPerMinute": 100_000}
                for name in tenants
            },
            canaries={USE_CASE: canary} if tried is not None else {},
        ) as world:
            yield Platform(world, servers[:stable], servers[-1], authority, to_models)
