"""The plan: every resource that `pulumi up` would register, with what is known of it beforehand.

Plain data; no Pulumi, no Azure SDK. Inputs are in wire form (camelCase), as CrossGuard and the provider see them.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

Value = object
"""A JSON value, or UNKNOWN anywhere within."""


class _Unknown:
    """Known only after deployment."""

    _instance: "_Unknown | None" = None

    def __new__(cls) -> "_Unknown":
        cls._instance = cls._instance or super().__new__(cls)
        return cls._instance

    def __repr__(self) -> str:
        return "UNKNOWN"


class _Missing:
    """Not there at all."""

    def __repr__(self) -> str:
        return "MISSING"

    def __bool__(self) -> bool:
        return False


UNKNOWN: Final = _Unknown()
MISSING: Final = _Missing()

_WORD_START = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_GUID = re.compile(r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")

STACK_TYPE: Final = "pulumi:pulumi:Stack"
PROVIDER_PREFIX: Final = "pulumi:providers:"
OWN_PREFIX: Final = "bailiwick:"
"""Type tokens of this project's components: they group resources and are none themselves."""


@dataclass(frozen=True, kw_only=True)
class PlannedResource:
    """One registration."""

    urn: str
    type: str
    """Pulumi type token, for example `azure-native:storage:StorageAccount`."""
    name: str
    """Pulumi's logical name."""
    parent: str | None = None
    provider: str | None = None
    inputs: Mapping[str, Value] = field(default_factory=dict)
    outputs: Mapping[str, Value] = field(default_factory=dict)
    dependencies: tuple[str, ...] = ()
    property_dependencies: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Top-level input to the URNs that it is computed from."""
    protect: bool = False
    source: str | None = None
    """The line of the program that makes it, `components/network.py:120`; None in a plan that was read from a file."""

    @property
    def is_component(self) -> bool:
        """A grouping without anything in a cloud behind it."""
        return self.type == STACK_TYPE or self.type.startswith((OWN_PREFIX, PROVIDER_PREFIX))

    @property
    def id(self) -> Value:
        """The cloud's id, UNKNOWN before deployment with the real engine."""
        return self.outputs.get("id", UNKNOWN)

    @property
    def label(self) -> str:
        """`storage account 'stbweuprodweights'`: what a person calls it."""
        return f"{_words(self.type)} '{self.display_name}'"

    @property
    def display_name(self) -> str:
        """The name in the cloud where it is known and means something, else the logical name."""
        metadata = self.inputs.get("metadata")
        if isinstance(metadata, Mapping) and isinstance(metadata.get("name"), str):
            return str(metadata["name"])
        if isinstance(self.id, str) and self.id.startswith("/"):
            last = self.id.rpartition("/")[2]
            return self.name if last == "default" or _GUID.match(last) else last
        value = self.inputs.get(_name_key(self.type))
        return value if isinstance(value, str) else self.name

    def get(self, path: str) -> Value:
        """The value at a dotted path; `[*]` is not taken here, see `each`.

        MISSING where the path leads nowhere, UNKNOWN where it meets a value not known yet.
        """
        return _walk(self.inputs, path.split("."))

    def each(self, path: str) -> Iterator[tuple[str, Value]]:
        """All values at a path with `[*]` for every element of a list: pairs of concrete path and value.

        An absent list yields nothing; an unknown one yields itself.
        """
        yield from _expand(self.inputs, path.split("."), "")


@dataclass(frozen=True, kw_only=True)
class Plan:
    """All registrations of one stack: parents before children, each level by type and name."""

    project: str
    stack: str
    jurisdiction: str
    resources: tuple[PlannedResource, ...]
    outputs: Mapping[str, Value] = field(default_factory=dict)

    @property
    def environment(self) -> str:
        """The second part of the stack's name: `prod` of `eu-prod`."""
        return environment_of(self.stack)

    @cached_property
    def _by_urn(self) -> Mapping[str, PlannedResource]:
        return {resource.urn: resource for resource in self.resources}

    @cached_property
    def _by_type(self) -> Mapping[str, tuple[PlannedResource, ...]]:
        index: dict[str, list[PlannedResource]] = {}
        for resource in self.resources:
            index.setdefault(resource.type, []).append(resource)
        return {token: tuple(found) for token, found in index.items()}

    @cached_property
    def _by_id(self) -> Mapping[str, PlannedResource]:
        return {r.id.lower(): r for r in self.resources if isinstance(r.id, str) and r.id}

    def by_urn(self, urn: str) -> PlannedResource | None:
        """The resource with this URN."""
        return self._by_urn.get(urn)

    def by_id(self, identifier: str) -> PlannedResource | None:
        """The resource with this id in the cloud; ARM ids are compared without case."""
        return self._by_id.get(identifier.lower())

    def of_type(self, *tokens: str) -> tuple[PlannedResource, ...]:
        """Every resource of these types, type by type, in order of registration; `azure-native:*` takes a prefix."""
        found: list[PlannedResource] = []
        for token in tokens:
            if token.endswith("*"):
                found += [item for known in self.types if known.startswith(token[:-1]) for item in self._by_type[known]]
            else:
                found += self._by_type.get(token, ())
        return tuple(found)

    @property
    def types(self) -> Sequence[str]:
        """Every type token in the plan, sorted."""
        return sorted(self._by_type)


def environment_of(stack: str) -> str:
    """`prod` of `eu-prod`; a stack without a dash is judged as prod, the stricter."""
    return stack.partition("-")[2].partition("-")[0] or "prod"


def jurisdiction_of(stack: str) -> str:
    """`eu` of `eu-prod`."""
    return stack.partition("-")[0]


def _walk(value: Value, parts: Sequence[str]) -> Value:
    for part in parts:
        if value is UNKNOWN:
            return UNKNOWN
        if isinstance(value, Mapping):
            value = value.get(part, MISSING)
        elif isinstance(value, list | tuple) and part.isdigit():
            value = value[int(part)] if int(part) < len(value) else MISSING
        else:
            return MISSING
        if value is None:
            return MISSING
    return value


def _expand(value: Value, parts: Sequence[str], trail: str) -> Iterator[tuple[str, Value]]:
    if not parts:
        yield trail, MISSING if value is None else value
        return
    if value is UNKNOWN:
        yield trail, UNKNOWN
        return
    part, rest = parts[0], parts[1:]
    if part.endswith("[*]"):
        inner = _walk(value, [part[:-3]]) if part != "[*]" else value
        here = f"{trail}.{part[:-3]}".strip(".")
        if inner is UNKNOWN:
            yield here, UNKNOWN
        elif isinstance(inner, list | tuple):
            for index, element in enumerate(inner):
                yield from _expand(element, rest, f"{here}.{index}")
        elif isinstance(inner, Mapping):
            for key, element in inner.items():
                yield from _expand(element, rest, f"{here}.{key}")
        return
    yield from _expand(_walk(value, [part]), rest, f"{trail}.{part}".strip("."))


def _name_key(token: str) -> str:
    last = token.rpartition(":")[2]
    return last[:1].lower() + last[1:] + "Name"


def _words(token: str) -> str:
    """`storage account` of `azure-native:storage:StorageAccount`."""
    last = token.rpartition(":")[2]
    return _WORD_START.sub(" ", last).lower()
