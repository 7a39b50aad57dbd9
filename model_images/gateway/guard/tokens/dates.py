"""Dates, moved by a constant of the patient's: intervals, which medicine reads, stay; the dates themselves do not.

A date is written back in its own form: what is not a field of it (separators, padding, small words, a time of day)
stays as it stands. What is not understood gets no surrogate. The constant is an HMAC under the tenant's key, so nobody
without the key can undo it; with it anybody can, which makes this a pseudonym and no de-identification: 45 CFR
164.514(b)(2)(i)(C) takes all elements of a date but the year, shifted or not.
"""

import re
from dataclasses import dataclass
from datetime import date, timedelta

from model_images.gateway.guard.tokens.calendar_words import (
    LANGUAGES,
    MONTH_NAMES,
    MONTHS,
    ORDINALS,
    SMALL_WORDS,
    WEEKDAY_NAMES,
    WEEKDAYS,
)
from model_images.gateway.guard.tokens.keys import TenantKey

FURTHEST = 364
WEEK = 7
PIVOT = 69
"""Two digits from here on are of the last century: POSIX, pubs.opengroup.org, strptime `%y`."""
MONTH_FIRST = frozenset({"us", "usgov"})
"""Where 04/03 is the third of April. Canada writes both; ambiguous dates of Canada are read day first."""
LEAP = 2000
"""A date without a year moves in a year of 366 days."""

_PARTS = re.compile(r"\d+|[^\W\d_]+|[\W_]+")
_TIME = re.compile(
    r"(?:[T ]|, | at | um | à | alle | om )\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?"
    r"(?: ?[AaPp][Mm]| Uhr)?Z?(?:[+-]\d{2}:?\d{2})?\Z"
)
_COMPACT = re.compile(r"(?P<year>(?:19|20)\d{2})(?P<month>\d{2})(?P<day>\d{2})")
_JOINED = re.compile(r"[-/.\s,\u2010-\u2013\u00a0']{1,3}")


def shift_days(key: TenantKey, patient: str, *, keep_weekday: bool = False) -> int:
    """By how many days this patient's dates move: 1 to 364 either way, never 0."""
    drawn = int.from_bytes(key.mac("dates", key.tenant.encode(), patient.encode("utf-8", "surrogatepass"))[:16], "big")
    size = FURTHEST // WEEK if keep_weekday else FURTHEST
    place = drawn % (2 * size)
    steps = place - size if place < size else place - size + 1
    return steps * (WEEK if keep_weekday else 1)


@dataclass(slots=True)
class _Fields:
    """Which parts of a written date are its day, month and year; places in the list of parts."""

    parts: list[str]
    day: int = -1
    month: int = -1
    year: int = -1
    weekday: int = -1
    ordinal: int = -1
    language: str = ""

    def number(self, place: int) -> int:
        return int(self.parts[place])


def shifted(text: str, days: int, locale: str = "") -> str | None:
    """The date moved, in the form in which it stands; None if it is not understood, or leaves the calendar."""
    if not text.isprintable() or any(character.isdigit() and character not in "0123456789" for character in text):
        return None
    time = _TIME.search(text)
    written, rest = (text[: time.start()], time.group()) if time else (text, "")
    compact = _COMPACT.fullmatch(written)
    if compact:
        moved = _moved(int(compact["year"]), int(compact["month"]), int(compact["day"]), days)
        return moved.strftime("%Y%m%d") + rest if moved and moved.year >= 1000 else None
    fields = _textual(written, locale) or _numeric(written, locale)
    out = _written(fields, days) if fields else None
    return None if out is None else out + rest


def _numeric(text: str, locale: str) -> _Fields | None:
    parts = _PARTS.findall(text)
    numbers = [place for place, part in enumerate(parts) if part.isdigit()]
    if parts[::2] != [parts[place] for place in numbers] or not all(_JOINED.fullmatch(joint) for joint in parts[1::2]):
        return None
    fields, sizes = _Fields(parts), [len(parts[place]) for place in numbers]
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


def _ordered(fields: _Fields, locale: str) -> None:
    """Month first where that is the custom, or where nothing else is a date."""
    swap = locale in MONTH_FIRST and "." not in fields.parts[1]
    first, second = fields.number(fields.day), fields.number(fields.month)
    month, other = (first, second) if swap else (second, first)
    if month > 12 >= other:
        swap = not swap
    if swap:
        fields.day, fields.month = fields.month, fields.day


def _textual(text: str, locale: str) -> _Fields | None:
    parts = _PARTS.findall(text)
    fields = _Fields(parts)
    fields.language = _language([part.lower() for part in parts], locale)
    if not fields.language:
        return None
    for place, part in enumerate(parts):
        if not _take(fields, place, part):
            return None
    if fields.month < 0 or (fields.day < 0 and fields.year < 0):
        return None
    return fields


