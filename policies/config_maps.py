"""ConfigMaps in a plan, and the files that they hold."""

from plan.model import PlannedResource

CONFIG = "kubernetes:core/v1:ConfigMap"
GATEWAY_FILE = "gateway.json"
"""The gateway's settings."""


def file_of(config: PlannedResource, name: str) -> str | None:
    """The text of one file; None where it has no such, or nobody can read it yet."""
    data = config.get("data")
    text = data.get(name) if isinstance(data, dict) else None
    return text if isinstance(text, str) else None
