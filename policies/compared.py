"""What others check of the types that we plan, and our answer to each: rules that hold it, or why none does.

Theirs are facts, distilled by tests/policies/distil_initiatives.py; the answers are ours. No regulation is read from
here: this holds our own mapping against Microsoft's, and our rules against other tools'.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import resources as package_files
from types import MappingProxyType
from typing import Any

import yaml

FOLDER = "policies/initiatives"
REASONS = "reasons.yaml"
"""The file of what several entries say."""
OTHERS = "others"
"""The file of other tools' checks; every other file is a family of Microsoft's policies."""
COMPARED = ("fedramp-high", "gdpr", "nis2", "pci-dss")
"""Regulations whose controls Microsoft names as our catalogues do. Its ISO 27001 names clauses of the management
system, where ours has Annex A; its HIPAA names HITRUST's controls; its AI RMF, sections of the text."""
FAMILIES = {
    "compute": ("azure-native:compute:",),
    "kubernetes": ("azure-native:containerservice:", "azure-native:kubernetes:", "kubernetes:"),
    "keys": ("azure-native:keyvault:",),
    "monitoring": ("azure-native:monitor:", "azure-native:operationalinsights:"),
    "network": ("azure-native:cdn:", "azure-native:network:"),
    "storage": ("azure-native:storage:", "azure-native:dataprotection:"),
    "subscription": (
        "azure-native:*",
        "azure-native:authorization:",
        "azure-native:resources:",
        "azure-native:security:",
    ),
}
"""File by the first type of an entry; what is in none is a service."""


class ComparedError(ValueError):
    """A file that can't be used; the message says which entry, and why."""


@dataclass(frozen=True, kw_only=True)
class Compared:
    """One policy of Microsoft's, or one check of another tool's."""

    id: str
    name: str
    """As the source calls it; of another tool, what it wants, in our words."""
    source: str = "Microsoft"
    also: tuple[str, ...] = ()
    """Ids of the source's other checks of the same property."""
    types: tuple[str, ...] = ()
    """Planned types that it judges."""
    inferred: bool = False
    """Whether a type is the nearest that a plan has, rather than read from the definition."""
    controls: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Control ids by regulation, as the source gives them."""
    initiatives: tuple[str, ...] = ()
    """Initiatives of no regulation that hold it."""
    rules: tuple[str, ...] = ()
    by: tuple[str, ...] = ()
    """Planned types by which our rules hold it, where they look at others than the source does."""
    but: str = ""
    """What of it the rules don't hold, or hold in another form."""
    reason: str = ""
    """Why no rule holds it."""
    elsewhere: Mapping[str, str] = field(default_factory=dict)
    """Why our catalogue of a regulation cites a rule for none of the controls that the source gives it."""


def family(item: Compared) -> str:
    """The file that an entry stands in."""
    first = item.types[0]
    return next((name for name, prefixes in FAMILIES.items() if first.startswith(prefixes)), "services")


@lru_cache(maxsize=1)
def compared() -> Mapping[str, tuple[Compared, ...]]:
    """Every entry, by file; raises ComparedError."""
    folder = package_files.files("policies") / "initiatives"
    texts = {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir() if path.name.endswith(".yaml")}
    reasons = _loaded(texts.pop(REASONS))
    return {name.removesuffix(".yaml"): parse(texts[name], name, reasons) for name in sorted(texts)}


def parse(text: str, name: str, reasons: Mapping[str, str] = MappingProxyType({})) -> tuple[Compared, ...]:
    """The entries of a file. What several say stands in `reasons`, and an entry then has its name alone."""
    try:
        return tuple(_entry(entry, reasons) for entry in _loaded(text)["policies"])
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ComparedError(f"{FOLDER}/{name}: {error}") from error


def _loaded(text: str) -> Any:  # noqa: ANN401 YAML of any shape
    return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 a safe loader


def _entry(entry: Mapping[str, Any], reasons: Mapping[str, str]) -> Compared:
    values = dict(entry)
    for key in ("also", "types", "initiatives", "rules", "by"):
        if isinstance(values.get(key), str):
            raise ComparedError(f"{entry.get('id')}: {key} must be a list")
        values[key] = tuple(values.get(key) or ())
    values["controls"] = {name: tuple(map(str, ids)) for name, ids in (values.get("controls") or {}).items()}
    told = {key: _told(values.get(key, ""), reasons) for key in ("reason", "but")}
    elsewhere = {name: _told(why, reasons) for name, why in (values.get("elsewhere") or {}).items()}
    made = Compared(**{**values, **told, "elsewhere": elsewhere})
    if bool(made.rules) == bool(made.reason):
        raise ComparedError(f"{made.id}: name rules, or a reason why there is none; not both, not neither")
    return made


def _told(text: object, reasons: Mapping[str, str]) -> str:
    return str(reasons.get(str(text), text)).strip()
