"""Labels of words made spans: parts of one name joined, a street with its number, a facility with its kind."""

import math

from model_images.gateway.guard.detectors.address_lines import with_postcode
from model_images.gateway.guard.detectors.house_numbers import numberless, tail
from model_images.gateway.guard.detectors.lexicon import CONJUNCTIONS, JOINING, LINKS, MODIFIERS, PARTICLES
from model_images.gateway.guard.detectors.marks import LABELLED
from model_images.gateway.guard.detectors.words import Reading
from model_images.gateway.guard.identifiers import Kind
from model_images.gateway.guard.spans import Span

NAME, PLACE = 1, 2
BETWEEN = 3  # pieces at most between two words of one name
KINDS = ("FACILITY", "STREET", "LANDMARK")
HEADS = ("FACILITY", "LANDMARK")
"""Classes of words that say what sort of place it is, before its name: `Hospital de la Santa Creu`, `lac d'Annecy`."""
MARKS = ".-'’/"
AND = frozenset(("and", "e", "et", "und", "y"))
CAPITALISED = ("X", "M", "A", "U", "G")
BEFORE_PARTICLE = ("TITLE", "KIN", "^")


def spans(reading: Reading) -> list[Span]:
    """Runs of one label as spans."""
    found: list[Span] = []
    beyond = 0
    while (labelled := LABELLED.search(reading.labels, beyond)) is not None:
        i = labelled.start()
        j, beyond = _last(reading, i)
        start, end = _bounds(reading, i, j, beyond)
        if not _is_nothing(reading, i, j, start, end):
            kind = Kind.NAME if reading.labels[i] == NAME else Kind.PLACE
            surest = max(-30.0, min(30.0, max(reading.margins[i : j + 1])))
            found.append(Span(start, end, kind, "tagger", score=1 / (1 + math.exp(-surest))))
        beyond = j + 1
    return found


def _next(reading: Reading, i: int, j: int) -> int:
    """The next piece behind a run that does not merely join it to what follows.

    `and` stands between two names, and between two towns; but within a street or a hospital.
    """
    pieces, labels, k = reading.pieces, reading.labels, j + 1
    if k >= len(pieces) or labels[k] or not (pieces[k] in MARKS or pieces[k].lower() in JOINING):
        return k
    between = CONJUNCTIONS
    if labels[j] == PLACE:
        between = frozenset() if any(word.bucket in KINDS for word in reading.words[i:k]) else AND
    while k < len(pieces) and k - j <= BETWEEN and not labels[k]:
        lower = pieces[k].lower()
        if lower not in MARKS and (lower not in JOINING or lower in between):
            break
        k += 1
    return k


def _last(reading: Reading, i: int) -> tuple[int, int]:
    """The last piece of a run, and the next behind it."""
    j = i
    while (k := _next(reading, i, j)) < len(reading.pieces) and reading.labels[k] == reading.labels[i]:
        j = k
    return j, k


def _bounds(reading: Reading, i: int, j: int, k: int) -> tuple[int, int]:
    first, last = i, j
    if reading.labels[i] == PLACE:
        first, last = _with_number(reading, *_with_kind(reading, i, j))
    elif i and reading.pieces[i - 1].lower() in PARTICLES and (i < 2 or reading.words[i - 2].bucket in BEFORE_PARTICLE):
        first = i - 1
    if k > j + 1 and k < len(reading.pieces) and reading.labels[k] and reading.pieces[j + 1].lower() in JOINING:
        # A name and a place with "de" between them were one of either; which matters less than the word between.
        last = max(last, j + 1)
    return reading.starts[first], reading.end(last)


def _with_kind(reading: Reading, first: int, last: int) -> tuple[int, int]:
    """The word for what it is goes with it: `rue de la` before, `Hospital` or `Street` behind."""
    words, pieces = reading.words, reading.pieces
    back = first
    while back and first - back < BETWEEN and pieces[back - 1].lower() in JOINING:
        back -= 1
    if back and words[back - 1].bucket == "STREET" and pieces[back - 1][0].isalpha():
        first = back - 1
    elif back > 1 and pieces[back - 1] == "." and words[back - 2].bucket == "STREET":
        first = back - 2
    ahead = last
    while ahead + 1 < len(pieces) and ahead - last < BETWEEN and words[ahead + 1].shape in CAPITALISED:
        ahead += 1
        if words[ahead].bucket in KINDS:
            last = ahead  # Feather River Family Clinic
    return _head(reading, first), last


def _head(reading: Reading, first: int) -> int:
    """The first of the words for what it is: `Complejo Hospitalario de Vigo`, `parc naturel de la Brenne`."""
    words, pieces = reading.words, reading.pieces
    back = first
    while back and first - back < BETWEEN and pieces[back - 1].lower() in LINKS:
        back -= 1
    if back > 1 and pieces[back - 1] == "." and words[back - 2].bucket in HEADS:
        back -= 1  # "Mt. Zion"
    head, k = first, back
    while k and back - k < BETWEEN and (words[k - 1].bucket in HEADS or pieces[k - 1].lower() in MODIFIERS):
        k -= 1
        if words[k].bucket in HEADS:
            head = k
    return head


def _with_number(reading: Reading, first: int, last: int) -> tuple[int, int]:
    """The house number on either side of a street; the postcode."""
    pieces, count = reading.pieces, len(reading.pieces)
    if any(word.bucket in ("STREET", "STREETY") for word in reading.words[first : last + 1]):
        if first > 1 and pieces[first - 1] == "," and pieces[first - 2][0].isdigit():
            first -= 2
        elif first and pieces[first - 1][0].isdigit():
            first -= 1
        for k in range(last + 1, min(last + 4, count) if not any(pieces[k][0].isdigit() for k in (first, last)) else 0):
            if pieces[k][0].isdigit():
                if len(pieces[k]) >= len("12345"):
                    break  # a postcode
                # 17b is two pieces.
                lettered = k + 1 < count and len(pieces[k + 1]) == 1 and pieces[k + 1].isalpha()
                last = k + 1 if lettered and reading.starts[k + 1] == reading.end(k) else k
                last = tail(pieces, last)
                break
            if pieces[k] not in ".,#" and pieces[k].lower() not in ("nº", "no", "n", "s"):
                break
    last = max(last, numberless(pieces, last + 1))
    last += last + 1 < count and pieces[last + 1].lower() == "cedex"
    if pieces[last].lower() == "cedex" and last + 1 < count and _is_office(pieces[last + 1]):
        last += 1
    return with_postcode(pieces, first, last, reading.labels)


def _is_office(piece: str) -> bool:
    """Number of a post office that delivers to firms: `Paris Cedex 14`."""
    return piece.isdigit() and len(piece) <= len("14")


def _is_nothing(reading: Reading, i: int, j: int, start: int, end: int) -> bool:
    """A letter alone, without a full stop, is a value or a grade; `St` alone is a status, `the clinic` no place."""
    found = reading.text[start:end]
    if (len(found) <= len("X.") and found[-1] != "." and reading.words[i].shape == "I") or found in ("St", "ST"):
        return True
    return reading.words[i].shape in ("y", "U") and all(
        word.bucket in KINDS for word in reading.words[i : j + 1] if word.shape and word.bucket != "PARTICLE"
    )
