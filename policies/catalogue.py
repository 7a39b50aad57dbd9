"""Regulations as data: which requirement is evidenced by which rules, and which only a person can attest."""

from collections.abc import Mapping
from functools import lru_cache
from importlib import resources as package_files
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

RuleId = Annotated[str, StringConstraints(pattern=r"^[a-z_]+\.[a-z0-9-]+$")]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Requirement(_Strict):
    """One article, control or subcategory."""

    id: str
    """As it is cited: `Art. 44`, `A.8.24`, `§ 164.312(a)(2)(iv)`."""
    title: str
    says: str
    """What is asked, in our own words."""
    rules: tuple[RuleId, ...] = ()
    manual: str = ""
    """What a person must attest, where no rule can show it or rules show it only in part."""

    @model_validator(mode="after")
    def _evidenced(self) -> "Requirement":
        if not self.rules and not self.manual:
            raise ValueError(f"requirement {self.id} has neither a rule nor a manual duty: nobody would see to it")
        return self


class Regulation(_Strict):
    """One law or standard."""

    id: str
    short: str
    """As it is cited before an article: `GDPR`."""
    title: str
    source: str
    version: str
    requirements: tuple[Requirement, ...] = Field(min_length=1)


@lru_cache(maxsize=1)
def regulations() -> Mapping[str, Regulation]:
    """All catalogues, by id."""
    folder = package_files.files("policies") / "regulations"
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    found = [
        Regulation.model_validate(yaml.load(path.read_text(encoding="utf-8"), Loader=loader))  # noqa: S506 a safe loader
        for path in sorted(folder.iterdir(), key=lambda item: item.name)
        if path.name.endswith(".yaml")
    ]
    return {regulation.id: regulation for regulation in found}


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
