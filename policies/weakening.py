"""What would weaken a stack, as data: each file of `policies/weakenings/` says it for one family of types.

A file maps a type token (or a prefix with `*`) to

    remove: refused                     or a harmless:, or a list of cases; what happens when one of them vanishes
    <facet>:                            one of FACETS
      a.path: [true, absent]            weaker values, each tried on its own; a word of WORDS is done, not written
      b[*].path:                        every element of a list or mapping
        - {set: absent}                 the text `absent` itself
        - {add: {…}}                    one element more
        - {try: [x], when: {p: v}, unless: {.q: v}, harmless: why nobody is hurt, by: rule.id}
    add:                                a resource more: {what, facet, inputs, like, by, harmless, when, unless}
    inert: [names]                      top-level properties that weaken nothing
    none: reason                        the type has nothing to weaken

Paths are as in `plan.model`, with `['a.b']` for a key that holds dots, and `|` where a text is JSON and the path goes
on inside. `when` and `unless` name values of the resource, or of the nearest list element where the path begins with a
dot; `~` begins a regular expression; `$name`, `$stack`, `$environment`, `$jurisdiction` and `$protect` are no inputs.

What holds is never said here: `policies.coverage` finds it out.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import resources as package_files
from typing import Any, Final

import yaml

FACETS: Final = (
    "network-exposure",
    "encryption",
    "identity",
    "logging",
    "location",
    "redundancy",
    "retention",
    "deletion-protection",
    "version",
    "secrets",
    # Neither door nor key: that what runs is what was approved (image, model, manifest), and does nothing more.
    "integrity",
    # Owner, class and budget of a thing, and Azure Policy's own settings.
    "governance",
)
WORDS: Final = ("absent", "empty", "foreign", "smaller", "larger", "remove-item")
REMOVAL: Final = "deletion-protection"
"""Facet of a resource that vanishes, where its type says nothing else by `facet`."""
_CASE: Final = frozenset({"try", "when", "unless", "harmless", "by"})
_KEYS: Final = frozenset({"remove", "add", "inert", "none"})
_STEP: Final = re.compile(r"\['([^']*)'\]|\[(\*)\]|(\|)|([^.\[\]|]+)|\.")


class WeakeningError(ValueError):
    """A file that can't be used; the message says which, where and why."""


@dataclass(frozen=True, kw_only=True)
class Weakening:
    """One way to make one property of a type weaker, or a resource less, or one more."""

    type: str
    """Type token, or a prefix with `*`."""
    facet: str
    path: str = ""
    """Empty where the resource as a whole comes or goes."""
    change: str
    """A word of WORDS, or `set`, `add`, `vanish`, `appear`."""
    value: object = None
    when: Mapping[str, object] = field(default_factory=dict)
    unless: Mapping[str, object] = field(default_factory=dict)
    harmless: str = ""
    """Why nobody is hurt; then a survivor is no gap."""
    by: tuple[str, ...] = ()
    """Rules of which one must refuse: another's refusal is chance, as of a tag that the new resource lacks."""
    what: str = ""
    """In words, of a resource that appears."""
    like: str = ""
    """Type whose first resource the new one copies, under its own inputs."""


@dataclass(frozen=True, kw_only=True)
class Family:
    """What one file says of one type."""

    type: str
    file: str
    weakenings: tuple[Weakening, ...]
    inert: tuple[str, ...] = ()
    none: str = ""


@lru_cache(maxsize=1)
def families() -> tuple[Family, ...]:
    """Every type of every file, in the order of the files. Raises WeakeningError."""
    folder = package_files.files("policies") / "weakenings"
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    found: list[Family] = []
    for path in sorted(folder.iterdir(), key=lambda item: item.name):
        if path.name.endswith(".yaml"):
            text = path.read_text(encoding="utf-8")
            found += read(path.name, yaml.load(text, Loader=loader))  # noqa: S506 a safe loader
    twice = {one.type for one in found if sum(other.type == one.type for other in found) > 1}
    if twice:
        raise WeakeningError(f"{', '.join(sorted(twice))}: in two files; a type is judged in one place")
    return tuple(found)


def of_type(token: str) -> tuple[Family, ...]:
    """What is said of a type: by its own name, and by prefixes that hold it."""
    return tuple(one for one in families() if matches(one.type, token))


def matches(pattern: str, token: str) -> bool:
    """Whether a token is the one named, or begins as the prefix."""
    return token.startswith(pattern[:-1]) if pattern.endswith("*") else token == pattern


