"""Kubernetes' quantities as numbers, for rules that compare them. A pack is published without the dials' own.

kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity
"""

import re
from decimal import Decimal
from typing import Final

_WRITTEN: Final = re.compile(r"(\d+(?:\.\d+)?)(m|[kMGT]|[KMGT]i)?")
_POWER: Final = {"k": 1, "K": 1, "M": 2, "G": 3, "T": 4}


def amount(quantity: object) -> Decimal | None:
    """A quantity as a number, `500m` as a half; None for what is none."""
    found = _WRITTEN.fullmatch(str(quantity))
    if found is None:
        return None
    number, unit = Decimal(found[1]), found[2] or ""
    if unit == "m":
        return number / 1000
    return number * Decimal(1024 if unit.endswith("i") else 1000) ** _POWER.get(unit[:1], 0)
