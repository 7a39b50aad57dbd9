"""Numbers of Australia."""

from model_images.gateway.guard.detectors.validators.check_digits import luhn, varied, weighted


def medicare(value: str) -> bool:
    """Medicare card: the ninth digit checks the first eight; issue and person may follow."""
    return varied(value[:8]) and weighted(value, (1, 3, 7, 9, 1, 3, 7, 9)) % 10 == int(value[8])


def ihi(value: str) -> bool:
    """Healthcare identifiers: 800360 for persons, 800361 for providers, 800362 for organisations; Luhn."""
    return luhn(value)


def tfn(value: str) -> bool:
    """Tax file number of nine digits; the older eight are found by their label."""
    return len(value) == 9 and varied(value) and weighted(value, (1, 4, 3, 7, 5, 8, 6, 9, 10)) % 11 == 0
