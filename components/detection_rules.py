"""Analytics rules as data: read, checked, and filled with the stack's own values."""

from collections.abc import Mapping, Sequence

from pydantic import BaseModel, ConfigDict

from components.tables import table


class DetectionRule(BaseModel):
    """One rule of `detection_rules.yaml`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    title: str
    severity: str
    tactics: tuple[str, ...]
    techniques: tuple[str, ...]
    frequency: str
    """ISO 8601 duration between runs."""
    period: str
    """ISO 8601 duration that a run looks back."""
    query: str
    """Kusto, with `$name` where the stack's values go."""
    entities: Mapping[str, Mapping[str, str]]
    """Entity type to identifier to the query's column."""
    playbook: bool = False
    """Whether its incident starts the playbook that quarantines what it names."""


def detection_rules() -> tuple[DetectionRule, ...]:
    """All rules, in order of the file."""
    return tuple(DetectionRule.model_validate(item) for item in table("detection_rules.yaml"))


def country_names(codes: Sequence[str]) -> tuple[str, ...]:
    """Names under which Kusto's `geo_info_from_ip_address` may know these countries; it returns no codes."""
    names: Mapping[str, Sequence[str]] = table("detection_countries.yaml")
    return tuple(name for code in codes for name in names[code])


def quoted(values: tuple[str, ...]) -> str:
    """A Kusto list of texts. Values are names and ids that are checked elsewhere; double quotes can't be in them."""
    return ", ".join(f'"{value}"' for value in values)
