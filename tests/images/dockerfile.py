"""A Dockerfile as a list of instructions, stage by stage: docs.docker.com/reference/dockerfile."""

import json
import shlex
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Instruction:
    """One, with its flags apart; `exec` holds the list where it is written as one."""

    word: str
    flags: dict[str, str]
    rest: str

    @property
    def exec(self) -> list[str] | None:
        """The exec form; None where a shell would read it."""
        try:
            found = json.loads(self.rest)
        except ValueError:
            return None
        return found if isinstance(found, list) else None

    @property
    def words(self) -> list[str]:
        """Its arguments."""
        return shlex.split(self.rest)


@dataclass
class Stage:
    """From one FROM to the next."""

    image: str
    name: str
    instructions: list[Instruction] = field(default_factory=list)

    def of(self, *words: str) -> list[Instruction]:
        """Instructions of these kinds."""
        return [one for one in self.instructions if one.word in words]


def read(path: Path) -> tuple[list[str], list[Stage]]:
    """Its comments, and its stages."""
    comments, stages = [], []
    logical = ""
    for line in path.read_text().splitlines():
        if line.lstrip().startswith("#"):
            comments.append(line.lstrip("# "))
            continue
        logical += line.removesuffix("\\")
        if line.endswith("\\") or not logical.strip():
            continue
        instruction = _instruction(logical.strip())
        logical = ""
        if instruction.word == "FROM":
            image, _, name = instruction.rest.partition(" AS ")
            stages.append(Stage(image, name))
        else:
            stages[-1].instructions.append(instruction)
    return comments, stages


def _instruction(line: str) -> Instruction:
    word, _, rest = line.partition(" ")
    flags = {}
    while rest.startswith("--"):
        flag, _, rest = rest.partition(" ")
        name, _, value = flag.removeprefix("--").partition("=")
        flags[name] = value
    return Instruction(word.upper(), flags, rest.strip())
