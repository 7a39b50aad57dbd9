"""Addresses that a flat gives away: what stands around `Apt. 12` is a street before it, and a town behind.

Grammar, as in `streets.py`, for streets of all countries, whose words no list has: `3657 Laukaantie 80, Suite 30`.
"""

from model_images.gateway.guard.detectors.address_lines import PLACE
from model_images.gateway.guard.detectors.lexicon import JOINING
from model_images.gateway.guard.detectors.marks import DIGITS
from model_images.gateway.guard.detectors.recurrence import SURE
from model_images.gateway.guard.detectors.words import Reading

_FLATS = ("Apt", "Apartment", "Suite", "Ste", "Flat", "Apto", "Appt", "Appartement", "Unit")
FLATS = frozenset((*_FLATS, *map(str.upper, _FLATS)))
BEFORE, BEHIND = 10, 12  # pieces
LONGEST_NUMBER = len("12345")
WITHIN = frozenset((",", ".", "\n", "-", "#", "º", "/"))


def mark_address_blocks(reading: Reading) -> None:
    """Labels the address around each numbered flat."""
    pieces = reading.pieces
    if FLATS.isdisjoint(pieces):
        return
    for found in DIGITS.finditer(reading.marks):
        at = found.start()
        unit = at - 2 if at > 1 and pieces[at - 1] in (".", "#") else at - 1
        if unit < 1 or pieces[unit] not in FLATS:
            continue
        first = _before(reading, unit)
        if first < unit:
            _mark(reading, first, _behind(reading, at))


def _before(reading: Reading, unit: int) -> int:
    """The first piece of the street before a flat: from its number on, or from its name where the number is behind."""
    pieces, first, at = reading.pieces, unit, unit - 1
    while at >= 0 and unit - at <= BEFORE:
        if _is_number(pieces[at]):
            first = at
        elif (pieces[at] == "\n" and first < unit) or not (
            _capital(reading, at) or pieces[at] in WITHIN or pieces[at].lower() in JOINING
        ):
            break
        at -= 1
    if first == unit:
        return unit
    while first and unit - first <= BEFORE and reading.labels[first - 1] == PLACE:
        first -= 1
    return first


def _behind(reading: Reading, last: int) -> int:
    """The last piece of the lines behind a flat that hold nothing but words with capitals, and numbers."""
    pieces, count, at = reading.pieces, len(reading.pieces), last + 1
    while at < count and at - last <= BEHIND:
        if pieces[at] in (",", "\n"):
            end = _part(reading, at + 1)
            if end < at + 1:
                break
            last, at = end, end + 1
        elif _is_number(pieces[at]) or _capital(reading, at):
            last, at = at, at + 1
        else:
            break
    return last


def _part(reading: Reading, first: int) -> int:
    """The last piece of a part that begins there and ends at a comma or with its line; before it where words differ."""
    pieces, at = reading.pieces, first
    while at < len(pieces) and at - first < LONGEST_NUMBER:
        if pieces[at] in (",", "\n"):
            break
        if not (_is_number(pieces[at]) or _capital(reading, at) or (at > first and pieces[at].lower() in JOINING)):
            # A town before a full stop ends the address; a line with other words in it is none of it.
            return at - 1 if pieces[at] in (".", ")") else first - 1
        at += 1
    return at - 1


def _capital(reading: Reading, at: int) -> bool:
    return reading.words[at].shape in ("X", "A", "U", "M", "G")


def _is_number(piece: str) -> bool:
    return piece[0].isdigit() and len(piece) <= LONGEST_NUMBER


def _mark(reading: Reading, first: int, last: int) -> None:
    for i in range(first, last + 1):
        reading.labels[i] = PLACE
        reading.margins[i] = max(reading.margins[i], SURE)
