"""Validators by the name under which a scheme asks for them.

Those of numbers get the value compact: letters upper-case, separators gone. Those in `AS_WRITTEN` get it as it stands.
A value that a validator can't read (letters where it wants digits) is not of its scheme.
"""

import re
from collections.abc import Callable, Mapping

from model_images.gateway.guard.detectors.validators import (
    addresses,
    australia,
    calendar_dates,
    europe,
    industry,
    north_america,
    uk_and_ireland,
)

_MODULES = (addresses, australia, calendar_dates, europe, industry, north_america, uk_and_ireland)
AS_WRITTEN = frozenset(
    {
        "ca_postcode", "compact_date", "ip_address", "local_phone", "nl_postcode", "numeric_date", "partial_date",
        "phone", "street_and_number", "street_line", "uk_postcode", "year_first_date",
    }
)  # fmt: skip
_SEPARATORS = re.compile(r"[^A-Za-z0-9]+")

VALIDATORS: Mapping[str, Callable[[str], bool]] = {
    name: validator
    for module in _MODULES
    for name, validator in vars(module).items()
    if callable(validator) and not name.startswith("_") and validator.__module__ == module.__name__
}


def holds(name: str, value: str) -> bool:
    """Whether `value` is what the validator `name` proves. Unreadable is no."""
    compact = value if name in AS_WRITTEN else _SEPARATORS.sub("", value).upper()
    if not compact:
        return False
    try:
        return VALIDATORS[name](compact)
    except (ValueError, IndexError):
        return False
