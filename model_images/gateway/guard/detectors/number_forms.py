"""The forms in which one number, code or address of e-mail is written, compact."""

import re
from collections.abc import Iterator

from model_images.gateway.guard import normalise
from model_images.gateway.guard.detectors.folding import small
from model_images.gateway.guard.identifiers import Kind

SHORTEST = 3
"""Fewer characters would be found all over a text, and identify nobody."""
_COMPACT = re.compile(r"[\W_]+")


def number_forms(written: str, kind: Kind) -> Iterator[str]:
    """As it stands, without leading zeros, without the letters before it; of a telephone, as dialled at home."""
    form = _COMPACT.sub("", small(normalise.text(written).normal))
    if len(form) < SHORTEST:
        return
    yield form
    if kind in (Kind.PHONE, Kind.FAX):
        yield from _dialled(written, re.sub(r"\D", "", form))
        return
    if kind is Kind.EMAIL:
        return
    bare = re.sub(r"^[^\W\d]+", "", form)
    for shorter in (form.lstrip("0"), bare, bare.lstrip("0")):
        if len(shorter) >= SHORTEST + 2:
            yield shorter


def _dialled(written: str, digits: str) -> Iterator[str]:
    yield digits
    if written.strip().startswith(("+", "00")):
        national = digits[2:] if written.strip().startswith("00") else digits
        yield national
        yield "00" + national
        for code in (1, 2, 3):  # ITU-T E.164: country codes have one to three digits
            if len(national) - code >= 7:
                yield national[code:]
                yield "0" + national[code:]
    elif digits.startswith("0") and len(digits) > 8:
        yield digits[1:]
