"""Numbers of the four health services of the United Kingdom, and of Ireland."""

from model_images.gateway.guard.detectors.validators.calendar_dates import day_month
from model_images.gateway.guard.detectors.validators.check_digits import varied, weighted


def nhs(value: str) -> bool:
    """NHS number of England and Wales: mod 11; a check of 10 is never issued."""
    check = 11 - weighted(value, (10, 9, 8, 7, 6, 5, 4, 3, 2)) % 11
    return varied(value) and check != 10 and check % 11 == int(value[9])


def chi(value: str) -> bool:
    """Scotland's Community Health Index number: a birth date, and the NHS number's check."""
    return day_month(value) and nhs(value)


def health_and_care(value: str) -> bool:
    """Northern Ireland's number: the NHS number's check, in the range from 320 to 399."""
    return 320 <= int(value[:3]) <= 399 and nhs(value)


def nino(value: str) -> bool:
    """National Insurance number: prefixes that are not allotted."""
    return value[:2] not in ("BG", "GB", "KN", "NK", "NT", "TN", "ZZ")


def ppsn(value: str) -> bool:
    """Irish Personal Public Service number; the second letter, since 2013, counts nine times."""
    second = value[8:]
    total = weighted(value, (8, 7, 6, 5, 4, 3, 2)) + (9 * (ord(second) - 64) if second not in ("", "W") else 0)
    return "WABCDEFGHIJKLMNOPQRSTUV"[total % 23] == value[7]
