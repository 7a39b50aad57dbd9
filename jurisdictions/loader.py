"""Read a jurisdiction's file, with all its faults at once."""

from collections.abc import Mapping
from functools import lru_cache
from importlib import resources as package_files
from importlib.resources.abc import Traversable
from typing import TypeVar

import yaml

from jurisdictions.model import Cloud, Jurisdiction
from jurisdictions.structure import structured

_M = TypeVar("_M")
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class JurisdictionError(ValueError):
    """A jurisdiction's file that can't be used; the message lists every fault."""


class UnknownJurisdiction(JurisdictionError):
    """No file of that name."""


def _folder() -> Traversable:
    return package_files.files("jurisdictions")


@lru_cache(maxsize=1)
def available() -> tuple[str, ...]:
    """Ids of all jurisdictions that have a file."""
    names = (entry.name for entry in _folder().iterdir())
    return tuple(sorted(name.removesuffix(".yaml") for name in names if name.endswith(".yaml")))


@lru_cache(maxsize=32)
def load(jurisdiction_id: str) -> Jurisdiction:
    """The jurisdiction of that id.

    Raises UnknownJurisdiction, with a guess at what was meant, and JurisdictionError with all faults of a file.
    """
    if jurisdiction_id not in available():
        from difflib import get_close_matches  # a typo alone should wait for it

        near = get_close_matches(jurisdiction_id, available(), n=1)
        meant = f"; did you mean {near[0]}?" if near else "."
        raise UnknownJurisdiction(f"no jurisdiction '{jurisdiction_id}'{meant} Known: {', '.join(available())}")
    return parse(_folder().joinpath(f"{jurisdiction_id}.yaml").read_text(encoding="utf-8"), jurisdiction_id)


def parse(text: str, jurisdiction_id: str) -> Jurisdiction:
    """A jurisdiction from its YAML; raises JurisdictionError with all faults."""
    where = f"jurisdictions/{jurisdiction_id}.yaml"
    document = _yaml(text, where)
    cloud_name = str(document.get("cloud", ""))
    clouds = tuple(sorted(entry.name.removesuffix(".yaml") for entry in _folder().joinpath("clouds").iterdir()))
    if cloud_name not in clouds:
        raise JurisdictionError(f"{where}: cloud is '{cloud_name}'; allowed: {', '.join(clouds)}")
    jurisdiction = _validated(Jurisdiction, {**document, "cloud": _cloud(cloud_name)}, where)
    if jurisdiction.id != jurisdiction_id:
        raise JurisdictionError(f"{where}: id is '{jurisdiction.id}'; it must be the file's name")
    return jurisdiction


@lru_cache(maxsize=4)
def _cloud(name: str) -> Cloud:
    where = f"jurisdictions/clouds/{name}.yaml"
    text = _folder().joinpath("clouds", f"{name}.yaml").read_text(encoding="utf-8")
    return _validated(Cloud, _yaml(text, where), where)


def _yaml(text: str, where: str) -> dict[str, object]:
    try:
        document = yaml.load(text, Loader=_LOADER)  # noqa: S506 a safe loader
    except yaml.YAMLError as error:
        raise JurisdictionError(f"{where}: not YAML: {error}") from error
    if not isinstance(document, dict):
        raise JurisdictionError(f"{where}: must be a mapping")
    return document


def _validated(model: type[_M], document: Mapping[str, object], where: str) -> _M:
    value, faults = structured(model, document)
    if value is None:
        count = f"{len(faults)} fault{'s' if len(faults) > 1 else ''}"
        raise JurisdictionError(f"{where} has {count}:\n  " + "\n  ".join(faults))
    return value
