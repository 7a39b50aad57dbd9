"""The policies that hold our rules in the subscription, as data: Azure's own, and ours where Azure has none."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from components.tables import table


@dataclass(frozen=True, kw_only=True)
class BuiltIn:
    """A definition or an initiative of Azure's."""

    key: str
    name: str
    """Its display name, as Azure prints it."""
    version: str
    effect: str
    definition: str | None = None
    """GUID."""
    initiative: str | None = None
    """GUID."""
    government: bool = False
    """Whether Azure Government lists it."""
    parameters: Mapping[str, str] | None = None
    roles: Sequence[str] = ()
    """GUIDs of the roles that its remediation asks for."""
    why_not_deny: str = ""
    says: str = ""
    """What is told to whom it refuses; empty: its name."""

    @property
    def id(self) -> str:
        """Its id in every tenant."""
        kind = "policySetDefinitions" if self.initiative else "policyDefinitions"
        return f"/providers/Microsoft.Authorization/{kind}/{self.initiative or self.definition}"

    @property
    def remediates(self) -> bool:
        """It changes what does not comply, and needs an identity for that."""
        return self.effect in ("DeployIfNotExists", "Modify")

    @property
    def pinned(self) -> str:
        """The major version: what an assignment takes up by itself are minor ones."""
        number, dash, suffix = self.version.partition("-")
        return f"{number.partition('.')[0]}.*.*{dash}{suffix}"


@dataclass(frozen=True, kw_only=True)
class Own:
    """A definition of ours."""

    key: str
    name: str
    mode: str
    effect: str
    condition: Mapping[str, Any]
    """The rule's `if`."""


@lru_cache(maxsize=1)
def built_ins() -> tuple[BuiltIn, ...]:
    """Those of `guardrails.yaml`, in its order."""
    return tuple(BuiltIn(**item) for item in table("guardrails.yaml"))


@lru_cache(maxsize=1)
def own() -> tuple[Own, ...]:
    """Those of `guardrails_own.yaml`, in its order."""
    return tuple(
        Own(condition=item["if"], **{k: v for k, v in item.items() if k != "if"})
        for item in table("guardrails_own.yaml")
    )


def filled(value: Any, known: Mapping[str, Any]) -> Any:  # noqa: ANN401 JSON of any shape
    """A copy in which each text `$name` is what `known` says; KeyError for a name that it doesn't know."""
    if isinstance(value, str) and value.startswith("$"):
        return known[value[1:]]
    if isinstance(value, Mapping):
        return {key: filled(inner, known) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [filled(inner, known) for inner in value]
    return value
