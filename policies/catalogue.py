"""Regulations as data: which requirement is evidenced by which rules, and which only a person can attest.

Plain dataclasses, not pydantic: these files are ours alone, and `bailiwick rules` should not wait for more.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources as package_files
from typing import Any, Final

CORE: Final = ("gdpr", "hipaa", "iso27001", "nis2", "nist-ai-rmf")
"""Every rule evidences something of each of these; they come first wherever catalogues are listed."""
EVERYWHERE: Final = ("iso27001", "nist-ai-rmf")
"""No law, so in force where an operator says so; cited in every jurisdiction."""
LEVELS: Final = ("", "required", "addressable")

_CITED: Final = re.compile(r'^  - id: "(.+)"$|^      - (\S+)$', re.MULTILINE)
_SHORT: Final = re.compile(r'^short: "(.+)"$', re.MULTILINE)


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
    level: str = ""
    """As the source grades it, where it does: `required` or `addressable` (HIPAA)."""
    rules: tuple[str, ...] = ()
    manual: str = ""
    """What a person must attest, where no rule can show it or rules show it only in part."""
    unverified: bool = False
    """Whether its number or content could not be held against a source; see the regulation's `verified`."""

    def __post_init__(self) -> None:  # noqa: D105 a check, nothing to call
        if not self.rules and not self.manual:
            raise CatalogueError(f"requirement {self.id} has neither a rule nor a manual duty: nobody would see to it")
        for name in ("id", "title", "says"):
            if not isinstance(getattr(self, name), str) or not getattr(self, name):
                raise CatalogueError(f"requirement {self.id}: {name} is not a text")
        if self.level not in LEVELS:
            raise CatalogueError(f"requirement {self.id}: level '{self.level}' is not one of {', '.join(LEVELS[1:])}")
        if len(set(self.rules)) != len(self.rules) or not all("." in rule for rule in self.rules):
            raise CatalogueError(f"requirement {self.id}: rules is not a list of ids, or names one twice")
        if not isinstance(self.manual, str) or not isinstance(self.unverified, bool):
            raise CatalogueError(f"requirement {self.id}: manual is not a text, or unverified neither true nor false")


@dataclass(frozen=True, kw_only=True)
class Regulation:
    """One law or standard."""

    id: str
    """The file's name; jurisdictions name it under `frameworks`."""
    short: str
    """As it is cited before an article: `GDPR`."""
    title: str
    source: str
    version: str
    scope: str = ""
    """How much of the source is here, and what is left out."""
    verified: str = ""
    """What ids and counts were held against, and when; and what could not be."""
    requirements: tuple[Requirement, ...]

    def __post_init__(self) -> None:  # noqa: D105 a check, nothing to call
        ids = [item.id for item in self.requirements]
        if len(set(ids)) != len(ids):
            twice = next(name for name in ids if ids.count(name) > 1)
            raise CatalogueError(f"requirement {twice} stands there twice")


@lru_cache(maxsize=1)
def available() -> tuple[str, ...]:
    """Ids of all catalogues, the core first."""
    folder = package_files.files("policies") / "regulations"
    found = sorted(path.name.removesuffix(".yaml") for path in folder.iterdir() if path.name.endswith(".yaml"))
    return (*(name for name in CORE if name in found), *(name for name in found if name not in CORE))


def in_force(frameworks: Sequence[str]) -> tuple[str, ...]:
    """Catalogues for a jurisdiction's frameworks, and those that hold everywhere; frameworks without one are left out.

    `without_catalogue` names these.
    """
    wanted = {*frameworks, *EVERYWHERE}
    return tuple(name for name in available() if name in wanted)


def without_catalogue(frameworks: Sequence[str]) -> tuple[str, ...]:
    """Frameworks that a jurisdiction names and nobody has written down: for people to see to, whole."""
    return tuple(name for name in frameworks if name not in available())


def regulations() -> Mapping[str, Regulation]:
    """All catalogues, by id. Raises CatalogueError."""
    return {name: regulation(name) for name in available()}


@lru_cache
def regulation(regulation_id: str) -> Regulation:
    """One catalogue. Raises CatalogueError."""
    import yaml  # a tenth of a second, and `check` cites controls without it

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        document = yaml.load(_text(regulation_id), Loader=loader)  # noqa: S506 a safe loader
    except yaml.YAMLError as error:
        raise CatalogueError(f"policies/regulations/{regulation_id}.yaml: {error}") from error
    return parsed(f"{regulation_id}.yaml", document)


def parsed(name: str, document: Mapping[str, Any]) -> Regulation:
    """A file's document as a regulation. Raises CatalogueError, on unknown keys too."""
    try:
        requirements = tuple(
            Requirement(**{**item, "rules": tuple(item.get("rules", ()))}) for item in document["requirements"]
        )
        return Regulation(**{**document, "requirements": requirements})
    except (TypeError, KeyError, AttributeError, CatalogueError) as error:
        raise CatalogueError(f"policies/regulations/{name}: {error}") from error


def _text(regulation_id: str) -> str:
    if regulation_id not in available():
        raise CatalogueError(f"no catalogue '{regulation_id}'; there are {', '.join(available())}")
    return (package_files.files("policies") / "regulations" / f"{regulation_id}.yaml").read_text(encoding="utf-8")


@lru_cache
def _controls(regulation_id: str) -> Mapping[str, tuple[str, ...]]:
    index: dict[str, list[str]] = {}
    for control, rule_id in _citations(_text(regulation_id)):
        index.setdefault(rule_id, []).append(control)
    return {rule_id: tuple(controls) for rule_id, controls in index.items()}


def _citations(text: str) -> Iterator[tuple[str, str]]:
    """Control and rule, pair by pair, read by the form of the file's lines.

    A verdict cites controls at every refusal, and YAML would take fifty times as long; a test holds that both
    readings agree.
    """
    found = _SHORT.search(text)
    short, requirement = found[1] if found else "", ""
    for match in _CITED.finditer(text):
        if match[1]:
            requirement = match[1]
        else:
            yield f"{short} {requirement}", match[2]


def controls_of(rule_id: str, frameworks: Sequence[str] = CORE) -> tuple[str, ...]:
    """Every requirement that the rule evidences, as it is cited: `GDPR Art. 44`.

    `frameworks` are a jurisdiction's: only its own law is cited, and what holds everywhere. Without them, the core's.
    """
    return tuple(control for name in in_force(frameworks) for control in _controls(name).get(rule_id, ()))
