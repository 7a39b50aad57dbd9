"""What recording leaves behind in its process: nothing that the next stack, or a fork, would feel."""

import gc
import threading
from pathlib import Path

import pytest

from plan.recorder import record_program

PROGRAM = """
import gc
import pulumi
component = pulumi.ComponentResource("bailiwick:a:B", "b")
pulumi.export("collected", gc.isenabled())
"""


def recorded(tmp_path: Path, program: str = PROGRAM) -> object:
    entry = tmp_path / "__main__.py"
    entry.write_text(program)
    return record_program(entry, "eu-dev", {}, subscription_id="s", tenant_id="t").outputs


class TestTheProcessIsAsItWas:
    """Stacks are forked off a process that recorded one; and a collector that stays off fills a long one's memory."""

    def test_the_collector_rests_while_the_program_runs_and_then_goes_on(self, tmp_path: Path) -> None:
        assert gc.isenabled()
        assert recorded(tmp_path) == {"collected": False}
        assert gc.isenabled()

    def test_also_after_a_program_that_fails(self, tmp_path: Path) -> None:
        with pytest.raises(ZeroDivisionError):
            recorded(tmp_path, "1 / 0")
        assert gc.isenabled()

    def test_one_that_was_off_stays_off(self, tmp_path: Path) -> None:
        gc.disable()
        try:
            recorded(tmp_path)
            assert not gc.isenabled()
        finally:
            gc.enable()

    def test_no_thread_is_left_that_a_fork_would_lose(self, tmp_path: Path) -> None:
        before = set(threading.enumerate())
        recorded(tmp_path)
        assert set(threading.enumerate()) <= before
