"""Guard 4. Every place that carries text is read by every detector, and what identifies somebody is replaced.

All texts of a request are read as one document: a name that stands in one of them is known in the others. A detector
that errs, that is late, or that has not read all of it, ends the request.
"""

import asyncio
import re
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

from msgspec.structs import replace

from model_images.gateway.guard.detectors.record_form import RecordUnreadable
from model_images.gateway.guard.exchange import Exchange
from model_images.gateway.guard.identifiers import Kind
from model_images.gateway.guard.refusal import GuardFailed, Refused
from model_images.gateway.guard.slots import Form, Slot
from model_images.gateway.guard.spans import Context, Span

GUARD = "de-identify"
BETWEEN = "\n\n"
PROVED = ("record", "pattern")
"""Detectors whose word is enough to refuse what can't be replaced: a tagger takes a tool's name for a person's."""

SURE = 0.98
"""Of a name in a text, from which on it may refuse a key: the tagger takes `Body Weight` for a person now and then."""
LONGEST_NAME = 5
"""Words of it."""
_BETWEEN_WORDS = re.compile(r"[\W_]+")

Find = Callable[[str, Context], Sequence[Span]]


@dataclass(frozen=True, slots=True)
class Placed:
    """A slot, and where its text begins in the document."""

    slot: Slot
    start: int


def document(slots: Sequence[Slot]) -> tuple[str, list[Placed]]:
    """All texts as one, each under its own key where it has one."""
    parts: list[str] = []
    placed: list[Placed] = []
    length = 0
    for slot in slots:
        text = slot.text.replace("_", " ") if slot.form is Form.FIXED else slot.text
        before = f"{slot.hint}: " if slot.hint else ""
        placed.append(Placed(slot, length + len(before)))
        parts.append(f"{before}{text}{BETWEEN}")
        length += len(parts[-1])
    return "".join(parts), placed


def spread(spans: Sequence[Span], placed: Sequence[Placed]) -> list[list[Span]]:
    """Spans of the document, as spans of the slots that they lie in; what spans two is cut at the border."""
    found: list[list[Span]] = [[] for _ in placed]
    index = 0
    for span in sorted(spans, key=lambda one: one.start):
        while index < len(placed) and placed[index].start + len(placed[index].slot.text) <= span.start:
            index += 1
        at = index
        while at < len(placed) and placed[at].start < span.end:
            begin, size = placed[at].start, len(placed[at].slot.text)
            start, end = max(span.start - begin, 0), min(span.end - begin, size)
            if (start, end) == (span.start, span.end):
                found[at].append(span)
            elif start < end:
                found[at].append(replace(span, start=start, end=end))
            at += 1
    return found


class Deidentify:
    """Runs the detectors within a deadline: off the event loop, but for short texts without a record.

    To hand those over, and to take turns with what else runs, would cost more than reading them.
    """

    def __init__(self, find: Find, executor: Executor, *, seconds: float = 2.0, at_once: int = 0) -> None:
        """`at_once`: characters up to which a text is read without ado; 0 where a detector may wait for something."""
        self._find, self._executor, self._seconds, self._at_once = find, executor, seconds, at_once

    async def spans(self, exchange: Exchange, context: Context) -> list[list[Span]]:
        """What was found, slot by slot. Raises Refused."""
        text, placed = document(exchange.slots)
        found = spread(await self.read(text, context), placed)
        named = full_names(exchange.slots, found)
        for one, spans in zip(exchange.slots, found, strict=True):
            proved = any(span.source in PROVED for span in spans)
            if one.form is Form.FIXED and (proved or names_one(one.text, named)):
                raise Refused(
                    GUARD,
                    "identifier-in-name",
                    f"{one.path}: a name or key holds an identifier, which can't be replaced there",
                    status=400,
                )
        return [[] if one.form is Form.FIXED else spans for one, spans in zip(exchange.slots, found, strict=True)]

    async def read(self, text: str, context: Context) -> Sequence[Span]:
        """What the detectors find in one text. Raises GuardFailed, which says nothing of what they met."""
        loop = asyncio.get_running_loop()
        try:
            if self._at_once and len(text) <= self._at_once and not context.record:
                begun = time.monotonic()
                found = self._find(text, context)
                late = time.monotonic() - begun > self._seconds
                return _in_time(found, late=late)
            async with asyncio.timeout(self._seconds):
                return await loop.run_in_executor(self._executor, self._find, text, context)
        except TimeoutError:
            raise GuardFailed(GUARD, "timeout") from None
        except RecordUnreadable:
            # Its words name a field, which the caller chose.
            words = "bailiwick.record: is not of a form that is read: docs/reference of the gateway, or FHIR R4"
            raise Refused(GUARD, "record", words, status=400) from None
        except Exception:  # noqa: BLE001 a detector raises what it likes, and its words repeat the text
            raise GuardFailed(GUARD) from None


def full_names(slots: Sequence[Slot], found: Sequence[Sequence[Span]]) -> frozenset[tuple[str, ...]]:
    """Names of several words that texts hold: what is somebody in a text of the request is somebody in a key of it."""
    said = (
        words(slot.text[span.start : span.end])
        for slot, spans in zip(slots, found, strict=True)
        if slot.form is Form.TEXT
        for span in spans
        if span.kind is Kind.NAME and span.score >= SURE
    )
    return frozenset(name for name in said if 1 < len(name) <= LONGEST_NAME)


def names_one(text: str, names: frozenset[tuple[str, ...]]) -> bool:
    """Whether one of them stands in it, whatever stands between its words."""
    if not names:
        return False
    held = words(text)
    return any(
        held[at : at + many] in names for many in range(2, LONGEST_NAME + 1) for at in range(len(held) - many + 1)
    )


def words(text: str) -> tuple[str, ...]:
    """In one case."""
    return tuple(filter(None, _BETWEEN_WORDS.split(text.casefold())))


def _in_time(found: Sequence[Span], *, late: bool) -> Sequence[Span]:
    if late:
        raise TimeoutError
    return found


def counts(found: Sequence[Sequence[Span]]) -> dict[Kind, int]:
    """How many of each kind."""
    made: dict[Kind, int] = {}
    for spans in found:
        for span in spans:
            made[span.kind] = made.get(span.kind, 0) + 1
    return made
