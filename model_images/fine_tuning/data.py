"""Training data: out of the training store's mount and from nowhere else, one record of each subject.

Epsilon is counted by record. With one record of each patient it is a patient's; so a second one is refused, and not
dropped, which would be a choice that nobody made.
"""

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec

STORE = Path("/mnt/training")
"""Where the training store is mounted; components/model_store.py has it apart from patients' stores."""
VARIABLE = "BAILIWICK_TRAINING_STORE"
"""Another mount; it stands in the record."""
LEAST_RECORDS = 8
MOST_BYTES = 2**30


class BadData(ValueError):
    """Data that are not to be trained on; the message holds no content of theirs."""


class Record(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One line."""

    subject: str
    """Whose it is, as a pseudonym; not trained on."""
    text: str


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """What was read."""

    path: Path
    store: Path
    sha256: str
    """Of the file's bytes."""
    texts: tuple[str, ...]

    @property
    def population(self) -> str:
        """The folder of the store in which it lies: all trainings on data of one folder are counted together."""
        return self.path.relative_to(self.store).parts[0]

    @property
    def name(self) -> str:
        """Its path in the store."""
        return self.path.relative_to(self.store).as_posix()


def store(environment: Mapping[str, str] | None = None) -> Path:
    """The mount that data may come from."""
    found = (os.environ if environment is None else environment).get(VARIABLE)
    return Path(found) if found else STORE


def read(path: Path, root: Path) -> Dataset:
    """JSON lines of `subject` and `text` that lie in the store. Raises BadData."""
    inside, real = root.resolve(), path.resolve()
    if not root.is_absolute() or inside == Path("/") or not real.is_relative_to(inside) or real == inside:
        raise BadData(f"{path} does not lie in the training store ({inside}): nothing else is trained on")
    if real.parent == inside:
        raise BadData(
            f"{path} lies in no population's folder; who is in it shares a budget of privacy with that folder"
        )
    if not real.is_file():
        raise BadData(f"{path} is no file in the training store")
    if real.stat().st_size > MOST_BYTES:
        raise BadData(f"{path} has more than {MOST_BYTES} bytes")
    raw = real.read_bytes()
    subjects: dict[str, int] = {}
    texts: list[str] = []
    faults: list[str] = []
    for number, line in enumerate(raw.splitlines(), 1):
        if not line.strip():
            continue
        try:
            record = msgspec.json.decode(line, type=Record)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            # Its own words may repeat the line.
            faults.append(f"line {number}: is not an object of `subject` and `text`")
            continue
        if not record.text.strip() or not record.subject.strip():
            faults.append(f"line {number}: subject or text is empty")
        elif record.subject in subjects:
            faults.append(f"line {number}: a second record of the subject of line {subjects[record.subject]}")
        subjects.setdefault(record.subject, number)
        texts.append(record.text)
    if len(texts) < LEAST_RECORDS:
        faults.append(f"has {len(texts)} records; {LEAST_RECORDS} at least")
    if faults:
        more = f"\n… and {len(faults) - 20} more" if len(faults) > 20 else ""
        raise BadData("\n".join(f"{path}: {fault}" for fault in faults[:20]) + more)
    return Dataset(path=real, store=inside, sha256=hashlib.sha256(raw).hexdigest(), texts=tuple(texts))
