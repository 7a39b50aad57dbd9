"""What Azure Resource Manager calls each azure-native type, and how its id is made."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources as package_files

import yaml


class UnknownType(ValueError):
    """An azure-native type that `plan/arm_types.yaml` does not list."""

    def __init__(self, token: str) -> None:
        super().__init__(
            f"type {token} is not in plan/arm_types.yaml, so its id, and what refers to it, can't be known\n"
            "hint: add its ARM type, API version and names there; a test holds the entry against the SDK"
        )


@dataclass(frozen=True, kw_only=True)
class ArmType:
    """One entry of `arm_types.yaml`."""

    token: str
    type: str
    """`Microsoft.Network/virtualNetworks/subnets`."""
    api: str
    """API version that the SDK pins."""
    names: tuple[str, ...]
    """Inputs that name its parents and itself; `=text` is a fixed name."""
    scope: str
    """`group`, `subscription`, `workspace`, `cluster`, `managementGroup`, `tenant`, or the input with the id of what it
    extends."""

    def name_values(self, inputs: Mapping[str, object]) -> tuple[str, ...] | None:
        """The names in order; None where one is not known yet."""
        values = tuple(name[1:] if name.startswith("=") else inputs.get(name) for name in self.names)
        known = tuple(value for value in values if isinstance(value, str))
        return known if len(known) == len(values) else None


@lru_cache(maxsize=1)
def arm_types() -> Mapping[str, ArmType]:
    """All entries, by Pulumi token."""
    text = (package_files.files("plan") / "arm_types.yaml").read_text(encoding="utf-8")
    entries = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 a safe loader
    return {
        token: ArmType(
            token=token,
            type=entry["type"],
            api=entry["api"],
            names=tuple(entry["names"]),
            scope=entry.get("scope", "group"),
        )
        for token, entry in entries.items()
    }


def arm_type(token: str) -> ArmType:
    """The entry for a token; raises UnknownType."""
    try:
        return arm_types()[token]
    except KeyError:
        raise UnknownType(token) from None
