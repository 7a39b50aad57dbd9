"""A candidate is tried and taken back, and a server dies: callers notice none of it. It comes last: it kills one."""

import json
import os
import signal
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

from tests.model_images.gateway.world import USE_CASE
from tests.serving.test_answers import NAME, letter
from tests.serving.whole import Platform

REFRESHED = 40
"""Seconds: the gateway reads weights each thirty."""
WORD = "teapotwheel"
"""A word in a prompt that is nobody's name."""


def weigh(platform: Platform, percent: int) -> None:
    """As the job of delivery/ writes it."""
    file = platform.gateway.directory / "prompts" / f"routing-{USE_CASE}.json"
    told = {"change": "chg-1", "weight": percent, "at": datetime.now(UTC).isoformat()}
    spare = file.with_suffix(".new")
    spare.write_text(json.dumps(told))
    spare.replace(file)


def served(platform: Platform) -> list[float]:
    return [server.counted("vllm:request_success_total") for server in platform.servers]


def until_tried(platform: Platform, *, tried: bool) -> None:
    """Wait until the candidate gets some of the requests, or none."""
    deadline = time.monotonic() + REFRESHED
    while time.monotonic() < deadline:
        before = served(platform)[2]
        for _ in range(12):
            assert platform.gateway.ask(letter(platform, max_tokens=2)).status == 200
        if (served(platform)[2] > before) == tried:
            return
        time.sleep(2)
    raise AssertionError("the weight was not taken up")


class TestACandidateIsTriedAndTakenBack:
    """docs/runbooks/canary.md, on real servers of two versions."""

    def test_it_gets_its_share_and_then_none(self, platform: Platform) -> None:
        before = served(platform)
        assert before[2] == 0, "without a weight it gets nothing"
        weigh(platform, 40)
        until_tried(platform, tried=True)
        counts = served(platform)
        for _ in range(60):
            assert platform.gateway.ask(letter(platform, max_tokens=2)).status == 200
        grown = [after - was for after, was in zip(served(platform), counts, strict=True)]
        assert sum(grown) == 60
        # 40 of 100, of 60 draws: between 8 and 40 but once in some millions.
        assert 8 <= grown[2] <= 40
        assert f'use_case="{USE_CASE}",variant="candidate"' in platform.gateway.numbers()
        weigh(platform, 0)
        until_tried(platform, tried=False)
        counts = served(platform)
        for _ in range(30):
            assert platform.gateway.ask(letter(platform, max_tokens=2)).status == 200
        assert served(platform)[2] == counts[2]


class TestAServerThatDiesIsNotNoticed:
    """A node's end is no patient's business: who was not yet answered is answered by another server."""

    def test_both_servers_share_the_work(self, platform: Platform) -> None:
        before = served(platform)
        for _ in range(20):
            assert platform.gateway.ask(letter(platform, max_tokens=2)).status == 200
        assert all(after > was for after, was in zip(served(platform)[:2], before[:2], strict=True))

    def test_a_worker_that_falls_in_the_middle_writes_no_prompt_down(self, platform: Platform) -> None:
        """Tracebacks and dumps of an engine hold what it was at, unless they are told not to."""
        body = letter(platform, max_tokens=400)
        body.pop("response_format")
        body["messages"] = [{"role": "user", "content": f"the {WORD} of {NAME} turned. " * 20}]
        ended: list[int] = []
        asking = [threading.Thread(target=lambda: ended.append(platform.gateway.ask(body).status)) for _ in range(4)]
        first = platform.stable[0]
        for thread in asking:
            thread.start()
        deadline = time.monotonic() + 30
        while WORD.encode() not in first.tee.heard:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        time.sleep(0.3)
        os.kill(_worker(first.vllm.pid), signal.SIGKILL)
        for thread in asking:
            thread.join(120)
        assert len(ended) == 4
        first.vllm.wait(60)
        assert "EngineDeadError" in first.log or "kinds" in first.log, first.log[-3000:]
        for word in (WORD, "Hartwell", "prompt_token_ids", "[["):
            assert word not in first.log

    def test_and_callers_are_answered_by_the_other(self, platform: Platform) -> None:
        platform.stable[0].kill()
        statuses = [platform.gateway.ask(letter(platform, max_tokens=4)).status for _ in range(30)]
        assert statuses == [200] * 30

    def test_no_log_of_any_part_has_what_was_asked(self, platform: Platform) -> None:
        everything = platform.gateway.log + "".join(server.log for server in platform.servers)
        for word in ("Zebediah", "Hartwell", "00412873", WORD, "Write the letter"):
            assert word not in everything


def _worker(pid: int) -> int:
    """vLLM's worker; where one process does it all, the engine."""
    found = [pid]
    for one in found:
        for thread in Path(f"/proc/{one}/task").iterdir():
            found += [int(child) for child in (thread / "children").read_text().split()]
    named = {one: Path(f"/proc/{one}/cmdline").read_bytes() for one in found}
    for name in (b"VLLM::Worker", b"VLLM::EngineCore"):
        for one, line in named.items():
            if line.startswith(name):
                return one
    raise AssertionError(f"no worker among {named}")
