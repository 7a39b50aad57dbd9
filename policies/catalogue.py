"""Regulations as data: which requirement is evidenced by which rules, and which only a person can attest.

Plain dataclasses, not pydantic: these files are ours alone, and `bailiwick rules` should not wait for more.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources as package_files
from typing import Any

import yaml


class CatalogueError(ValueError):
    """A regulation's file that can't be used; the message says which and why."""


@dataclass(frozen=True, kw_only=True)
class Requirement:
    """One article, control or subcategory."""

    id: str
    """As it is cited: `Art. 44`, `A.8.24`, `§ 164.312(a)(2)(iv)`."""
    title: str
    says: str
    """What is asked, in our own words."""
    rules: tuple[str, ...] = ()
    manual: str = ""
    """What a person must attest, where no rule can show it or rules show it only in part."""

    def __post_init__(self) -> None:  # noqa: D105 a check, nothing to call
        if not self.rules and not self.manual:
            raise CatalogueError(f"requirement {self.id} has neither a rule nor a manual duty: nobody would see to it")


@dataclass(frozen=True, kw_only=True)
class Regulation:
    """One law or standard."""

    id: str
    short: str
    """As it is cited before an article: `GDPR`."""
    title: str
    source: str
    version: str
    requirements: tuple[Requirement, ...]


@lru_cache(maxsize=1)
def regulations() -> Mapping[str, Regulation]:
    """All catalogues, by id. Raises CatalogueError."""
    folder = package_files.files("policies") / "regulations"
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    found = [
        _regulation(path.name, yaml.load(path.read_text(encoding="utf-8"), Loader=loader))  # noqa: S506 a safe loader
        for path in sorted(folder.iterdir(), key=lambda item: item.name)
        if path.name.endswith(".yaml")
    ]
    return {regulation.id: regulation for regulation in found}


def _regulation(name: str, document: Mapping[str, Any]) -> Regulation:
    try:
        requirements = tuple(
            Requirement(**{**item, "rules": tuple(item.get("rules", ()))}) for item in document["requirements"]
        )
        return Regulation(**{**document, "requirements": requirements})
    except (TypeError, KeyError, AttributeError) as error:
        raise CatalogueError(f"policies/regulations/{name}: {error}") from error


@lru_cache(maxsize=1)
def _controls() -> Mapping[str, tuple[str, ...]]:
    index: dict[str, list[str]] = {}
    for regulation in regulations().values():
        for requirement in regulation.requirements:
            for rule_id in requirement.rules:
                index.setdefault(rule_id, []).append(f"{regulation.short} {requirement.id}")
    return {rule_id: tuple(controls) for rule_id, controls in index.items()}


def controls_of(rule_id: str) -> tuple[str, ...]:
    """Every requirement that the rule evidences, as it is cited: `GDPR Art. 44`."""
    return _controls().get(rule_id, ())
