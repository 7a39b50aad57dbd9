"""What a stack serves, held against the records: what the rules will refuse, and what ends soon."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from records.lifecycle import path_for
from records.lives import Lives

SOON_DAYS = 60
"""An evaluation, two signatures and a window for a change take weeks."""


@dataclass(frozen=True, kw_only=True)
class Remark:
    """One thing to say of a version that a stack serves."""

    kind: Literal["refused", "soon"]
    path: str
    words: str


def remarks(
    known: Lives, stack: str, use_case: str, version: Mapping[str, str], *, floor: float, today: date
) -> Iterator[Remark]:
    """Of what is served. `version`: as `records.shown` has it; `floor`: the use case's accuracyFloor."""
    path = path_for(stack, use_case, version["model"], version["revision"], version["promptVersion"])
    if path in known.faults:
        yield from (Remark(kind="refused", path=path, words=fault.words) for fault in known.faults[path])
        return
    life = known.find(stack, use_case, version)
    if life is None:
        yield Remark(kind="refused", path=path, words="is served, and has no record")
        return
    now = life.standing
    if (life.model.sha256, life.prompt.sha256) != (version["modelSha256"], version["promptSha256"]):
        yield Remark(kind="refused", path=path, words="is of another content than what is served: a checksum differs")
    if now.state != "active":
        yield Remark(kind="refused", path=path, words=f"is {now.state}; what is served is active")
    if now.evaluation is not None and now.evaluation.accuracy < floor:
        words = f"was measured at {now.evaluation.accuracy:g}; the floor is {floor:g}"
        yield Remark(kind="refused", path=path, words=words)
    if not now.in_time(today):
        yield Remark(kind="refused", path=path, words=f"may be served until {now.expires}")
    elif now.expires is not None and now.expires - today <= timedelta(days=SOON_DAYS):
        words = f"may be served until {now.expires}: evaluate it, and have it approved anew"
        yield Remark(kind="soon", path=path, words=words)
