"""What looks like an address, and is a measure of time, a tumour's stage or an ordinal."""

import re

from model_images.gateway.guard.detectors.name_words import words_in

_TIME = re.compile(
    r"(?:am|im|in|zum|an)?\s*\d*\s*(?:days?|weeks?|months?|years?|hours?|minutes?|times|patients?|cycles?|doses?|units?|"
    r"(?:mon|diens|donners|frei|sams|sonn)tag|mittwoch|abend|morgen|mittag|tage?|verlauf|anfang|ende|jahre?|alter|"
    r"januar|februar|m[ae]rz|april|mai|juni|juli|august|september|oktober|november|dezember)\b",
    re.IGNORECASE,
)

_NO_LETTERS = frozenset(
    {
        "SA", "SD", "SS", "IU", "UI", "IE", "MG", "ML", "UG", "KG", "MM", "CM", "KM", "MS", "ME", "MW", "HZ", "HR",
        "HS", "AM", "PM", "PO", "IV", "SC", "IM", "OD", "BD", "CT", "MR", "US",
    }
)  # fmt: skip
"""Never issued; units, ways of giving, and kinds of imaging."""


def street_line(value: str) -> bool:
    """A number, names, and at the end what streets are called; what bodies have, too, wants a number above 99."""
    if _TIME.match(value):
        return False
    last = value.rstrip(".").rpartition(" ")[2].lower()
    number = re.match(r"\d+", value)
    return last in words_in("street_types") or (
        last in words_in("street_types_in_bodies") and number is not None and len(number[0]) > 2
    )


def street_and_number(value: str) -> bool:
    """Not `Am Montag 3`."""
    return _TIME.match(value) is None


def uk_postcode(value: str) -> bool:
    """Not `L5 1st`: the second half of a postcode, in small letters, may be an ordinal."""
    return re.search(r"(?:1st|2nd|3rd|\dth)$", value) is None


def nl_postcode(value: str) -> bool:
    """Not `2000 IU`, `1500 ML` nor `2019 MR`; and SA, SD and SS were never issued."""
    digits, letters = value[:4], value[-2:]
    a_year = "1900" <= digits <= "2100" and len(value) > len("2019MR")
    return not a_year and letters not in _NO_LETTERS


def ca_postcode(value: str) -> bool:
    """Not `T4N2M0`: a tumour's stage (TNM)."""
    return re.fullmatch(r"T\dN\d[- ]?M\d|T\dN \dM\d", value, re.IGNORECASE) is None
