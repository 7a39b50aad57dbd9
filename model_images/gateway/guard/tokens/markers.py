"""Markers: what stands in prose for an identifier, as `[[NAME_k7q2m9x]]`.

The form, and why. ASCII, short, its kind in plain sight, so that a model can reason about what it is and copy it.
Square brackets: angle brackets vanish when Markdown or HTML is rendered, braces are templates' own. No bare counter as
in `[PERSON_1]`, nor none at all as in `<PERSON>` (LiteLLM's, which can't be told apart on the way back): a slip of one
digit would be another patient. Seven random characters instead, the last of them a check by which a changed or swapped
character is no marker of anybody; no vowels, so no words; one digit at least and a letter first, so no number.

On the way back a marker is known by kind and characters, whatever became of case, spaces, separator and brackets. It is
never guessed: what is not exactly one that was minted is either foreign or plain text. See `Form`.
"""

import re
import secrets

import msgspec

from model_images.gateway.guard.identifiers import Kind
from model_images.gateway.guard.refusal import Refused

ALPHABET = "023456789bcdfghjkmnpqrstvwxyz"
"""29 characters, a prime: without 1 and l, o, and the vowels."""
LETTERS = ALPHABET[9:]
DRAWN = 6
LENGTH = DRAWN + 1
LONGEST_FORM = 64
"""More than the longest spelling of a marker that is recognised."""

_RANK = {character: rank for rank, character in enumerate(ALPHABET)}
_RANKS = len(ALPHABET)
_UNFAIR = bytes(range(256 - 256 % _RANKS, 256))
_OF_BYTE = bytes(ord(ALPHABET[byte % _RANKS]) for byte in range(256))
_SPACE = r"[ \t\u00a0]"
_KINDS = "|".join(sorted(Kind, key=len, reverse=True))
_SEPARATOR = rf"{_SPACE}?(?:\\{{0,2}}_|[-:\u2010-\u2013]|{_SPACE}){_SPACE}?"
# Both brackets escaped or neither: a backslash of the text before a marker stays the text's.
_OPEN_TWO = rf"(?:\\\[{_SPACE}?\\\[|\[{_SPACE}?\[)"
_OPEN_ONE = r"\\?\["
_BRACKETED = re.compile(
    rf"(?P<open>{_OPEN_TWO}|{_OPEN_ONE}){_SPACE}{{0,2}}(?P<kind>{_KINDS})(?P<separator>{_SEPARATOR})"
    rf"(?P<body>[a-z0-9]{{1,16}})(?![a-z0-9])(?P<close>(?:{_SPACE}{{0,2}}\\?\](?:{_SPACE}?\\?\])?)?)",
    re.IGNORECASE | re.ASCII,
)
_BARE_END = re.compile(rf"(?<![a-z0-9])(?P<kind>{_KINDS})\Z", re.IGNORECASE | re.ASCII)
_BARE_BODY = re.compile(rf"\\?_(?P<body>[a-z0-9]{{{LENGTH}}})(?![a-z0-9])", re.IGNORECASE | re.ASCII)


class ForeignToken(Refused):
    """A marker that was not minted in this conversation: of another one, of another tenant, or made up."""

    def __init__(self) -> None:
        super().__init__(
            "tokens", "foreign", "The text holds a marker ([[KIND_…]]) that was not minted in this conversation."
        )


def mint(kind: Kind) -> str:
    """A new marker. That it is new in its conversation is for the caller to see to."""
    while True:
        # Of as many values as fit whole, so that each character is as likely; a request draws dozens of markers.
        drawn = secrets.token_bytes(2 * DRAWN).translate(_OF_BYTE, _UNFAIR)[:DRAWN].decode()
        if len(drawn) == DRAWN and drawn[0] in LETTERS:
            body = drawn + check_character(drawn)
            if not body.isalpha():
                return f"[[{kind}_{body}]]"


def check_character(drawn: str) -> str:
    """Weighted sum modulo 29: sees any one changed character, and any two that changed places."""
    return ALPHABET[sum((place + 2) * _RANK[character] for place, character in enumerate(drawn)) % len(ALPHABET)]


