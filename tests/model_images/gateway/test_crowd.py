"""Thousands of requests at once: none is lost, none answers another's question, every one is written down."""

import asyncio
import json
import re
import ssl
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import aiohttp
import pytest

from tests.model_images.gateway.credentials import CALLER, HOST
from tests.model_images.gateway.test_streams import records
from tests.model_images.gateway.test_tenants import tenant
from tests.model_images.gateway.test_tenants import token as token_of
from tests.model_images.gateway.world import ROOT, USE_CASE, World, gateway

MANY = 2_000
CONNECTIONS = 500
TENANTS = ("north", "south")


@pytest.fixture(scope="module")
def crowded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A gateway with two tenants, and a model that takes its time."""
    limits = {"bytes": 1 << 40, "patients": 10**6, "reidentified": 10**7}
    with gateway(
        tmp_path_factory.mktemp("crowd"),
        tenants={name: tenant(name, requestsPerMinute=10**6) for name in TENANTS},
        models={},
        volume={"caller": limits, "tenant": limits},
    ) as found:
        found.model.pause = 0.002
        yield found


def question(number: int) -> str:
    """Of which the model sees a marker, and the caller his number."""
    return f"Patient MRN: 7{number:07d} of ward {number % 7} asks for an appointment."


BUSY = ('"code":"route.model-busy"', '"code":"audit.timeout"')
"""On a machine that others use, the model here may accept more slowly than Envoy waits, and the disk may take longer
than the log waits: callers are told, and ask again."""


@dataclass
class Crowd:
    """What each got, by its number, empty where it got nothing; and how often one was told to ask again."""

    got: list[str]
    again: int = 0


async def crowd(world: World) -> Crowd:
    """All of them, to the end."""
    context: ssl.SSLContext = world.context(world.caller)
    tokens = [token_of(world, TENANTS[number % 2], azp=CALLER[:-1] + f"{number:x}") for number in range(8)]
    found = Crowd([""] * MANY)
    got = found.got

    async def one(session: aiohttp.ClientSession, number: int) -> None:
        for _ in range(30):
            await once(session, number)
            if not any(code in got[number] for code in BUSY):
                return
            found.again += 1
            await asyncio.sleep(2)

    async def once(session: aiohttp.ClientSession, number: int) -> None:
        headers = {"authorization": f"Bearer {tokens[number % 8]}"}
        messages = [{"role": "user", "content": question(number)}]
        body = {"model": USE_CASE, "messages": messages, "stream": number % 3 == 0}
        url = f"https://127.0.0.1:{world.port}/v1/chat/completions"
        async with session.post(url, json=body, headers=headers, server_hostname=HOST) as answer:
            text = await answer.text()
            if answer.status != 200:
                got[number] = f"{answer.status} {text[:200]}"
            elif number % 3 == 0:
                data = [line[6:] for line in text.splitlines() if line.startswith("data: ")]
                chunks = [json.loads(line) for line in data if line != "[DONE]"]
                got[number] = "".join(c["choices"][0]["delta"].get("content") or "" for c in chunks if c["choices"])
                got[number] += "" if data[-1] == "[DONE]" else " (cut)"
            else:
                got[number] = json.loads(text)["choices"][0]["message"]["content"]

    connector = aiohttp.TCPConnector(ssl=context, limit=CONNECTIONS)
    timeout = aiohttp.ClientTimeout(total=240)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:
        await asyncio.gather(*(one(session, number) for number in range(MANY)))
    return found


@pytest.fixture(scope="module")
def came(crowded: World) -> Crowd:
    """One crowd for all that is asked of it."""
    return asyncio.run(crowd(crowded))


@pytest.fixture
def got(came: Crowd) -> list[str]:
    return came.got


class TestNobodyIsLostAndNothingIsMixed:
    """By number, so that one answer in another's place shows."""

    def test_each_gets_its_own(self, got: list[str]) -> None:
        wrong = {number: text for number, text in enumerate(got) if text != question(number)}
        assert wrong == {}

    def test_the_model_saw_each_once_and_no_number(self, crowded: World, came: Crowd) -> None:
        # Who was refused before the model was asked is not in it, who was refused after is.
        assert MANY <= len(crowded.model.seen) <= MANY + came.again
        assert not any(f"7{number:07d}".encode() in b"".join(crowded.model.seen) for number in range(0, MANY, 97))

    def test_no_marker_was_given_twice(self, crowded: World, got: list[str]) -> None:
        texts = [body["messages"][-1]["content"] for body in crowded.model.bodies]
        # Markers are drawn for a conversation: of 400 million, two of two thousand are alike once in 200 runs.
        assert len({text.split(" of ward")[0] for text in texts}) >= MANY - 3

    def test_each_is_written_down_from_beginning_to_end(self, crowded: World, came: Crowd) -> None:
        phases = [(one["request"], one["phase"]) for one in records(crowded)]
        assert 2 * MANY <= len(phases) == len(set(phases)) <= 2 * (MANY + came.again)

    def test_and_the_log_is_whole(self, crowded: World, got: list[str]) -> None:
        key = re.search(r'signed by ([^\s"]+)', crowded.log)
        assert key is not None
        verified = subprocess.run(
            [sys.executable, "-m", "cli.main", "audit", "verify", str(crowded.state / "audit"), "--key", key[1]],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert verified.returncode == 0, verified.stdout + verified.stderr
