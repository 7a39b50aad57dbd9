"""Three servers and a gateway before them, once for all tests: a server takes a minute and more to start."""

import os
import secrets
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.model_images.gateway.credentials import Authority, Pair
from tests.model_images.gateway.world import USE_CASE, World, free_port, gateway, pinned
from tests.serving.places import PYTHON, named, needed
from tests.serving.servers import CALLER, Model, Server, start, stopped, tiny

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


@pytest.fixture(scope="session")
def weights(tmp_path_factory: pytest.TempPathFactory) -> tuple[Model, Model]:
    """What is served, and what is tried beside it."""
    needed(PYTHON.exists(), "vLLM's environment is not there")
    place = tmp_path_factory.mktemp("models")
    return tiny(place, 7), tiny(place, 8)


@pytest.fixture(scope="session")
def platform(tmp_path_factory: pytest.TempPathFactory, weights: tuple[Model, Model]) -> Iterator[Platform]:
    """Servers at addresses of their own, as pods have them, under one name."""
    needed(os.geteuid() == 0 and shutil.which("unshare"), "root, for names of the cluster's")
    directory = tmp_path_factory.mktemp("serving")
    authority = Authority(directory, "models-authority")
    port, numbers = free_port(), free_port()
    served, tried = weights
    servers: list[Server] = []
    with stopped(servers):
        for address, model, name in (
            ("127.1.0.1", served, STABLE),
            ("127.1.0.2", served, STABLE),
            ("127.1.0.9", tried, TRIED),
        ):
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
        inside = tmp_path_factory.mktemp("gateway")
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
        with gateway(
            inside,
            wrapped=named({STABLE: ["127.1.0.1", "127.1.0.2"], TRIED: ["127.1.0.9"]}, inside),
            mounting={
                "gateway-to-models": to_models.path.read_bytes(),
                "models-ca": authority.path.read_bytes(),
                "salt-shared": secrets.token_hex(32).encode(),
            },
            models={USE_CASE: f"https://{STABLE}:{port}"},
            canaries={USE_CASE: canary},
        ) as world:
            yield Platform(world, servers[:2], servers[2], authority, to_models)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All of this folder is `serving`, and what kills a server comes last."""
    here = [item for item in items if Path(item.path).is_relative_to(Path(__file__).parent)]
    for item in here:
        item.add_marker(pytest.mark.serving)
    items.sort(key=lambda item: item in here and item.path.name == "test_lifecycle.py")
