"""Numbers by which European states know people. The source of each scheme stands beside its pattern, in schemes/."""

import re
from collections import Counter

from model_images.gateway.guard.detectors.validators.calendar_dates import day_month, month_day
from model_images.gateway.guard.detectors.validators.check_digits import (
    digit_sums,
    ean,
    iso_7064_mod_11_10,
    luhn,
    varied,
    weighted,
)


def steuer_id(value: str) -> bool:
    """German tax identification number: of the first ten digits exactly one stands there twice or three times."""
    counts = sorted(Counter(value[:10]).values(), reverse=True)
    return value[0] != "0" and counts[0] in (2, 3) and counts[1] == 1 and iso_7064_mod_11_10(value)


def kvnr(value: str) -> bool:
    """German health insurance number, the part that stays for life: a letter, eight digits and one that checks."""
    digits = f"{ord(value[0]) - 64:02}{value[1:]}"
    return digit_sums(digits[:10], (1, 2) * 5) % 10 == int(digits[10])


def rentenversicherung(value: str) -> bool:
    """German pension insurance number."""
    digits = f"{value[:8]}{ord(value[8]) - 64:02}{value[9:]}"
    born = day_month(digits[2:6], days_added=(0, 50))
    return born and digit_sums(digits[:12], (2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1)) % 10 == int(digits[12])


def nir(value: str) -> bool:
    """French registration number, and the INS made of it; Corsica's 2A and 2B count as 19 and 18."""
    digits = value.replace("2A", "19").replace("2B", "18") if value[5:7] in ("2A", "2B") else value
    return digits.isdigit() and int(digits[13:]) == 97 - int(digits[:13]) % 97


def ahv(value: str) -> bool:
    """Swiss old-age insurance number: 756, and the check of an EAN-13."""
    return ean(value)


_DNI = "TRWAGMYFPDXBNJZSQVHLCKE"


def dni(value: str) -> bool:
    """Spanish identity number, and the foreigner's, whose X, Y or Z counts as 0, 1 or 2."""
    number = value[:-1].translate(str.maketrans("XYZ", "012"))
    return _DNI[int(number) % 23] == value[-1]


_ODD = (1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23)


def codice_fiscale(value: str) -> bool:
    """Italian tax code: odd places by a table of their own, even places by their rank, mod 26."""
    ranks = [int(character) if character.isdigit() else ord(character) - 65 for character in value]
    total = sum(rank if index % 2 else _ODD[rank] for index, rank in enumerate(ranks[:15]))
    return total % 26 == ranks[15]


def bsn(value: str) -> bool:
    """Dutch citizen service number: the eleven-test."""
    return varied(value) and weighted(value, (9, 8, 7, 6, 5, 4, 3, 2, -1)) % 11 == 0


def rijksregister(value: str) -> bool:
    """Belgian national number; those born from 2000 on count with a 2 before. Months may be 20 or 40 up (BIS)."""
    number, key = int(value[:9]), int(value[9:])
    dated = month_day(value[2:6], months_added=(0, 20, 40)) or value[2:6] == "0000"
    return dated and key in (97 - number % 97, 97 - (2_000_000_000 + number) % 97)


def pesel(value: str) -> bool:
    """Polish number; the month tells the century."""
    born = month_day(value[2:6], months_added=(0, 20, 40, 60, 80))
    return born and weighted(value, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1)) % 10 == 0


def personnummer(value: str) -> bool:
    """Swedish personal and coordination number (day 60 up), ten digits or twelve."""
    digits = value[-10:]
    return month_day(digits[2:6], days_added=(0, 60)) and luhn(digits)


def cpr(value: str) -> bool:
    """Danish number: since 2007 its mod 11 binds no more, so only the date is asked."""
    return day_month(value, days_added=(0, 60))


def fodselsnummer(value: str) -> bool:
    """Norwegian birth number; D-numbers have the day 40 up, H-numbers the month."""
    return (
        day_month(value, days_added=(0, 40), months_added=(0, 40, 80))
        and weighted(value, (3, 7, 6, 1, 8, 9, 4, 5, 2, 1)) % 11 == 0
        and weighted(value, (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)) % 11 == 0
    )


def hetu(value: str) -> bool:
    """Finnish personal identity code; compact, the century's sign is gone or a letter."""
    match = re.fullmatch(r"(\d{6})[A-FU-Y]?(\d{3})([0-9A-Y])", value)
    if not match or not day_month(value):
        return False
    return "0123456789ABCDEFHJKLMNPRSTUVWXY"[int(match[1] + match[2]) % 31] == match[3]


def nif(value: str) -> bool:
    """Portuguese tax number."""
    check = 11 - weighted(value, (9, 8, 7, 6, 5, 4, 3, 2)) % 11
    return int(value[8]) == (0 if check > 9 else check)


def svnr(value: str) -> bool:
    """Austrian social insurance number: the fourth digit checks; months 13 to 15 where days ran out."""
    check = weighted(value, (3, 7, 9, 0, 5, 8, 4, 2, 1, 6)) % 11
    return value[0] != "0" and check == int(value[3]) and day_month(value[4:8], months_added=(0, 1, 2, 3))


def oib(value: str) -> bool:
    """Croatian personal number."""
    return varied(value) and iso_7064_mod_11_10(value)


def cnp(value: str) -> bool:
    """Romanian personal code."""
    check = weighted(value, (2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9)) % 11
    return month_day(value[3:7]) and (1 if check == 10 else check) == int(value[12])


def rodne_cislo(value: str) -> bool:
    """Czech and Slovak birth number; women's months are 50 up, 20 or 70 where a day's numbers ran out."""
    checked = int(value) % 11 == 0 or int(value[:9]) % 11 % 10 == int(value[9])  # the second: some made before 1985
    return checked and month_day(value[2:6], months_added=(0, 20, 50, 70))


def isikukood(value: str) -> bool:
    """Estonian and Lithuanian personal code: mod 11 by one row of weights, then by another."""
    first = weighted(value, (1, 2, 3, 4, 5, 6, 7, 8, 9, 1)) % 11
    second = weighted(value, (3, 4, 5, 6, 7, 8, 9, 1, 2, 3)) % 11
    check = first if first < 10 else second % 10
    return month_day(value[3:7]) and check == int(value[10])
