"""Dates as people write them, taken apart: which part is the day, the month, the year, and in which language.

Reads the forms that detection finds: numbers in every usual order and with every separator, months in words, with or
without a weekday, and dates that lack the day or the year. Reads nothing that it would have to guess at.
"""

import re
from dataclasses import dataclass

from model_images.gateway.guard.tokens.calendar_words import LANGUAGES, MONTHS, ORDINALS, SMALL_WORDS, WEEKDAYS

MONTH_FIRST = frozenset({"us", "usgov"})
"""Where 04/03 is the third of April. Canada writes both; ambiguous dates of Canada are read day first."""

_PARTS = re.compile(r"\d+|[^\W\d_]+|[\W_]+")
_JOINED = re.compile(r"[-/.\s,\u2010-\u2013\u00a0']{1,3}")


@dataclass(slots=True)
class Fields:
    """Which parts of a written date are its day, month and year; places in the list of parts."""

    parts: list[str]
    day: int = -1
    month: int = -1
    year: int = -1
    weekday: int = -1
    ordinal: int = -1
    language: str = ""

    def number(self, place: int) -> int:
        """The number in that place."""
        return int(self.parts[place])


def read(text: str, locale: str) -> Fields | None:
    """The fields of a date, or None if it is none."""
    return _textual(text, locale) or _numeric(text, locale)


def _numeric(text: str, locale: str) -> Fields | None:
    parts = _PARTS.findall(text)
    numbers = [place for place, part in enumerate(parts) if part.isdigit()]
    if parts[::2] != [parts[place] for place in numbers] or not all(_JOINED.fullmatch(joint) for joint in parts[1::2]):
        return None
    fields, sizes = Fields(parts), [len(parts[place]) for place in numbers]
    match sizes:
        case [4, 1 | 2, 1 | 2]:
            fields.year, fields.month, fields.day = numbers
        case [1 | 2, 1 | 2, 4] | [2, 2, 2] | [1, 1 | 2, 2] | [2, 1, 2]:
            fields.day, fields.month, fields.year = numbers
            _ordered(fields, locale)
        case [4, 2]:
            fields.year, fields.month = numbers
        case [1 | 2, 4]:
            fields.month, fields.year = numbers
        case [1 | 2, 1 | 2]:
            fields.day, fields.month = numbers
            _ordered(fields, locale)
        case _:
            return None
    return fields


def _ordered(fields: Fields, locale: str) -> None:
    """Month first where that is the custom, or where nothing else is a date."""
    swap = locale in MONTH_FIRST and "." not in fields.parts[1]
    first, second = fields.number(fields.day), fields.number(fields.month)
    month, other = (first, second) if swap else (second, first)
    if month > 12 >= other:
        swap = not swap
    if swap:
        fields.day, fields.month = fields.month, fields.day


def _textual(text: str, locale: str) -> Fields | None:
    parts = _PARTS.findall(text)
    fields = Fields(parts)
    fields.language = _language([part.lower() for part in parts], locale)
    if not fields.language:
        return None
    for place, part in enumerate(parts):
        if not _take(fields, place, part):
            return None
    if fields.month < 0 or (fields.day < 0 and fields.year < 0):
        return None
    return fields


def _take(fields: Fields, place: int, part: str) -> bool:
    """Gives one part its role; false if it has none."""
    word = part.lower()
    if part.isdigit():
        if len(part) <= 2 and fields.day < 0:
            fields.day = place
        elif len(part) in (2, 4) and fields.year < 0:
            fields.year = place
        else:
            return False
    elif not part[0].isalnum():
        return bool(re.fullmatch(r"[-/.,\s\u00a0'()]{1,3}", part))
    elif fields.ordinal < 0 and place > 0 and fields.day == place - 1 and word in ORDINALS:
        fields.ordinal = place
    elif fields.weekday < 0 and fields.month < 0 and _is_weekday(fields, place):
        fields.weekday = place
    elif fields.month < 0 and word in MONTHS[fields.language]:
        fields.month = place
    else:
        return word in SMALL_WORDS
    return True


def _is_weekday(fields: Fields, place: int) -> bool:
    """Spanish and Italian shorten March and Tuesday alike: it is Tuesday where a month is still to come."""
    months = MONTHS[fields.language]
    if fields.parts[place].lower() not in WEEKDAYS[fields.language]:
        return False
    return fields.parts[place].lower() not in months or any(
        part.lower() in months for part in fields.parts[place + 1 :]
    )


def _language(words: list[str], locale: str) -> str:
    """The language that knows most of the words; among equals the locale's own, then the order of LANGUAGES."""

    def known(language: str) -> tuple[int, bool]:
        count = sum(word in MONTHS[language] or word in WEEKDAYS[language] for word in words)
        return count, language == locale

    best = max(LANGUAGES, key=known)
    return best if known(best)[0] else ""
