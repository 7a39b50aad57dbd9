"""What can't be written down does not happen."""

import resource
import subprocess
from pathlib import Path

import pytest

from components.gateway_settings import ALIVE_PATH
from tests.model_images.gateway.planting import PLANT
from tests.model_images.gateway.test_streams import until
from tests.model_images.gateway.world import World, gateway


def guard_of(world: World) -> int:
    """The process that writes the log."""
    found = subprocess.run(
        ["pgrep", "-f", f"model_images.gateway.guard.*{world.directory}"], capture_output=True, text=True, check=True
    )
    return int(found.stdout.split()[0])


class TestAFullDiskStopsTheGateway:
    """The kernel refuses each write of the guard, as it does on a disk that is full."""

    @pytest.mark.parametrize("stream", [False, True])
    def test_the_request_is_refused_before_a_byte_leaves(self, tmp_path: Path, *, stream: bool) -> None:
        with gateway(tmp_path) as world:
            assert world.chat(PLANT, stream=stream).status == 200
            world.model.reset()
            resource.prlimit(guard_of(world), resource.RLIMIT_FSIZE, (64, resource.RLIM_INFINITY))
            for _ in range(3):
                answered = world.chat(PLANT, stream=stream)
                assert answered.status == 503
                assert answered.code.partition(".")[0] == "audit"
            assert world.model.seen == []
            until(lambda: not world.healthy())
            # No requests come to it any more; to start it anew would mend no disk.
            assert world.healthy(ALIVE_PATH)
            assert PLANT not in world.log
            assert "bailiwick_gateway_audit_failures_total 0.0" not in world.numbers()
