"""Running a drill in a test, and reading what it left."""

import json
import shlex
import sys
from itertools import takewhile
from pathlib import Path
from typing import Any

import pytest

from drill import look
from tests.cli.drill_az import FakeAz
from tests.cli.test_command import Done as Ended
from tests.cli.test_command import run

MIGRATE = "import os, sys; print({said!r}); open({log!r}, 'a').write(repr((sys.argv[1], dict(os.environ))) + '\\n')"


def migrations_say(patch: pytest.MonkeyPatch, log: Path, said: str) -> None:
    patch.setattr(look, "RUN", (sys.executable, "-c", MIGRATE.format(said=said, log=str(log))))


def drill(az: FakeAz, *words: str, stack: str = "eu-prod") -> tuple[Ended, dict[str, Any]]:
    """Run it, and read its record."""
    az.ready()
    file = az.home / "record.json"
    done = run("drill", stack, "--record", str(file), *words)
    return done, json.loads(file.read_text())


def outcomes(record: dict[str, Any]) -> dict[str, str]:
    return {step["name"]: step["outcome"] for step in record["steps"]}


def verdicts(record: dict[str, Any]) -> dict[tuple[str, str], str]:
    return {(item["dataClass"], item["objective"]): item["verdict"] for item in record["objectives"]}


def rehearsed(stack: str) -> list[list[str]]:
    steps = json.loads(run("drill", stack, "--dry-run", "--json").stdout)
    return [shlex.split(line) for step in steps for line in step["commands"] if line.startswith("az ")]


def verb(words: list[str]) -> str:
    """`storage blob show`: what comes before the options."""
    return " ".join(takewhile(lambda word: not word.startswith("-"), words))
