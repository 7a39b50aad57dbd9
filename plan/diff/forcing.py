"""Which property forces a replacement when it changes: the providers' own words, kept as data beside this file."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib import resources as package_files

import yaml

from plan.arm_types import arm_types
from plan.diff.model import ORDER, PROTECT, Forcing, Step

_EVERYWHERE = ("location", "resourceGroupName")
"""Of every azure-native type: ARM moves no resource to another region, and a group is part of the id."""
_KUBERNETES = ("metadata.name", "metadata.namespace")
_AZURE, _CLUSTER = "azure-native:", "kubernetes:"


@lru_cache(maxsize=1)
def forced() -> Mapping[str, tuple[str, ...]]:
    """What providers say, by type."""
    return {token: tuple(paths) for token, paths in _read("forced.yaml").items()}


@lru_cache(maxsize=1)
def create_only() -> Mapping[str, Mapping[str, Sequence[str]]]:
    """What Azure takes at creation alone, by type: `replaces` and `within`."""
    return dict(_read("create_only.yaml")["types"])


def forcing(token: str, steps: Sequence[Step]) -> Forcing:
    """What a change at these steps does to a resource of this type."""
    if steps == (PROTECT,):
        return Forcing.IN_PLACE
    path = _pattern(steps)
    own = forced().get(token, ())
    if token.startswith(_AZURE):
        azure = create_only().get(token, {})
        if _under(path, (*own, *_EVERYWHERE, *_names(token), *azure.get("replaces", ()))):
            return Forcing.REPLACES
        if _under(path, azure.get("within", ())):
            return Forcing.FIXED
        return Forcing.IN_PLACE if token in create_only() else Forcing.NOT_KNOWN
    if token.startswith(_CLUSTER):
        return Forcing.REPLACES if _under(path, (*own, *_KUBERNETES)) else Forcing.IN_PLACE
    if _under(path, own):
        return Forcing.REPLACES
    return Forcing.IN_PLACE if token in forced() else Forcing.NOT_KNOWN


def _names(token: str) -> tuple[str, ...]:
    """Inputs that are part of the resource's id: the provider replaces for every parameter of its path."""
    known = arm_types().get(token)
    return () if known is None else (*(name for name in known.names if not name.startswith("=")), known.scope)


def _pattern(steps: Sequence[Step]) -> str:
    text = ""
    for step in steps:
        if not isinstance(step, str):
            text += "[]"
        elif step != ORDER:
            text += f".{step}" if text else step
    return text


def _under(path: str, roots: Sequence[str]) -> bool:
    return any(not root or path == root or path.startswith((f"{root}.", f"{root}[")) for root in roots)


def _read(name: str) -> dict[str, dict[str, dict[str, list[str]]]]:
    text = (package_files.files("plan") / "diff" / name).read_text(encoding="utf-8")
    found = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 a safe loader
    return dict(found)
