"""Lines of an address that no word of a street gives away: a town by its postcode, a street by its number.

Grammar, as in `streets.py`; it judges only words that have a capital, and takes a name for a place where one stands.
"""

import re
from collections.abc import Sequence

from model_images.gateway.guard.detectors import dictionary
from model_images.gateway.guard.detectors.house_numbers import numberless
from model_images.gateway.guard.detectors.lexicon import JOINING, STREET_BEFORE, UNITS
from model_images.gateway.guard.detectors.marks import ADDRESS_WORDS, ADDRESSES, BEFORE_A_NUMBER, DIGIT, NUMBERLESS
from model_images.gateway.guard.detectors.recurrence import SURE
from model_images.gateway.guard.detectors.words import Reading

PLACE = 2
NEAR = 8  # pieces before a postcode among which a place makes an address of it
LONGEST = 4  # words of a town's or a street's name
NOT_OF_STREETS = frozenset(("ip", "mac", "mail", "e-mail", "email", "web", "url", "memory"))
"""`IP address: …` is of another kind."""
MOST_OF_A_LINE = 18  # pieces
ENDS_A_LINE = frozenset(("\n", ";", "|", '"', "}", "]"))


def mark_address_lines(reading: Reading) -> None:
    """Labels what an address's label announces, towns beside postcodes, and numbered lines."""
    pieces, marks = reading.pieces, reading.marks
    for found in ADDRESS_WORDS.finditer(marks):
        at = found.start()
        if not marks[at] & DIGIT:
            lower = pieces[at].lower()
            if lower in NUMBERLESS:
                _numberless(reading, at)
            elif lower in ADDRESSES:
                _labelled(reading, at)
            continue
        size = len(pieces[at])
        if size >= len("12345") and is_postcode(pieces[at]):
            _street_before(reading, at)
            _town_before(reading, at)
            _town_after(reading, at)
            _alone(reading, at)
        if size <= len("12345") and (not at or marks[at - 1] & BEFORE_A_NUMBER):
            _numbered(reading, at)


def is_postcode(piece: str) -> bool:
    """Five digits, or five and four: shorter ones are years and values, and have patterns of their own."""
    return len(piece) in (len("12345"), len("12345-6789")) and piece[:5].isdigit() and piece[-4:].isdigit()


def is_house_number(piece: str) -> bool:
    """At most four digits, or two such numbers: `58-182`, `12/14`."""
    parts = re.split(r"[-/]", piece)
    return len(parts) <= len(("from", "to")) and all(part.isdigit() and len(part) <= len("1234") for part in parts)


def is_province(piece: str) -> bool:
    """Letters of a state or a province."""
    return len(piece) == len("NY") and piece.isupper()


def _numberless(reading: Reading, at: int) -> None:
    """`Hermanos Falcó, s/n`: what was taken for somebody is a street without a number."""
    last = numberless(reading.pieces, at)
    first = at - 1
    if first >= 0 and reading.pieces[first] == ",":
        first -= 1
    if not last or first < 0 or not reading.labels[first]:
        return
    while (
        first and (reading.labels[first - 1] or reading.pieces[first - 1].lower() in JOINING) and at - first < LONGEST
    ):
        first -= 1
    while not reading.labels[first]:
        first += 1
    _mark(reading, first, last)


def _labelled(reading: Reading, at: int) -> None:
    """`Domicilio: Colonia Embajadores, 66`: the rest of the line, if it begins as an address does."""
    pieces, first = reading.pieces, at + 1
    if at and pieces[at - 1].lower() in NOT_OF_STREETS:
        return
    while first < len(pieces) and pieces[first] in (":", '"', "="):
        first += 1
    if first == at + 1 or first >= len(pieces):
        return
    if not (pieces[first][0].isdigit() or pieces[first][0].isupper() or pieces[first].lower() in STREET_BEFORE):
        return
    last = first
    while last + 1 < len(pieces) and last - first < MOST_OF_A_LINE and pieces[last + 1] not in ENDS_A_LINE:
        last += 1
    while last > first and not pieces[last][0].isalnum():
        last -= 1
    _mark(reading, first, last)


def _street_before(reading: Reading, at: int) -> None:
    """`Ramón Puga, 52. 32005 Ourense`: a name, a number, then the postcode."""
    pieces, last = reading.pieces, at - 1
    while last >= 0 and at - last < LONGEST and pieces[last] in (".", ",", "-", "(", "\n", "–"):
        last -= 1
    if last < 1 or not is_house_number(pieces[last]):
        return
    first = last - 2 if pieces[last - 1] == "," else last - 1
    if first >= 0 and reading.labels[first]:
        while (
            first
            and (reading.labels[first - 1] or pieces[first - 1].lower() in JOINING)
            and last - first < MOST_OF_A_LINE
        ):
            first -= 1
        while not reading.labels[first]:
            first += 1
        if first and reading.words[first - 1].bucket in ("TITLE", "STREET"):
            first -= 1  # "Doctor Esquerdo, 46. 28007"
        _mark(reading, first, last)


