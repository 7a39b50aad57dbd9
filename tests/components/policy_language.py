"""Azure Policy's condition language, as far as definitions of ours use it: what would a definition say of an ARM body?

Read from learn.microsoft.com/azure/governance/policy/concepts/definition-structure-policy-rule and
…/how-to/author-policies-for-arrays. What is not there is refused, so that no definition is judged by a guess: no
functions, no `[*]` outside a count, no comparison of a number with a text.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

Body = Mapping[str, Any]
MISSING: Any = object()
PLAIN = ("type", "name", "location", "id", "kind", "fullName")
MOST_DEEP = 3
"""Counts within counts: no built-in of Azure/azure-policy (2026-04-29) has more."""
MOST_COUNTS = 11
"""Counts in one definition; likewise."""


class NotUnderstood(ValueError):
    """A condition outside what is understood here."""


@dataclass(frozen=True, kw_only=True)
class Resource:
    """A resource as a request brings it: its ARM body, and the paths that aliases stand for."""

    body: Body
    aliases: Mapping[str, str]
    """Path by alias, both as Azure lists them; aliases in lower case."""
    elements: Mapping[str, Any] = field(default_factory=dict)
    """Within a count: the element that an array's path stands for."""
    depth: int = 0


def meets(condition: Mapping[str, Any], resource: Resource) -> bool:
    """Whether a definition's `if` holds, and its effect strikes."""
    keys = set(condition)
    if keys == {"allOf"}:
        return all(meets(one, resource) for one in condition["allOf"])
    if keys == {"anyOf"}:
        return any(meets(one, resource) for one in condition["anyOf"])
    if keys == {"not"}:
        return not meets(condition["not"], resource)
    if "count" in keys:
        (operator,) = keys - {"count"}
        return _compare(operator, _counted(condition["count"], resource), condition[operator])
    if "field" in keys and len(keys) == 2:
        (operator,) = keys - {"field"}
        return _compare(operator, _value(condition["field"], resource), condition[operator])
    raise NotUnderstood(f"{sorted(keys)}")


def aliases_of(condition: object) -> Iterator[str]:
    """Every field that it looks at, types left out."""
    if isinstance(condition, Mapping):
        found = condition.get("field")
        if isinstance(found, str):
            yield found
        for value in condition.values():
            yield from aliases_of(value)
    elif isinstance(condition, list):
        for value in condition:
            yield from aliases_of(value)


def counts_of(condition: object, depth: int = 0) -> Iterator[int]:
    """The depth of each count in it."""
    if isinstance(condition, Mapping):
        inner = depth + 1 if "count" in condition else depth
        if inner > depth:
            yield inner
        for value in condition.values():
            yield from counts_of(value, inner)
    elif isinstance(condition, list):
        for value in condition:
            yield from counts_of(value, depth)


def _counted(count: Mapping[str, Any], resource: Resource) -> int:
    if set(count) - {"field", "where"} or not str(count.get("field")).endswith("[*]"):
        raise NotUnderstood(f"count of {count.get('field')}")
    if resource.depth == MOST_DEEP:
        raise NotUnderstood(f"count of {count['field']}: deeper than {MOST_DEEP}")
    path = _path(count["field"], resource)
    where = count.get("where")
    return sum(
        where is None or meets(where, replace(resource, elements=bound, depth=resource.depth + 1))
        for bound in _elements(path, resource)
    )


def _elements(path: str, resource: Resource) -> Iterator[Mapping[str, Any]]:
    """What the arrays of a path stand for, element by element; those bound by an outer count stay bound."""
    bound: list[dict[str, Any]] = [dict(resource.elements)]
    arrays = [path[: match.end()] for match in re.finditer(re.escape("[*]"), path)]
    for array in arrays:
        bound = [
            {**known, array: element}
            for known in bound
            for element in ([known[array]] if array in known else _listed(_read(array[:-3], known, resource.body)))
        ]
    yield from bound


