"""Dates, moved by a constant of the patient's: intervals, which medicine reads, stay; the dates themselves do not.

A date is written back in its own form: what is not a field of it (separators, padding, small words, a time of day)
stays as it stands. What is not understood gets no surrogate. The constant is an HMAC under the tenant's key, so nobody
without the key can undo it; with it anybody can, which makes this a pseudonym and no de-identification: 45 CFR
164.514(b)(2)(i)(C) takes all elements of a date but the year, shifted or not.
"""

import re
from datetime import date, timedelta

from model_images.gateway.guard.tokens.calendar_words import MONTH_NAMES, MONTHS, WEEKDAY_NAMES, WEEKDAYS
from model_images.gateway.guard.tokens.date_forms import Fields, read
from model_images.gateway.guard.tokens.keys import TenantKey

FURTHEST = 364
WEEK = 7
PIVOT = 69
"""Two digits from here on are of the last century: POSIX, pubs.opengroup.org, strptime `%y`."""
LEAP = 2000
"""A date without a year moves in a year of 366 days."""

_TIME = re.compile(
    r"(?:[T ]|, | at | um | à | alle | om )\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?"
    r"(?: ?[AaPp][Mm]| Uhr)?Z?(?:[+-]\d{2}:?\d{2})?\Z"
)
_COMPACT = re.compile(r"(?P<year>(?:19|20)\d{2})(?P<month>\d{2})(?P<day>\d{2})")


def shift_days(key: TenantKey, patient: str, *, keep_weekday: bool = False) -> int:
    """By how many days this patient's dates move: 1 to 364 either way, never 0."""
    drawn = int.from_bytes(key.mac("dates", key.tenant.encode(), patient.encode("utf-8", "surrogatepass"))[:16], "big")
    size = FURTHEST // WEEK if keep_weekday else FURTHEST
    place = drawn % (2 * size)
    steps = place - size if place < size else place - size + 1
    return steps * (WEEK if keep_weekday else 1)


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
    fields = read(written, locale)
    out = _written(fields, days) if fields else None
    return None if out is None else out + rest


def _among_short(fields: Fields, name: str) -> bool:
    """Whether a name that is whole and short at once, as May, stands where others would be short."""
    if name not in MONTH_NAMES[fields.language, True]:
        return False
    if fields.weekday >= 0:
        return WEEKDAYS[fields.language][fields.parts[fields.weekday].lower()][1]
    return " " not in "".join(fields.parts)


def _written(fields: Fields, days: int) -> str | None:
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
