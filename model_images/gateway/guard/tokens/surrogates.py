"""Which kind of token a stretch gets: a shifted date, a structured value's surrogate, or a marker."""

from collections.abc import Mapping
from enum import StrEnum

from model_images.gateway.guard.identifiers import Kind
from model_images.gateway.guard.tokens.dates import shifted
from model_images.gateway.guard.tokens.fields import Fields, NoSurrogate, Valid
from model_images.gateway.guard.tokens.keys import Keys, Purpose
from model_images.gateway.guard.tokens.stretches import Stretch

FEWEST_DIGITS = 6
NUMBERED = frozenset(
    {
        Kind.SSN,
        Kind.RECORD,
        Kind.PLAN,
        Kind.ACCOUNT,
        Kind.LICENCE,
        Kind.VEHICLE,
        Kind.DEVICE,
        Kind.NATIONAL,
        Kind.CARD,
        Kind.OTHER,
    }
)
"""Kinds whose values are numbers of one form; the others' values (names, addresses, e-mail) are no fixed domain."""
VALIDATED = frozenset({Kind.SSN, Kind.NATIONAL, Kind.CARD, Kind.VEHICLE})
"""Kinds that always follow a scheme: without its validator nobody knows whether a surrogate is somebody's number."""


class Mode(StrEnum):
    """Where a text stands, and so what its tokens may tell."""

    PROSE = "prose"
    """Text that a model reads inside the boundary: markers, and dates that keep their intervals."""
    FIELD = "field"
    """One value of a structured record, inside the boundary: numbers keep their form too."""
    LEAVING = "leaving"
    """What could leave the boundary: random markers only, as 45 CFR 164.514(c)(1) asks for codes not derived."""


class Form(StrEnum):
    """Of a token."""

    MARKER = "marker"
    DATE = "date"
    FIELD = "field"


class Surrogates:
    """A tenant's surrogates for one conversation, under the key in force."""

    def __init__(self, keys: Keys, tenant: str, *, validators: Mapping[str, Valid], locale: str) -> None:
        self.key = keys.current(Purpose.SURROGATES, tenant)
        self.days: int | None = None
        """By how much the patient's dates move; None if nobody knows whose they are."""
        self._fields = Fields(self.key)
        self._validators = validators
        self._locale = locale

    @staticmethod
    def form(stretch: Stretch, mode: Mode) -> Form:
        """What to try first."""
        if mode is Mode.LEAVING:
            return Form.MARKER
        if stretch.kind is Kind.DATE:
            return Form.DATE
        return Form.FIELD if mode is Mode.FIELD and stretch.kind in NUMBERED else Form.MARKER

    def literal(self, form: Form, value: str, stretch: Stretch) -> str | None:
        """A surrogate that looks like the value, other than it; None where there is none."""
        made = self._date(value) if form is Form.DATE else self._number(value, stretch)
        if made is None or made == value or not (made[0].isalnum() and made[-1].isalnum()):
            return None
        return made

    def _date(self, value: str) -> str | None:
        return None if self.days is None else shifted(value, self.days, self._locale)

    def _number(self, value: str, stretch: Stretch) -> str | None:
        valid = self._validators.get(stretch.scheme)
        unproven = valid is None and (stretch.scheme or stretch.kind in VALIDATED)
        if unproven or sum(character.isdigit() for character in value) < FEWEST_DIGITS:
            return None
        try:
            return self._fields.encrypted(value, kind=stretch.kind, scheme=stretch.scheme, valid=valid)
        except NoSurrogate:
            pass
        try:
            return valid and self._fields.walked(value, kind=stretch.kind, scheme=stretch.scheme, valid=valid)
        except NoSurrogate:
            return None
