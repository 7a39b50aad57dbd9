"""What may stand in place of an identifier under Safe Harbor: 45 CFR 164.514(b)(2)(i).

(B) of a ZIP code the first three digits, or 000 for areas of 20,000 people or fewer; (C) of a date the year, unless it
tells an age over 89; ages over 89 become one category, 90 and over. Of all else the kind alone. One way: nothing of it
can be restored.
"""

import re
from datetime import UTC, datetime

from model_images.gateway.guard.identifiers import Kind
from model_images.gateway.guard.spans import Span

LOW_POPULATION = frozenset(
    {
        # Census 2000, the list in HHS's guidance of 26 November 2012:
        # hhs.gov/hipaa/for-professionals/special-topics/de-identification/index.html#zip
        "036", "059", "063", "102", "203", "556", "692", "790", "821", "823", "830", "831", "878", "879", "884", "890",
        "893",
        # Census 2010 and 2020 add these, as published lists have it [not checked against the census's tables]. The
        # union is kept: a prefix too many costs little.
        "202", "204", "205", "369", "753", "772",
    }
)  # fmt: skip
"""Three-digit ZIP areas of 20,000 people or fewer."""

OLDEST_TOLD = 89
"""Years of age that may be told."""

_YEAR = re.compile(r"(?<!\d)(1[89]\d\d|20\d\d|2100)(?!\d)")
_COMPACT = re.compile(
    r"(?<!\d)(?:(1[89]\d\d|20\d\d)[01]\d[0-3]\d(?:\d{4}|\d{6})?|[0-3]\d[0-3]\d(1[89]\d\d|20\d\d))(?!\d)"
)
_ATTACHED = re.compile(r"[A-Za-z](1[89]\d\d|20\d\d)(?!\d)")


def replaced(original: str, span: Span, *, this_year: int | None = None) -> str:
    """What stands for `span` of `original`. `this_year` is for tests and for texts of another day."""
    stretch = original[span.start : span.end]
    if span.kind is Kind.POSTCODE and span.scheme == "us-zip":
        return _zip(stretch)
    if span.kind is Kind.DATE:
        return _year(stretch, this_year if this_year is not None else datetime.now(UTC).year)
    if span.kind is Kind.AGE:
        return f"{OLDEST_TOLD + 1}+"
    return f"[{span.kind}]"


def _zip(stretch: str) -> str:
    digits = re.sub(r"\D", "", stretch)
    if len(digits) not in (5, 9) or not digits.isascii():
        return f"[{Kind.POSTCODE}]"
    return "000" if digits[:3] in LOW_POPULATION else f"{digits[:3]}**"


def _year(stretch: str, this_year: int) -> str:
    """The year if the stretch has one that is no birth year of somebody over 89. Two digits are no year: 57 is two."""
    years = {
        year
        for found in (_YEAR, _COMPACT, _ATTACHED)
        for match in found.finditer(stretch)
        for year in match.groups()
        if year
    }
    if len(years) != 1:
        return f"[{Kind.DATE}]"
    year = years.pop()
    return year if this_year - int(year) <= OLDEST_TOLD else f"[{Kind.DATE}]"
