"""Streets: a street's word, its name, its number. Grammar more than judgement, so written down, not learnt."""

from collections.abc import Sequence

from model_images.gateway.guard.detectors.house_numbers import is_number, numberless, tail
from model_images.gateway.guard.detectors.lexicon import CLASS_OF, JOINING, STREET_AFTER, STREET_BEFORE, UNITS
from model_images.gateway.guard.detectors.marks import POST, STREET_WORDS, STREETS, WORD
from model_images.gateway.guard.detectors.recurrence import SURE
from model_images.gateway.guard.detectors.words import Reading

_IS_WORD = bytes(bool(mark & WORD) for mark in range(256))
FRACTIONS = frozenset(("bis", "ter", "quater"))
LONGEST = 5  # words of a street's name
LONGEST_SMALL = 3  # of them in small letters
NOTHING_ELSE = frozenset(
    (
        "allée", "avda", "avenida", "avenue", "boulevard", "calle", "carrer", "chemin", "impasse", "paseo", "piazza",
        "plaza", "ronda", "rua", "rue", "straße", "travesía", "viale", "vicolo",
    )
)  # fmt: skip
"""Words before a street's name that are hardly ever another: behind these, words in small letters and a number."""
JOINED_ENDINGS = ("straße", "strasse", "straat", "gracht")
"""How streets end in one word that hardly anything else ends in: `kerkstraat 9`."""


def mark_streets(reading: Reading) -> None:
    """Labels all of each street as a place."""
    at = [found.start() for found in STREET_WORDS.finditer(reading.marks)]
    if not at:
        return
    words = reading.marks.translate(_IS_WORD)
    for first, last in streets(reading.pieces, words, at):
        for i in range(first, last + 1):
            reading.labels[i] = 2
            reading.margins[i] = max(reading.margins[i], SURE)


def streets(pieces: Sequence[str], words: Sequence[int], street: Sequence[int]) -> list[tuple[int, int]]:
    """Runs of pieces, first and last, that are a street. `words`: which pieces are words; `street`: where to look."""
    found = []
    for at in street:
        lower = pieces[at].lower()
        run = _after(pieces, words, at) if lower in STREET_AFTER else None
        if lower in POST:
            run = _post(pieces, at)
        if run is None and lower in STREET_BEFORE:
            run = _before(pieces, words, at)
        if run is None and lower not in STREETS:
            run = _joined(pieces, at)
        if run is not None:
            found.append(run)
    return found


def _after(pieces: Sequence[str], words: Sequence[int], at: int) -> tuple[int, int] | None:
    """`12 Old Mill Road, Apt 4`: a number, at most five words, the street's word."""
    first = at - 1
    while first >= 0 and at - first <= LONGEST and (words[first] or pieces[first] == "."):
        first -= 1
    if first < 0 or first == at - 1 or not is_number(pieces[first]) or len(pieces[first]) > 6:
        return None
    if not pieces[at][0].isupper() and any(
        piece.lower() in ("mg", "ml", "of", "to", "the", "per") for piece in pieces[first:at]
    ):
        return None
    return first, tail(pieces, at)


def _before(pieces: Sequence[str], words: Sequence[int], at: int) -> tuple[int, int] | None:
    """`12 bis, rue de la Paix`, `Calle Mayor 3`: the street's word, its name, a number on one side of them."""
    last = _name_behind(pieces, words, at, 1)
    if last == at:
        return None
    back = at - 1
    while back >= 0 and (pieces[back] == "," or pieces[back].lower() in FRACTIONS):
        back -= 1
    if back >= 0 and is_number(pieces[back]) and len(pieces[back]) <= 9:
        return back, tail(pieces, last)
    end = _number_behind(pieces, last)
    if not end and pieces[at].lower() in NOTHING_ELSE:
        end = _number_behind(pieces, _name_behind(pieces, words, at, LONGEST_SMALL))
    return (at, end) if end else None


def _name_behind(pieces: Sequence[str], words: Sequence[int], at: int, small: int) -> int:
    """The last piece of a street's name, which begins with so many words in small letters; `at` where none is."""
    last, begun = at, False
    if (
        at + 1 < len(pieces)
        and pieces[at + 1] in ("/", ".")
        and pieces[at].lower() in ("c", "av", "avd", "avda", "ul", "ctra", "pz", "pza", "pl")
    ):
        last += 1
    while last + 1 < len(pieces) and last - at < LONGEST + 2:
        piece = pieces[last + 1]
        if piece == "." and _is_short(pieces[last]):
            last += 1
        elif piece.lower() in JOINING or (words[last + 1] and (piece[0].isupper() or small)):
            if piece.lower() not in JOINING:
                begun = True
                small = 0 if piece[0].isupper() else small - 1
            last += 1
        else:
            break
    while begun and pieces[last].lower() in JOINING:
        last -= 1
    return last if begun else at


def _number_behind(pieces: Sequence[str], last: int) -> int:
    """The last piece of what ends an address behind a street's name: a number, its doors, `s/n`; 0 where none does."""
    without = numberless(pieces, last + 1)
    if without:
        return without
    ahead = last + 1
    while ahead < len(pieces) and ahead - last < 5 and (pieces[ahead] in ",.º°" or pieces[ahead].lower() in UNITS):
        ahead += 1
    if ahead < len(pieces) and is_number(pieces[ahead]) and len(pieces[ahead]) <= len("1234-12"):
        return tail(pieces, ahead)
    return 0


def _is_short(piece: str) -> bool:
    """`Prof.`, `J.`: within a street's name a full stop behind these ends nothing."""
    return len(piece) == 1 or CLASS_OF.get(piece.lower()) in ("TITLE", "STREET")


def _joined(pieces: Sequence[str], at: int) -> tuple[int, int] | None:
    """`Mentzelweg 118`, `118 Mentzelweg`: a street in one word, a number on one side of it."""
    if not pieces[at][0].isupper() and not pieces[at].endswith(JOINED_ENDINGS):
        return None
    if at + 1 < len(pieces) and is_number(pieces[at + 1]) and len(pieces[at + 1]) <= 4:
        return at, tail(pieces, at + 1)
    if at and is_number(pieces[at - 1]) and len(pieces[at - 1]) <= 4:
        return at - 1, at
    return None


def _post(pieces: Sequence[str], at: int) -> tuple[int, int] | None:
    """From the unit's number to the postcode."""
    if at + 2 >= len(pieces) or pieces[at + 1].upper() not in ("AA", "AE", "AP") or not is_number(pieces[at + 2]):
        return None
    first = at
    while (
        first
        and at - first < 7
        and (
            pieces[first - 1] in ",\n"
            or is_number(pieces[first - 1])
            or pieces[first - 1].lower() in ("box", "psc", "unit", "cmr")
        )
    ):
        first -= 1
    return first, at + 2
