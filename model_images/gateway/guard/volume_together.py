"""What the other replicas have let through, so that a ceiling holds for all together and not at each.

Each tells the database every few seconds what it counted, and hears what the others did. Between two times a ceiling
can be passed by what goes through in those seconds; and a patient who is new at two replicas then is counted twice.
A replica that hears nothing for a minute lets through its part of the ceiling, and refuses from there: no breaker opens
for an outage, and the ceiling holds all the same.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from model_images.gateway.guard.database import Connected, Database
from model_images.gateway.guard.refusal import Refused
from model_images.gateway.guard.volume_window import MINUTES, Measure, Window

UNHEARD_SECONDS = 60.0
TOLD = "SELECT * FROM token_vault.volumes($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
FORGET = "SELECT token_vault.forget_volume($1, $2, $3)"
LATE_MINUTES = 1
"""After an opening, what went through elsewhere until it was heard of there belongs to it."""


@dataclass(frozen=True)
class Others:
    """Of one caller or tenant, what the others have seen and this one has not."""

    bytes: int
    reidentified: int
    patients: int


class Together:
    """The exchange with the other replicas, over the database. Belongs to the gateway's loop."""

    def __init__(
        self, database: Database, replica: str, replicas: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`replica`: this one's name; `replicas`: the most that there may be."""
        self._database, self._replica, self._replicas, self._clock = database, replica[:63], replicas, clock
        self._others: Mapping[str, Others] = {}
        self._told: dict[tuple[str, int], tuple[int, int]] = {}
        self._told_patients: dict[tuple[str, str], int] = {}
        self._closed: dict[str, int] = {}
        self._heard = -UNHEARD_SECONDS - 1 + clock()

    def total(self, scope: str, measure: Measure, own: int, ceiling: int) -> int:
        """Of all replicas, in the last hour. Raises Refused where nobody knows, and this one's part is used up."""
        if self._clock() - self._heard > UNHEARD_SECONDS:
            if own > ceiling // self._replicas:
                raise Refused(
                    "volume", "unseen", "What other replicas let through could not be read for a minute.", status=503
                )
            return own
        others = self._others.get(scope)
        return own + int(getattr(others, measure.value)) if others is not None else own

    async def exchange(self, windows: Mapping[str, Window], minute: int) -> None:
        """Tell what is new here, and hear of the others. Raises DatabaseUnavailable: it is told next time."""
        for scope, until in list(self._closed.items()):
            await self._database.ask(partial(_forget, scope, until))
            del self._closed[scope]
        before = minute - MINUTES
        counts = [
            (scope, at, size, back)
            for scope, window in windows.items()
            for at, (size, back) in window.minutes.items()
            if at > before and self._told.get((scope, at)) != (size, back)
        ]
        patients = [
            (scope, patient, at)
            for scope, window in windows.items()
            for patient, at in window.patients.items()
            if at > before and self._told_patients.get((scope, patient)) != at
        ]
        held = {scope: sum(at > before for at in window.patients.values()) for scope, window in windows.items()}
        told = [
            *_columns([(*scope.split("/", 1), at, size, back) for scope, at, size, back in counts], 5),
            *_columns([(*scope.split("/", 1), bytes.fromhex(patient), at) for scope, patient, at in patients], 4),
        ]
        found = await self._database.ask(lambda connection: connection.fetch(TOLD, self._replica, minute, *told))
        self._told |= {(scope, at): (size, back) for scope, at, size, back in counts}
        self._told_patients |= {(scope, patient): at for scope, patient, at in patients}
        self._told = {key: value for key, value in self._told.items() if key[1] > before}
        self._told_patients = {key: at for key, at in self._told_patients.items() if at > before}
        self._others = {
            f"{tenant}/{caller}": Others(size, back, max(0, all_patients - held.get(f"{tenant}/{caller}", 0)))
            for tenant, caller, size, back, all_patients in found
        }
        self._heard = self._clock()

    def forget(self, scope: str, opened: float) -> None:
        """A person has looked at what led to an opening. The database is told with the next exchange."""
        self._closed[scope] = int(opened // 60) + LATE_MINUTES
        self._others = {name: others for name, others in self._others.items() if name != scope}
        self._told = {key: value for key, value in self._told.items() if key[0] != scope}
        self._told_patients = {key: value for key, value in self._told_patients.items() if key[0] != scope}


async def _forget(scope: str, until: int, connection: Connected) -> None:
    await connection.execute(FORGET, *scope.split("/", 1), until)


def _columns(rows: Sequence[tuple[object, ...]], width: int) -> list[list[object]]:
    return [list(column) for column in zip(*rows, strict=True)] or [[] for _ in range(width)]
