"""What has been spent of a population's privacy, by every training on its data: a folder of entries, each written once.

A population is the folder of the training store in which a data set lies: whoever is in two sets of one folder pays for
both, so what is counted is all trainings there together. Each entry is a file of its own that holds the SHA-256 of the
one before. It is written whole beside its place and linked there, which fails where somebody else was first: of two
trainings at once the second reads again, and decides again.

A training is written down before its first step. One that breaks off has spent what it was going to: losses were shown,
and nobody can say what else went out.
"""

import hashlib
import math
import os
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import msgspec

FORMAT = "bailiwick-privacy-ledger/1"
FIRST = "0" * 64
"""What the first entry holds in place of a hash."""
POPULATION = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_NAME = re.compile(r"(\d{6})\.json")


class Damaged(ValueError):
    """The ledger is none, or somebody has changed it; nothing is trained on it."""


class TooMuch(ValueError):
    """It would cost more than is allowed, nobody has allowed anything, or delta says nothing."""


class _Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="entry"):
    """What every entry has."""

    format: str = FORMAT
    population: str
    number: int
    previous: str
    """SHA-256 of the entry before, as its file has it."""
    at: str
    """UTC."""
    by: str


class Budget(_Entry, frozen=True, tag="budget"):
    """What all trainings together may cost from here on. The first entry is one."""

    epsilon: float
    delta: float
    why: str


class Spent(_Entry, frozen=True, tag="spent"):
    """One training, as it was about to begin."""

    adapter: str
    dataset: str
    """Its path in the training store."""
    dataset_sha256: str
    records: int
    noise_multiplier: float
    sample_rate: float
    steps: int
    epsilon: float
    """Of this training by itself."""
    total: float
    """Of all so far and this one, composed."""
    budget: float
    """What all may come to, when it began."""
    delta: float


Entry = Budget | Spent
_E = TypeVar("_E", Budget, Spent)


@dataclass(frozen=True, kw_only=True)
class Ledger:
    """A population's entries, each held against the one before."""

    population: str
    entries: tuple[Entry, ...]
    head: str
    """SHA-256 of the last entry."""

    @property
    def budget(self) -> Budget:
        """The one in force: the last."""
        return [entry for entry in self.entries if isinstance(entry, Budget)][-1]

    @property
    def spent(self) -> tuple[Spent, ...]:
        """Every training so far."""
        return tuple(entry for entry in self.entries if isinstance(entry, Spent))

    @property
    def history(self) -> tuple[tuple[float, float, int], ...]:
        """Noise multiplier, sample rate and steps of each: what an accountant composes."""
        return tuple((one.noise_multiplier, one.sample_rate, one.steps) for one in self.spent)


def read(folder: Path, population: str) -> Ledger | None:
    """The ledger, None where there is none. Raises Damaged, and OSError where it can't be read."""
    place = _place(folder, population)
    if not place.is_dir():
        return None
    names = sorted(path.name for path in place.iterdir() if not path.name.startswith("."))
    entries: list[Entry] = []
    head = FIRST
    for number, name in enumerate(names):
        if name != f"{number:06d}.json":
            told = "is no entry's name" if _NAME.fullmatch(name) is None else f"stands where {number:06d}.json belongs"
            raise Damaged(f"{place / name} {told}")
        raw = (place / name).read_bytes()
        entries.append(_entry(place / name, raw, population, number, head))
        head = hashlib.sha256(raw).hexdigest()
    if not entries:
        return None
    if not isinstance(entries[0], Budget):
        raise Damaged(f"{place / names[0]} is no budget: nobody has said what may be spent")
    return Ledger(population=population, entries=tuple(entries), head=head)


def append(folder: Path, population: str, decide: Callable[[Ledger | None, int, str, str], _E]) -> tuple[_E, str]:
    """Write the entry that `decide` makes of what stands there, and give its SHA-256.

    Where another came first it is decided anew. `decide` gets the ledger, and the number, the hash and the time that
    the entry must have. Raises what it raises, ValueError for numbers that no training has, Damaged, OSError.
    """
    place = _place(folder, population)
    while True:
        ledger = read(folder, population)
        number, head = (len(ledger.entries), ledger.head) if ledger is not None else (0, FIRST)
        entry = decide(ledger, number, head, datetime.now(UTC).isoformat(timespec="seconds"))
        if not _sane(entry):
            raise ValueError("an entry needs numbers over 0, and probabilities under 1")
        raw = msgspec.json.format(msgspec.json.encode(entry), indent=1) + b"\n"
        place.mkdir(parents=True, exist_ok=True)
        if _linked(place, f"{number:06d}.json", raw):
            return entry, hashlib.sha256(raw).hexdigest()


def _place(folder: Path, population: str) -> Path:
    if POPULATION.fullmatch(population) is None:
        raise Damaged(f"'{population}' is no name of a population: lower-case letters, digits and single hyphens")
    return folder / population


def _entry(path: Path, raw: bytes, population: str, number: int, head: str) -> Entry:
    try:
        entry: Entry = msgspec.json.decode(raw, type=Entry)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Damaged(f"{path} can't be read: {error}") from None
    if entry.format != FORMAT:
        raise Damaged(f"{path} is of format '{entry.format}', not {FORMAT}")
    if (entry.population, entry.number) != (population, number):
        raise Damaged(f"{path} is entry {entry.number} of '{entry.population}': it was put here from elsewhere")
    if entry.previous != head:
        raise Damaged(f"{path} does not follow the entry before it, which was changed or replaced")
    if not _sane(entry):
        raise Damaged(f"{path} holds a number that no training has")
    return entry


def _sane(entry: Entry) -> bool:
    if isinstance(entry, Budget):
        return 0 < entry.epsilon < math.inf and 0 < entry.delta < 1
    return 0 < entry.noise_multiplier < math.inf and 0 < entry.sample_rate <= 1 and entry.steps > 0


def _linked(place: Path, name: str, raw: bytes) -> bool:
    """Whether the entry came to stand there, whole or not at all; False where one stands there already."""
    draft = place / f".{secrets.token_hex(8)}"
    try:
        with draft.open("xb") as file:
            file.write(raw)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, place / name)
        except FileExistsError:
            return False
    finally:
        draft.unlink(missing_ok=True)
    folder = os.open(place, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return True
