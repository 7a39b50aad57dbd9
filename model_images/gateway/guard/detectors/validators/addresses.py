"""What looks like an address, and is a measure of time, a tumour's stage or an ordinal."""

import re

_TIME = re.compile(
    r"(?:am|im|in|zum|an)?\s*\d*\s*(?:days?|weeks?|months?|years?|hours?|minutes?|times|patients?|cycles?|doses?|units?|"
    r"(?:mon|diens|donners|frei|sams|sonn)tag|mittwoch|abend|morgen|mittag|tage?|verlauf|anfang|ende|jahre?|alter|"
    r"januar|februar|m[ae]rz|april|mai|juni|juli|august|september|oktober|november|dezember)\b",
    re.IGNORECASE,
)


def street(value: str) -> bool:
    """Not `3 Days Later Dr`, nor `Am Montag 3`."""
    return _TIME.match(value) is None


def uk_postcode(value: str) -> bool:
    """Not `L5 1st`: the second half of a postcode, in small letters, may be an ordinal."""
    return re.search(r"(?:1st|2nd|3rd|\dth)$", value) is None


def ca_postcode(value: str) -> bool:
    """Not `T4N2M0`: a tumour's stage (TNM)."""
    return re.fullmatch(r"T\dN\d[- ]?M\d|T\dN \dM\d", value, re.IGNORECASE) is None
