"""Which breakers stand open, where it outlives a pod and every replica sees it: beside the audit log's anchors.

What lies there is written once, and no identity of the gateway can change or delete it. So an opening is a blob, and a
closing is another: the person's signed order, which each gateway verifies for itself. What anybody else adds as a
closing closes nothing. An opening holds a tenant, an application's id and numbers; no patient.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from audit_log.note import Verifier
from model_images.gateway.guard import volume_order
from model_images.gateway.guard.audit.anchor import Store
from model_images.gateway.guard.volume_order import OPENING, BadOrder, Order
from model_images.gateway.guard.volume_state import FORMAT, BadState, Opening

OPENED, CLOSED = "opened", "closed"


@dataclass(frozen=True)
class _Kept:
    opening: Opening
    format: str


class Shared:
    """The openings and closings of one stack. Raises what its store raises."""

    def __init__(self, store: Store, stack: str, operators: Sequence[Verifier]) -> None:
        """`stack`: as the audit log's origins begin."""
        # No pod's name has a dot, so no origin of a log begins as this does.
        self._store, self._prefix, self._operators = store, f"{stack}/volume.breakers/", tuple(operators)
        self._openings: dict[str, Opening] = {}
        self._closings: dict[str, Order] = {}
        self._useless: set[str] = set()

    async def refresh(self) -> None:
        """Read what is new there. Raises StoreUnavailable; BadState for an opening that can't be read."""
        names = [name.removeprefix(self._prefix) for name in await self._store.names(self._prefix)]
        # Closings first: what a person closed need not be read, whatever became of it.
        for name in names:
            if name.startswith(f"{CLOSED}/") and name not in self._useless:
                await self._closing(name)
        for name in names:
            known = name.removeprefix(f"{OPENED}/").removesuffix(".json")
            if name.startswith(f"{OPENED}/") and known not in self._closings and known not in self._openings:
                self._openings[known] = await self._opening(name, known)

    @property
    def open(self) -> Sequence[Opening]:
        """What stands open."""
        return [opening for known, opening in self._openings.items() if known not in self._closings]

    def closed(self, opening: str) -> Order | None:
        """The order by which one was closed."""
        return self._closings.get(opening)

    async def opens(self, opening: Opening) -> None:
        """Put it there once. Raises StoreUnavailable, StoreConflict."""
        if opening.id in self._openings:
            return
        raw = msgspec.json.encode(_Kept(opening, FORMAT))
        await self._store.put(f"{self._prefix}{OPENED}/{opening.id}.json", raw)
        self._openings[opening.id] = opening

    async def closes(self, order: Order, note: str) -> None:
        """Put it there; again is fine. Raises StoreUnavailable, StoreConflict."""
        raw = note.encode()
        # By its content: whoever put something else there first has not taken the name.
        digest = hashlib.sha256(raw).hexdigest()
        await self._store.put(f"{self._prefix}{CLOSED}/{order.opening}/{digest}{volume_order.SUFFIX}", raw)
        self._closings[order.opening] = order

    async def _closing(self, name: str) -> None:
        opening = name.split("/")[1]
        if opening in self._closings:
            return
        raw = await self._store.get(self._prefix + name)
        try:
            # Not by its time: it was followed while it held.
            order = volume_order.read(name, raw.decode("utf-8", "replace"), self._operators)
        except BadOrder:
            order = None
        if order is None or order.opening != opening:
            self._useless.add(name)
        else:
            self._closings[opening] = order

    async def _opening(self, name: str, known: str) -> Opening:
        try:
            kept = msgspec.json.decode(await self._store.get(self._prefix + name), type=_Kept)
        except (msgspec.MsgspecError, ValueError):
            raise BadState(f"{name} can't be read: nobody knows what stands open") from None
        if kept.format != FORMAT or kept.opening.id != known or not OPENING.fullmatch(known):
            raise BadState(f"{name} is not of format {FORMAT}")
        return kept.opening
