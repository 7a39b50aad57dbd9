"""Regulations that a stack's own data brings into force, whatever its jurisdiction.

A plan is all that `check` has, so no stack file is asked: what each use case takes is pinned in the prompt store, and
what a caller may send is a role of the gateway's application. CrossGuard asks of one resource at a time, and there the
jurisdiction's law alone is cited; of the whole stack it asks as `check` does.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from plan.model import Plan, Value
from policies.types import KEY_VALUE

BY_CLASS: Final[Mapping[str, str]] = {"payment": "pci-dss"}
"""Catalogue by class of data. Health data has none here: a jurisdiction names its law of health data itself."""

_ROLES: Final = {
    "azuread:index/application:Application": ("appRoles[*].value", "displayName"),
    "azuread:index/applicationAppRole:ApplicationAppRole": ("value", "displayName"),
}
"""Where a role's value and the name of its holder stand, by type."""
_PINNED: Final = "use-case:"
_MAY_SEND: Final = "data-class."


def by_data(plan: Plan) -> Mapping[str, str]:
    """Catalogues that hold for what a stack takes, each with the reason: `payment data is in scope: use case 'x'`."""
    # A role follows from the use case that takes its class: it is named where no use case tells.
    takers = {**_grouped(_sent(plan)), **_grouped(_taken(plan))}
    return {
        catalogue: f"{name} data is in scope: {', '.join(dict.fromkeys(takers[name]))}"
        for name, catalogue in BY_CLASS.items()
        if name in takers
    }


def _grouped(pairs: Iterable[tuple[str, str]]) -> Mapping[str, Sequence[str]]:
    found: dict[str, list[str]] = {}
    for data_class, taker in pairs:
        found.setdefault(data_class, []).append(taker)
    return found


def _taken(plan: Plan) -> Iterator[tuple[str, str]]:
    """Classes by use case, as pinned. What can't be read here is refused by `prompts.use-cases-are-pinned`."""
    for item in plan.of_type(KEY_VALUE):
        key = str(item.get("keyValueName"))
        if key.startswith(_PINNED):
            name = key.removeprefix(_PINNED).partition("$")[0]
            yield from ((data_class, f"use case '{name}'") for data_class in _classes(item.get("value")))


def _sent(plan: Plan) -> Iterator[tuple[str, str]]:
    """Classes that a token may carry: without a role nobody is given one."""
    for token, (path, name) in _ROLES.items():
        for item in plan.of_type(token):
            for _, value in item.each(path):
                if isinstance(value, str) and value.startswith(_MAY_SEND):
                    yield value.removeprefix(_MAY_SEND), f"role {value} of '{item.get(name)}'"


def _classes(value: Value) -> tuple[str, ...]:
    try:
        found = json.loads(value)["dataClasses"] if isinstance(value, str) else []
    except (ValueError, KeyError, TypeError):
        return ()
    return tuple(name for name in found if isinstance(name, str)) if isinstance(found, list) else ()
