"""Numbers of the United States and of Canada."""

from model_images.gateway.guard.detectors.validators.calendar_dates import month_day
from model_images.gateway.guard.detectors.validators.check_digits import luhn, varied, weighted


def ssn(value: str) -> bool:
    """A Social Security number that can have been issued."""
    area, group, serial = int(value[:3]), int(value[3:5]), int(value[5:])
    return 0 < area < 900 and area != 666 and group > 0 and serial > 0


def itin(value: str) -> bool:
    """A taxpayer number of the IRS: 9, and the groups that it gives out."""
    group = int(value[3:5])
    return value[0] == "9" and (50 <= group <= 65 or 70 <= group <= 88 or 90 <= group <= 92 or 94 <= group <= 99)


def npi(value: str) -> bool:
    """National Provider Identifier: Luhn, with the health industry's 80840 before."""
    return value[0] in "12" and luhn("80840" + value)


def dea(value: str) -> bool:
    """Registration with the Drug Enforcement Administration."""
    digits = value[2:]
    return weighted(digits, (1, 2, 1, 2, 1, 2)) % 10 == int(digits[6])


def sin(value: str) -> bool:
    """Canadian Social Insurance Number: 8 is not given out, 0 is for what is made up, and kept out of prudence."""
    return value[0] != "8" and varied(value) and luhn(value)


def ontario(value: str) -> bool:
    """Ontario health number, with or without its version code."""
    return value[0] != "0" and varied(value[:10]) and luhn(value[:10])


def british_columbia(value: str) -> bool:
    """British Columbia's Personal Health Number: 9, and mod 11 over the eight digits that follow."""
    check = (11 - weighted(value[1:9], (2, 4, 8, 5, 10, 9, 7, 3)) % 11) % 11 % 10
    return value[0] == "9" and check == int(value[9])


def ramq(value: str) -> bool:
    """Quebec's number: letters of the name, then the birth date, a woman's month 50 up."""
    return month_day(value[6:10], months_added=(0, 50))
