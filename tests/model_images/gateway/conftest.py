"""One gateway for all tests that only ask it something."""

from collections.abc import Iterator

import pytest

from tests.model_images.gateway.world import World, gateway


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A gateway without tenants; what a test changes of its model is undone by `asked`."""
    with gateway(tmp_path_factory.mktemp("gateway")) as found:
        yield found


@pytest.fixture
def asked(world: World) -> World:
    """The gateway, its model as it began."""
    world.model.reset()
    return world