def read(file: str, document: object) -> Iterator[Family]:
    """The types of one file. Raises WeakeningError."""
    if not isinstance(document, Mapping):
        raise WeakeningError(f"{file}: must map type tokens to what weakens them")
    for token, said in document.items():
        if str(token).startswith("."):
            continue  # anchors that other places repeat
        if not isinstance(said, Mapping):
            raise WeakeningError(f"{file}: {token} must be a mapping")
        unknown = set(said) - _KEYS - set(FACETS)
        if unknown:
            raise WeakeningError(f"{file}: {token}: no facet {', '.join(sorted(map(str, unknown)))}; see FACETS")
        ways = tuple(_ways(str(token), said, f"{file}: {token}"))
        none = str(said.get("none") or "")
        if not ways and not none:
            raise WeakeningError(f"{file}: {token}: neither a weakening nor `none:` with a reason")
        yield Family(type=str(token), file=file, weakenings=ways, none=none, inert=tuple(said.get("inert") or ()))


def _ways(token: str, said: Mapping[str, Any], where: str) -> Iterator[Weakening]:
    removals = said.get("remove", ())
    for case in removals if isinstance(removals, list | tuple) else [removals]:
        yield _removal(token, case, where)
    for facet in FACETS:
        for path, values in (said.get(facet) or {}).items():
            steps_of(str(path))
            listed = values if isinstance(values, list) else [values]
            yield from _values(token, facet, str(path), listed, {}, f"{where}: {path}")
    for extra in said.get("add") or ():
        yield _addition(token, extra, where)


def _removal(token: str, case: object, where: str) -> Weakening:
    if case == "refused":
        return Weakening(type=token, facet=REMOVAL, change="vanish")
    if not isinstance(case, Mapping) or set(case) - _CASE - {"facet"}:
        raise WeakeningError(
            f"{where}: remove is `refused`, or a case with {', '.join(sorted(_CASE - {'try'}))}, facet"
        )
    return Weakening(type=token, facet=_facet(case.get("facet", REMOVAL), where), change="vanish", **_case(case))


def _values(
    token: str, facet: str, path: str, values: Sequence[object], case: dict[str, Any], where: str
) -> Iterator[Weakening]:
    for value in values:
        if isinstance(value, Mapping) and "try" in value:
            if set(value) - _CASE:
                raise WeakeningError(f"{where}: a case holds {', '.join(sorted(_CASE))}")
            tried = value["try"] if isinstance(value["try"], list) else [value["try"]]
            yield from _values(token, facet, path, tried, _case(value), where)
            continue
        change, wanted = _change(value, where)
        yield Weakening(type=token, facet=facet, path=path, change=change, value=wanted, **case)


def _change(value: object, where: str) -> tuple[str, object]:
    if isinstance(value, str) and value in WORDS:
        return value, None
    if isinstance(value, Mapping):
        if len(value) == 1 and set(value) <= {"set", "add"}:
            ((change, wanted),) = value.items()
            return str(change), wanted
        raise WeakeningError(f"{where}: a mapping is {{set: …}}, {{add: …}} or a case with `try`")
    return "set", value


def _addition(token: str, extra: object, where: str) -> Weakening:
    if not isinstance(extra, Mapping) or not {"what", "facet"} <= set(extra):
        raise WeakeningError(f"{where}: add: each says what, facet and inputs")
    if set(extra) - _CASE - {"what", "facet", "inputs", "like"}:
        raise WeakeningError(f"{where}: add: {extra['what']}: unknown key")
    return Weakening(
        type=token,
        facet=_facet(extra["facet"], where),
        change="appear",
        value=extra.get("inputs") or {},
        what=str(extra["what"]),
        like=str(extra.get("like") or ""),
        **_case(extra),
    )


def _case(case: Mapping[str, Any]) -> dict[str, Any]:
    by = case.get("by") or ()
    return {
        "when": case.get("when") or {},
        "unless": case.get("unless") or {},
        "harmless": str(case.get("harmless") or ""),
        "by": (by,) if isinstance(by, str) else tuple(by),
    }


def _facet(name: object, where: str) -> str:
    if name not in FACETS:
        raise WeakeningError(f"{where}: no facet {name!r}; see FACETS")
    return str(name)


@lru_cache(maxsize=4096)
def steps_of(path: str) -> tuple[str, ...]:
    """A path in steps: keys and indexes, `*` for every element, `|` where a text is JSON."""
    steps: list[str] = []
    position = 0
    while position < len(path):
        match = _STEP.match(path, position)
        if match is None:
            raise WeakeningError(f"path '{path}' can't be read at '{path[position:]}'")
        position = match.end()
        steps += [part for part in match.groups() if part is not None]
    return tuple(steps)
