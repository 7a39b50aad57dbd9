"""Surrogates of structured values: FF1 over the strings of its own shape, digit for digit and letter for letter.

A surrogate never passes for an identifier. Where the scheme has a validator, valid values are mapped one to one into
what is not: the last character is first moved on to where the value fails (undone by looking for the one that did not),
then FF1 walks its cycle until it meets a value that fails again. Walking on among those that fail, from one that fails,
is a permutation of them; walking from a valid one to the first that fails would not be, as two would meet there.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import prod

from model_images.gateway.guard.tokens.ff1 import FF1, SMALLEST_DOMAIN
from model_images.gateway.guard.tokens.keys import TenantKey, framed

DIGITS = "0123456789"
SMALL = "abcdefghijklmnopqrstuvwxyz"
CAPITAL = SMALL.upper()
CLASSES = (DIGITS, SMALL, CAPITAL)
LONGEST = 128
STEPS = 1000
"""A validator that holds for 98 of 100 strings is left behind in this many steps but once in 10^8."""

Valid = Callable[[str], bool]
Step = Callable[[str], str]
"""One step of the permutation, or back."""


class NoSurrogate(Exception):
    """The value can't have a surrogate of its own form; it gets a marker. Says nothing of the value."""


class Fields:
    """Surrogates under one tenant's key of one epoch."""

    def __init__(self, key: TenantKey) -> None:
        self._key = key
        self._ciphers: dict[int, FF1] = {}

    def encrypted(self, value: str, *, kind: str, scheme: str = "", valid: Valid | None = None) -> str:
        """The value's surrogate, from which `decrypted` gives it back without a vault."""
        step = self._step(value, kind, scheme, forward=True)
        surrogate = step(value) if valid is None else _walk(_broken(value, valid), step, valid)
        if surrogate == value:
            raise NoSurrogate
        # Believed only when undone: a validator is not ours, and may be of any shape.
        if self.decrypted(surrogate, kind=kind, scheme=scheme, valid=valid) != value:
            raise NoSurrogate
        return surrogate

    def decrypted(self, surrogate: str, *, kind: str, scheme: str = "", valid: Valid | None = None) -> str:
        """The value of which `encrypted` made this, with the same kind, scheme and validator."""
        step = self._step(surrogate, kind, scheme, forward=False)
        return step(surrogate) if valid is None else _mended(_walk(surrogate, step, valid), valid)

    def walked(self, value: str, *, kind: str, scheme: str = "", valid: Valid) -> str:
        """A surrogate that fails, for schemes where most strings are valid (an SSN has no check digit).

        More values than surrogates: two may share one, so it is restored from the vault and not by the key, and the
        caller sees to it that no two do within a conversation.
        """
        step = self._step(value, kind, scheme, forward=True)
        surrogate = step(value)
        for _ in range(STEPS):
            if surrogate != value and not valid(surrogate):
                return surrogate
            surrogate = step(surrogate)
        raise NoSurrogate

    def _step(self, value: str, kind: str, scheme: str, *, forward: bool) -> Step:
        shape = _shape(value)
        tweak = framed(self._key.tenant.encode(), kind.encode(), scheme.encode(), shape.name.encode())
        tweak += self._key.epoch.to_bytes(4, "big")

        cipher = self._cipher(shape.radix)
        run = cipher.encrypt if forward else cipher.decrypt

        def step(text: str) -> str:
            number = shape.number(text)
            while True:  # binary strings reach up to twice past the last number of the shape; then it goes on
                numerals = run(_numerals(number, shape.radix, shape.length), tweak)
                number = int("".join(map(str, numerals)), shape.radix)
                if number < shape.size:
                    return shape.text(number, text)

        return step

    def _cipher(self, radix: int) -> FF1:
        if radix not in self._ciphers:
            self._ciphers[radix] = FF1(self._key.derived("fields"), radix)
        return self._ciphers[radix]


@dataclass(frozen=True, slots=True)
class _Shape:
    """Which class of character stands where, and the strings of that shape as numbers."""

    places: tuple[tuple[int, str], ...]
    """Of each letter and digit: where it stands, and the characters of its class."""
    size: int
    radix: int
    length: int

    @property
    def name(self) -> str:
        """The same for every string of this shape."""
        return "".join(letters[-1] for _, letters in self.places)

    def number(self, text: str) -> int:
        """The string's place among those of its shape."""
        number = 0
        for place, letters in self.places:
            number = number * len(letters) + letters.index(text[place])
        return number

    def text(self, number: int, like: str) -> str:
        """The string of that place, with the separators of `like`."""
        out = list(like)
        for place, letters in reversed(self.places):
            number, rank = divmod(number, len(letters))
            out[place] = letters[rank]
        return "".join(out)


def _shape(value: str) -> _Shape:
    """Digits alone are FF1's decimal strings; a mixture is counted, and its number is a binary string."""
    places = []
    for place, character in enumerate(value):
        if character.isalnum():
            letters = next((letters for letters in CLASSES if character in letters), None)
            if letters is None:
                raise NoSurrogate
            places.append((place, letters))
    size = prod(len(letters) for _, letters in places)
    if size < SMALLEST_DOMAIN or len(places) > LONGEST:
        raise NoSurrogate
    if all(letters is DIGITS for _, letters in places):
        return _Shape(tuple(places), size, 10, len(places))
    return _Shape(tuple(places), size, 2, (size - 1).bit_length())


def _numerals(number: int, radix: int, length: int) -> list[int]:
    text = f"{number:0{length}}" if radix == len(DIGITS) else f"{number:0{length}b}"
    return [int(numeral) for numeral in text]


def _walk(start: str, step: Step, valid: Valid) -> str:
    value = start
    for _ in range(STEPS):
        value = step(value)
        if not valid(value):
            return value
    raise NoSurrogate


def _neighbour(value: str, steps: int) -> str:
    """The value with its last letter or digit moved on within its class."""
    place = next(place for place in range(len(value) - 1, -1, -1) if value[place].isalnum())
    letters = next(letters for letters in CLASSES if value[place] in letters)
    moved = letters[(letters.index(value[place]) + steps) % len(letters)]
    return value[:place] + moved + value[place + 1 :]


def _broken(value: str, valid: Valid) -> str:
    if valid(value):
        for steps in range(1, len(SMALL)):
            moved = _neighbour(value, steps)
            if not valid(moved):
                return moved
    raise NoSurrogate


def _mended(broken: str, valid: Valid) -> str:
    for steps in range(1, len(SMALL)):
        value = _neighbour(broken, -steps)
        if valid(value):
            return value
    raise NoSurrogate
