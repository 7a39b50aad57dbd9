"""What follows a street: its number, or that it has none; and behind a number, which stair, floor and door."""

from collections.abc import Sequence

from model_images.gateway.guard.detectors.lexicon import UNITS

DOORS = frozenset(
    ("izq", "izqda", "izda", "dcha", "dch", "dcho", "der", "ctro", "bajo", "º", "ª", "°", "o", "a", "puerta", "pta")
)
"""Which door of a floor, in Spain."""
ORDINAL = "ºª°"
RANGES = ("-", "/", "–")
FARTHEST = 12  # pieces behind a number in which its doors are looked for
LONGEST_NUMBER = len("1234")


def is_number(piece: str) -> bool:
    """Begins with a digit."""
    return piece[0].isdigit()


def numberless(pieces: Sequence[str], at: int) -> int:
    """The last piece of `s/n`, `, s/n`, `s.n.`, `sn`: sin número; 0 where none of them stands."""
    at += at < len(pieces) and pieces[at] in (",", ".")
    if at >= len(pieces):
        return 0
    if [piece.lower() for piece in pieces[at : at + 3]] == ["s", "/", "n"]:
        return at + 2
    return at if pieces[at].lower() == "sn" else 0


def tail(pieces: Sequence[str], last: int) -> int:
    """The last piece of what follows a house number, or a street: `, Apt 4`, `, 3º B`, `-182`, ` A-6, esc. 2, 2ºb`."""
    count, at = len(pieces), last + 1
    while at < count and at - last <= FARTHEST:
        piece = pieces[at]
        if _is_of_a_door(pieces, at):
            last = at
        elif (piece not in ",.#" and piece not in RANGES) or at - last > 2:
            break
        at += 1
    return last


def _is_of_a_door(pieces: Sequence[str], at: int) -> bool:
    piece, before = pieces[at], pieces[at - 1]
    after = pieces[at + 1] if at + 1 < len(pieces) else "\n"
    lower = piece.lower()
    if lower in UNITS:
        # Of which there must be one: `room service` is none.
        behind = pieces[at + 2] if after in (".", "#") and at + 2 < len(pieces) else after
        return (is_number(behind) and len(behind) <= LONGEST_NUMBER) or _letter(behind)
    if is_number(piece):
        if len(piece) > LONGEST_NUMBER:
            return False
        if is_number(before):
            return len(piece) <= 2 and after[0] in ORDINAL  # "14 1º izda"
        if before in RANGES or before == "#" or _unit_before(pieces, at):
            return True
        return before in ",." and len(piece) <= 2 and (after in ".,\n-" or _is_door(after))
    if not _is_door(piece):
        return False
    if is_number(before) or _is_door(before):
        return True
    return before in ",.-" and at > 1 and (is_number(pieces[at - 2]) or pieces[at - 2] in ORDINAL)


def _is_door(piece: str) -> bool:
    """`º`, `izq`, `B`, `º-B`."""
    return all(part.lower() in DOORS or _letter(part) for part in piece.split("-"))


def _unit_before(pieces: Sequence[str], at: int) -> bool:
    before = pieces[at - 2] if pieces[at - 1] == "." and at > 1 else pieces[at - 1]
    return before.lower() in UNITS


def _letter(piece: str) -> bool:
    """One capital, with a full stop or without."""
    return piece.rstrip(".").isupper() and len(piece.rstrip(".")) == 1