def _value(name: str, resource: Resource) -> Any:  # noqa: ANN401 JSON of any shape
    body = resource.body
    if name in PLAIN:
        whole = str(body.get("name", ""))
        return {"name": whole.rpartition("/")[2], "fullName": whole}.get(name, body.get(name, MISSING))
    if name.startswith("tags["):
        return (body.get("tags") or {}).get(name[len("tags['") : -len("']")], MISSING)
    return _read(_path(name, resource), resource.elements, body)


def _path(name: str, resource: Resource) -> str:
    try:
        return resource.aliases[name.lower()]
    except KeyError:
        raise NotUnderstood(f"alias {name}") from None


def _read(path: str, elements: Mapping[str, Any], body: Body) -> Any:  # noqa: ANN401 JSON of any shape
    longest = max((known for known in elements if path == known or path.startswith(f"{known}.")), key=len, default="")
    if "[*]" in path[len(longest) :]:
        raise NotUnderstood(f"{path}: an array outside a count")
    value: Any = elements[longest] if longest else body
    for part in path[len(longest) :].strip(".").split("."):
        if not part:
            continue
        value = _member(value, part)
    # What a request leaves open and what it says is null are the same to Azure.
    return MISSING if value is None else value


def _member(value: Any, name: str) -> Any:  # noqa: ANN401 JSON of any shape
    if not isinstance(value, Mapping):
        return MISSING
    return next((found for key, found in value.items() if key.lower() == name.lower()), MISSING)


def _listed(value: Any) -> list[Any]:  # noqa: ANN401 JSON of any shape
    return list(value) if isinstance(value, list | tuple) else []


def _compare(operator: str, value: Any, wanted: Any) -> bool:  # noqa: ANN401 JSON of any shape
    positive, negated = operator, False
    for prefix in ("notI", "notE", "notC", "notL"):
        if operator.startswith(prefix):
            positive, negated = operator[len("not") :][0].lower() + operator[len("notX") :], True
    try:
        return _OPERATORS[positive](value, wanted) is not negated
    except KeyError:
        raise NotUnderstood(f"operator {operator}") from None


def _text(value: Any) -> str:  # noqa: ANN401 JSON of any shape
    """Azure compares texts without their case, and a truth value with its name."""
    if isinstance(value, bool | str | int):
        return str(value).lower()
    raise NotUnderstood(f"comparing {value!r}")


def _equals(value: Any, wanted: Any) -> bool:  # noqa: ANN401 JSON of any shape
    return value is not MISSING and not isinstance(value, Mapping | list | tuple) and _text(value) == _text(wanted)


def _exists(value: Any, wanted: Any) -> bool:  # noqa: ANN401 JSON of any shape
    return (value is not MISSING) is (_text(wanted) == "true")


def _in(value: Any, wanted: Any) -> bool:  # noqa: ANN401 JSON of any shape
    return any(_equals(value, one) for one in wanted)


def _contains(value: Any, wanted: Any) -> bool:  # noqa: ANN401 JSON of any shape
    return value is not MISSING and _text(wanted) in _text(value)


def _like(value: Any, wanted: Any) -> bool:  # noqa: ANN401 JSON of any shape
    if str(wanted).count("*") > 1:
        raise NotUnderstood(f"like {wanted}: Azure takes one wildcard")
    before, _, after = _text(wanted).partition("*")
    return value is not MISSING and bool(re.fullmatch(f"{re.escape(before)}.*{re.escape(after)}", _text(value)))


def _number(compare: Callable[[float, float], bool]) -> Callable[[Any, Any], bool]:
    def check(value: Any, wanted: Any) -> bool:  # noqa: ANN401 JSON of any shape
        if value is MISSING:
            return False
        if any(isinstance(one, bool) or not isinstance(one, int | float) for one in (value, wanted)):
            raise NotUnderstood(f"comparing {value!r} with {wanted!r} as numbers")
        return compare(value, wanted)

    return check


_OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {
    "equals": _equals,
    "exists": _exists,
    "in": _in,
    "contains": _contains,
    "like": _like,
    "less": _number(lambda value, wanted: value < wanted),
    "greater": _number(lambda value, wanted: value > wanted),
}
