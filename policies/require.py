"""Small assertions that rules are made of. Each returns a verdict and treats an unknown as not evaluated.

Text is compared without case, because ARM does: `deny` and `Deny` are the same wish.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from plan.model import MISSING, UNKNOWN, PlannedResource, Value
from policies.verdict import PASSED, Outcome, Verdict, all_of, not_evaluated, refused


def require(
    resource: PlannedResource,
    path: str,
    *,
    equals: object = MISSING,
    one_of: Collection[object] | None = None,
    none_of: Collection[object] | None = None,
    at_least: float | None = None,
    matches: str | None = None,
    present: bool = False,
    absent: bool = False,
    default: object = MISSING,
    cure: object = MISSING,
) -> Verdict:
    """The value at `path` meets every condition given.

    A path may hold `[*]` for every element; an absent or empty list then refuses, because nothing was shown.
    `default` is what Azure assumes where the value is absent: name its source at the call. `cure` is the one of several
    values that anybody would write.
    """
    found = list(resource.each(path))
    if not found:
        return PASSED if absent else refused(f"{path} is empty")
    right = equals if cure is MISSING else cure
    return all_of(
        _curable(
            _one(
                where,
                default if value is MISSING else value,
                equals,
                one_of,
                none_of,
                at_least,
                matches,
                present,
                absent,
            ),
            where,
            right,
        )
        for where, value in found
    )


def _curable(verdict: Verdict, path: str, right: object) -> Verdict:
    curable = verdict.outcome is Outcome.REFUSED and right is not MISSING
    return replace(verdict, cure={path: right}) if curable else verdict


def _one(
    path: str,
    value: Value,
    equals: object,
    one_of: Collection[object] | None,
    none_of: Collection[object] | None,
    at_least: float | None,
    matches: str | None,
    present: bool,
    absent: bool,
) -> Verdict:
    if value is UNKNOWN:
        return not_evaluated(f"{path} is known only after deployment")
    if absent:
        return PASSED if value is MISSING or value == [] or value == "" else refused(f"{path} is {show(value)}")
    if value is MISSING:
        return refused(f"{path} is not set{_wanted(equals, one_of, at_least)}")
    if equals is not MISSING and not same(value, equals):
        return refused(f"{path} is {show(value)}, not {show(equals)}")
    if one_of is not None and not any(same(value, allowed) for allowed in one_of):
        return refused(f"{path} is {show(value)}; allowed: {', '.join(str(item) for item in one_of)}")
    if none_of is not None and any(same(value, banned) for banned in none_of):
        return refused(f"{path} is {show(value)}")
    if at_least is not None and (not isinstance(value, int | float) or isinstance(value, bool) or value < at_least):
        return refused(f"{path} is {show(value)}, less than {at_least:g}")
    if matches is not None and not (isinstance(value, str) and re.search(matches, value)):
        return refused(f"{path} is {show(value)}")
    if present and value in ("", [], {}):
        return refused(f"{path} is empty")
    return PASSED


def same(value: object, wanted: object) -> bool:
    """Equal as ARM compares: text without case, and no number passing for a truth value."""
    if isinstance(value, str) and isinstance(wanted, str):
        return value.casefold() == wanted.casefold()
    if isinstance(value, bool) or isinstance(wanted, bool):
        return value is wanted
    return value == wanted


def show(value: object) -> str:
    """A value as a message shows it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f"'{value}'"
    text = str(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _wanted(equals: object, one_of: Collection[object] | None, at_least: float | None) -> str:
    if equals is not MISSING:
        return f"; it must be {show(equals)}"
    if one_of is not None:
        return f"; allowed: {', '.join(str(item) for item in one_of)}"
    if at_least is not None:
        return f"; it must be {at_least:g} or more"
    return ""


def given(resource: PlannedResource, path: str) -> Verdict:
    """Something stands at `path`, be its value known or not: for ids and addresses that come with a deployment."""
    values = [value for _, value in resource.each(path)]
    missing = not values or any(value is MISSING or value in ("", [], {}) for value in values if value is not UNKNOWN)
    return refused(f"{path} is not set") if missing else PASSED


def when(condition: bool, verdict: Verdict) -> Verdict:
    """The verdict where the condition holds; passed where the rule asks for nothing."""
    return verdict if condition else PASSED


def texts(value: Value) -> list[str]:
    """The texts of a list; other elements are left out."""
    return [item for item in value if isinstance(item, str)] if isinstance(value, list | tuple) else []


def refers(part: Mapping[str, object], key: str) -> bool:
    """Whether a part names another resource by its id there, or will: an id may be known only after deployment."""
    value = part.get(key)
    return value is UNKNOWN or (isinstance(value, dict) and value.get("id", MISSING) not in (MISSING, None, ""))


def items(value: Value) -> list[dict[str, Any]]:
    """The objects of a list; other elements are left out."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list | tuple) else []