def _take(fields: _Fields, place: int, part: str) -> bool:
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


def _is_weekday(fields: _Fields, place: int) -> bool:
    """Spanish and Italian shorten March and Tuesday alike: it is Tuesday where a month is still to come."""
    months = MONTHS[fields.language]
    if fields.parts[place].lower() not in WEEKDAYS[fields.language]:
        return False
    return fields.parts[place].lower() not in months or any(
        part.lower() in months for part in fields.parts[place + 1 :]
    )


def _among_short(fields: _Fields, name: str) -> bool:
    """Whether a name that is whole and short at once, as May, stands where others would be short."""
    if name not in MONTH_NAMES[fields.language, True]:
        return False
    if fields.weekday >= 0:
        return WEEKDAYS[fields.language][fields.parts[fields.weekday].lower()][1]
    return " " not in "".join(fields.parts)


def _language(words: list[str], locale: str) -> str:
    """The language that knows most of the words; among equals the locale's own, then the order of LANGUAGES."""

    def known(language: str) -> tuple[int, bool]:
        count = sum(word in MONTHS[language] or word in WEEKDAYS[language] for word in words)
        return count, language == locale

    best = max(LANGUAGES, key=known)
    return best if known(best)[0] else ""


def _written(fields: _Fields, days: int) -> str | None:
    month_word = fields.language and fields.parts[fields.month].lower()
    month = MONTHS[fields.language][month_word][0] if month_word else fields.number(fields.month)
    day = fields.number(fields.day) if fields.day >= 0 else 0
    year = fields.number(fields.year) if fields.year >= 0 else 0
    short_year = fields.year >= 0 and len(fields.parts[fields.year]) == 2
    if short_year:
        year += 1900 if year >= PIVOT else 2000
    moved = _moved(year, month, day, days, has_year=fields.year >= 0, has_day=fields.day >= 0)
    if moved is None or moved.year < 1000 or (short_year and not 1900 + PIVOT <= moved.year < 2000 + PIVOT):
        return None
    parts = list(fields.parts)
    if fields.day >= 0:
        # In words with spaces, two digits are only a habit where the first is a nought.
        spaced = fields.language and (fields.ordinal >= 0 or re.match(r"[\s.,]|\Z", "".join(parts[fields.day + 1 :])))
        padded = not spaced or parts[fields.day].startswith("0")
        parts[fields.day] = f"{moved.day:0{len(parts[fields.day]) if padded else 1}}"
    if fields.year >= 0:
        parts[fields.year] = f"{moved.year % 100:02}" if short_year else f"{moved.year:04}"
    if not fields.language:
        parts[fields.month] = f"{moved.month:0{len(parts[fields.month])}}"
        return "".join(parts)
    old = parts[fields.month]
    short = MONTHS[fields.language][old.lower()][1] or _among_short(fields, old.lower())
    parts[fields.month] = _cased(MONTH_NAMES[fields.language, short][moved.month - 1], old)
    if fields.weekday >= 0:
        name = parts[fields.weekday]
        short = WEEKDAYS[fields.language][name.lower()][1]
        parts[fields.weekday] = _cased(WEEKDAY_NAMES[fields.language, short][moved.weekday()], name)
    if fields.ordinal >= 0:
        parts[fields.ordinal] = _cased(_suffix(moved.day, parts[fields.ordinal]), parts[fields.ordinal])
    return "".join(parts)


def _moved(year: int, month: int, day: int, days: int, *, has_year: bool = True, has_day: bool = True) -> date | None:
    """The date so many days on. Without a day it moves by months, without a year round the year: both one to one."""
    try:
        if not has_day:
            months = round(days * 12 / 365.25) or (1 if days > 0 else -1)
            place = year * 12 + month - 1 + months
            return date(place // 12, place % 12 + 1, 1) if 1 <= month <= 12 else None
        if not has_year:
            start = date(LEAP, month, day)
            return date(LEAP, 1, 1) + timedelta((start.timetuple().tm_yday - 1 + days) % 366)
        return date(year, month, day) + timedelta(days)
    except (ValueError, OverflowError):
        return None


def _cased(word: str, like: str) -> str:
    if like.isupper() and len(like) > 1:
        return word.upper()
    return word.capitalize() if like[:1].isupper() else word


def _suffix(day: int, old: str) -> str:
    """What hangs on another day: English has four endings, French one, on the first; the others hang on any."""
    if old.lower() in ("st", "nd", "rd", "th"):
        return "th" if 10 < day < 14 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
    return "" if old.lower() == "er" and day != 1 else old
