"""Change records: what lets a candidate near patients. Who approved it, by which evaluation, for how long.

One file each in `changes/`, so that a review shows one change. How a file is read is in `policies/change_form.py`; what
a record comes to in a plan, in `policies/rules/delivery.py`. A faulty file approves nothing, and fails the plan that
asks for it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from policies.change_form import Change
    from records.reading import Fault

FOLDER = Path(__file__).resolve().parent.parent / "changes"
"""Beside the stack files; in a published pack, the copy that travels in it."""
DAYS = 90
"""The longest that a change may last; what is not decided by then is asked for, evaluated and approved anew."""


@dataclass(frozen=True, kw_only=True)
class Changes:
    """The records as they were read: sound ones by id, and the faults of the rest by file."""

    records: "Mapping[str, Change]" = field(default_factory=dict)
    faults: "Mapping[str, tuple[Fault, ...]]" = field(default_factory=dict)


NONE = Changes()


def load(folder: Path | None = None) -> Changes:
    """The records of this project."""
    return _read(folder or FOLDER)


@lru_cache(maxsize=4)
def _read(folder: Path) -> Changes:
    paths = sorted(folder.glob("*.yaml"))
    if not paths:
        return NONE
    from policies.change_form import path_of, read  # most stacks try nothing
    from records.reading import Fault

    records: dict[str, Change] = {}
    faults: dict[str, tuple[Fault, ...]] = {}
    for path in paths:
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            faults[path.stem] = (Fault(path_of(path.stem), 1, f"can't be read: {error}"),)
            continue
        record, found = read(path.stem, text)
        if record is not None:
            records[path.stem] = record
        if found:
            faults[path.stem] = found
    return Changes(records=records, faults=faults)
