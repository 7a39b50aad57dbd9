"""Kubernetes' quantities as numbers: what a dial says, a quota multiplies and a rule compares.

kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity
"""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated

from pydantic import StringConstraints

_FORM = r"^([0-9]+(?:\.[0-9]+)?)(m|k|M|G|T|Ki|Mi|Gi|Ti)?$"
Quantity = Annotated[str, StringConstraints(pattern=_FORM)]
UNITS: Mapping[str, Decimal] = {
    "m": Decimal("0.001"),
    "": Decimal(1),
    **{unit: Decimal(1000) ** (power + 1) for power, unit in enumerate(("k", "M", "G", "T"))},
    **{unit: Decimal(1024) ** (power + 1) for power, unit in enumerate(("Ki", "Mi", "Gi", "Ti"))},
}


def amount(quantity: object) -> Decimal | None:
    """A quantity as a number, `500m` as a half; None for what is none."""
    found = re.match(_FORM, str(quantity))
    return Decimal(found[1]) * UNITS[found[2] or ""] if found else None


def together(*quantities: str) -> str:
    """The sum of some. Raises ValueError where one is none; bytes in Mi at the finest, CPUs in thousandths."""
    found = [amount(one) for one in quantities]
    if any(one is None for one in found):
        raise ValueError(f"{', '.join(quantities)}: not all are quantities of Kubernetes, such as 500m, 4 or 16Gi")
    whole = sum((one for one in found if one is not None), Decimal(0))
    if any(one.endswith("i") for one in quantities):
        return times(f"{int(whole / UNITS['Ki'])}Ki", 1)
    return times(f"{int(whole * 1000)}m", 1)


def times(quantity: str, count: int) -> str:
    """A multiple, in the form in which the API server gives it back, so that no diff shows what nobody changed."""
    one = amount(quantity)
    if one is None:
        raise ValueError(f"'{quantity}' is no quantity of Kubernetes, such as 500m, 4 or 16Gi")
    whole = one * count
    if quantity.endswith("i"):
        for unit in ("Ti", "Gi", "Mi", "Ki"):
            if whole and whole % UNITS[unit] == 0:
                return f"{int(whole / UNITS[unit])}{unit}"
    return str(int(whole)) if whole % 1 == 0 else f"{int(whole * 1000)}m"