def well_formed(body: str) -> bool:
    """Whether these could be a marker's characters."""
    return (
        len(body) == LENGTH
        and all(character in _RANK for character in body)
        and body[0] in LETTERS
        and any(character.isdigit() for character in body)
        and check_character(body[:DRAWN]) == body[DRAWN]
    )


class Form(msgspec.Struct, frozen=True, gc=False):
    """A stretch in a marker's form, in any of the spellings that are understood.

    Two brackets before a kind and any characters are a marker's form whatever the characters: nobody writes that by
    chance, and a marker with a slip in it is nobody's. With fewer brackets only characters that check are.
    """

    end: int
    marker: str
    """As it would have been minted."""
    reserved: bool
    """In a form that is the gateway's own: unless minted, it is foreign. Otherwise it is plain text."""


def bracketed(text: str, start: int) -> Form | None:
    """The form that begins at `start` with a bracket."""
    found = _BRACKETED.match(text, start)
    if found is None:
        return None
    body = found["body"].lower()
    opened = found["open"].count("[")
    closed = found["close"].count("]")
    end = found.end()
    if closed > opened:  # the second belongs to the text
        end = text.index("]", found.start("close")) + 1
    double = opened == 2 and "_" in found["separator"]
    return Form(end, f"[[{found['kind'].upper()}_{body}]]", double or well_formed(body))


def bare(text: str, start: int) -> Form | None:
    """The form without brackets whose separator stands at `start`, a kind's name before it."""
    body = _BARE_BODY.match(text, start)
    kind = _BARE_END.search(text, max(0, start - 12), start) if body else None
    if body is None or kind is None:
        return None
    characters = body["body"].lower()
    return Form(body.end(), f"[[{kind['kind'].upper()}_{characters}]]", well_formed(characters))


def unbracketed(marker: str) -> list[str]:
    """The spellings of a minted marker that lost its brackets, in small letters."""
    inner = marker[2:-2].lower()
    return [inner.replace("_", separator) for separator in ("_", r"\_", "-", " ")]


def _prefixes(words: list[str]) -> str:
    return "|".join(sorted({word[:size] for word in words for size in range(1, len(word) + 1)}, key=len, reverse=True))


# What could still become a bracketed form if more text came. Ends with the text, and is not yet complete: two closing
# brackets after two opening ones, or one after one, are.
_CLOSING_TWO = rf"{_SPACE}{{0,2}}(?:\\|\\?\]{_SPACE}?\\?)?"
_CLOSING_ONE = rf"{_SPACE}{{0,2}}\\?"
_SEPARATOR_PART = rf"{_SPACE}?(?:\\{{1,2}}|(?:\\{{0,2}}_|[-:\u2010-\u2013]|{_SPACE}){_SPACE}?)"


def _unfinished(opening: str, closing: str) -> str:
    body = rf"(?:{_SEPARATOR}(?:[a-z0-9]{{1,16}}(?:{closing})?)?|{_SEPARATOR_PART})"
    return rf"{opening}{_SPACE}{{0,2}}(?:(?:{_KINDS}){body}|(?:{_prefixes(list(Kind))}))?"


_UNFINISHED = re.compile(
    rf"(?:{_unfinished(_OPEN_TWO, _CLOSING_TWO)}|{_unfinished(_OPEN_ONE, _CLOSING_ONE)}|\\?\[{_SPACE}?\\?|\\)\Z",
    re.IGNORECASE | re.ASCII,
)
_UNFINISHED_BARE = re.compile(
    rf"(?<![a-z0-9])(?:{_KINDS})(?P<rest>\\?_[a-z0-9]{{0,{LENGTH}}})\Z", re.IGNORECASE | re.ASCII
)


def unfinished(text: str, start: int) -> int:
    """Where, from `start` on, a stretch begins that more text could make a marker; the text's length if nowhere."""
    begins = len(text)
    found = _UNFINISHED.search(text, max(start, len(text) - LONGEST_FORM))
    if found:
        begins = found.start()
    bare_form = _UNFINISHED_BARE.search(text, max(0, len(text) - LONGEST_FORM))
    if bare_form and bare_form.start("rest") >= start:
        begins = min(begins, bare_form.start("rest"))
    return begins