def _town_before(reading: Reading, at: int) -> None:
    """`South Trevor, MA 57343`, `Zamora, 23388`."""
    pieces, last = reading.pieces, at - 1
    stated = last >= 0 and is_province(pieces[last])
    last -= stated
    comma = last >= 0 and pieces[last] == ","
    last -= comma
    first = last
    while first >= 0 and last - first < LONGEST and _capital(reading, first):
        first -= 1
    if first < last and (stated or (comma and _named(reading, first + 1, last))):
        _mark(reading, first + 1, last)


def _town_after(reading: Reading, at: int) -> None:
    """`27014, Corteolona`, `94300 Vincennes`."""
    first = at + 2 if at + 1 < len(reading.pieces) and reading.pieces[at + 1] == "," else at + 1
    last = _run(reading, first)
    if last >= first and _named(reading, first, last):
        _mark(reading, first, last)


def _alone(reading: Reading, at: int) -> None:
    """A postcode that ends its line, with a place shortly before it: under an address, or behind a country."""
    pieces, count = reading.pieces, len(reading.pieces)
    ended = at + 1 == count or pieces[at + 1] == "\n"
    beside = at and (pieces[at - 1] == "\n" or pieces[at - 1][0].isupper())
    if ended and beside and PLACE in reading.labels[max(0, at - NEAR) : at]:
        _mark(reading, at, at)


def _numbered(reading: Reading, at: int) -> None:
    """`4 Haynes Shoals` on a line, or in a list of lines; and `Flat 6` on the line before."""
    pieces = reading.pieces
    last = _run(reading, at + 1)
    ended = last + 1 == len(pieces) or pieces[last + 1] in "\n,"
    if last <= at + 1 or not ended or not any(reading.labels[at + 1 : last + 1]):
        return
    first = at
    if at > 2 and pieces[at - 1] in "\n," and pieces[at - 2][0].isdigit() and pieces[at - 3].lower() in UNITS:
        first = at - 3
    _mark(reading, first, last)


def _run(reading: Reading, first: int) -> int:
    """The last of the words with a capital from `first` on, and small ones between them; before `first` if none is."""
    at = last = first - 1
    while at + 1 < len(reading.pieces) and at + 1 - first < LONGEST:
        at += 1
        if _capital(reading, at):
            last = at
        elif last < first or reading.pieces[at].lower() not in JOINING:
            break
    return last


def _capital(reading: Reading, at: int) -> bool:
    return reading.words[at].shape not in ("", "x", "y", "I")


def _named(reading: Reading, first: int, last: int) -> bool:
    """Whether one of the words was judged a name, or is no common word."""
    return any(
        bool(reading.labels[i]) or (reading.words[i].shape != "" and not dictionary.common(reading.words[i].facts))
        for i in range(first, last + 1)
    )


def _mark(reading: Reading, first: int, last: int) -> None:
    for i in range(first, last + 1):
        reading.labels[i] = PLACE
        reading.margins[i] = max(reading.margins[i], SURE)


def with_postcode(pieces: Sequence[str], first: int, last: int, labels: Sequence[int] | None = None) -> tuple[int, int]:
    """The postcode on either side of a town, and the letters beside it: `NY 10027`, `00184 Roma (RM)`.

    A postcode that another place follows is that one's.
    """
    count = len(pieces)
    before = first - 2 if first > 1 and pieces[first - 1] == "," else first - 1
    if before >= 0 and is_postcode(pieces[before]):
        if last + 3 < count and pieces[last + 1] == "(" and pieces[last + 3] == ")" and is_province(pieces[last + 2]):
            last += 3
        return before, last
    if before > 0 and len(pieces[before]) == 3 and pieces[before].isdigit() and pieces[before - 1].isdigit():
        return (before - 1 if len(pieces[before - 1]) == len("92") else first), last  # 92 100, as the French dictate it
    k = last + 2 if last + 1 < count and pieces[last + 1] == "," else last + 1
    if k + 1 < count and is_province(pieces[k]) and is_postcode(pieces[k + 1]):
        last = k + 1
    elif k < count and is_postcode(pieces[k]) and not (labels and k + 1 < count and labels[k + 1]):
        last = k
    return first, last
