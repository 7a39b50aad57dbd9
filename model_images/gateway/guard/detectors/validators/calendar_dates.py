"""Whether digits can be a date: national numbers carry birth dates, and notes write them in every order."""

import re

EARLIEST, LATEST = 1850, 2100
"""Years that a record speaks of: births of the oldest, and appointments to come."""
_LAST_DAY = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def day_of_month(day: int, month: int) -> bool:
    """A day that some year has."""
    return 1 <= month <= 12 and 1 <= day <= _LAST_DAY[month - 1]


def day_month(digits: str, *, days_added: tuple[int, ...] = (0,), months_added: tuple[int, ...] = (0,)) -> bool:
    """DDMM…, where some schemes add to the day or the month to mark sex, century or the foreign-born."""
    day, month = int(digits[:2]), int(digits[2:4])
    return any(day_of_month(day - d, month - m) for d in days_added for m in months_added)


def month_day(digits: str, *, days_added: tuple[int, ...] = (0,), months_added: tuple[int, ...] = (0,)) -> bool:
    """MMDD…, as the last four of YYMMDD."""
    return day_month(digits[2:4] + digits[:2], days_added=days_added, months_added=months_added)


def numeric_date(value: str) -> bool:
    """Three numbers that are a date in some order: day first, month first, or year first."""
    parts = re.findall(r"\d+", value)[:3]
    if len(parts) != 3:
        return False
    first, second, third = map(int, parts)
    if len(parts[0]) == 4:
        return EARLIEST <= first <= LATEST and (day_of_month(third, second) or day_of_month(second, third))
    if len(parts[2]) == 4:
        return EARLIEST <= third <= LATEST and (day_of_month(first, second) or day_of_month(second, first))
    return len(parts[2]) == 2 and (day_of_month(first, second) or day_of_month(second, first))


def year_first_date(value: str) -> bool:
    """YY-MM-DD, which `numeric_date` would not take when the year is over 31."""
    parts = re.findall(r"\d+", value)
    return len(parts) == 3 and day_of_month(int(parts[2]), int(parts[1]))


def compact_date(value: str) -> bool:
    """YYYYMMDD with or without a time, as HL7 v2 and DICOM write; or DDMMYYYY, MMDDYYYY."""
    digits = re.sub(r"\D", "", value)
    if EARLIEST <= int(digits[:4]) <= LATEST and month_day(digits[4:8]):
        return len(digits) == 8 or int(digits[8:10]) < 24
    return len(digits) == 8 and EARLIEST <= int(digits[4:]) <= LATEST and (day_month(digits) or month_day(digits))


def partial_date(value: str) -> bool:
    """Two numbers that are a day and a month, in either order, or a month and a year."""
    first, second = (int(part) for part in re.findall(r"\d+", value)[:2])
    if max(first, second) >= EARLIEST:
        return max(first, second) <= LATEST and 1 <= min(first, second) <= 12
    return day_of_month(first, second) or day_of_month(second, first)
