"""Definitions of the custom resources that the cluster's add-ons bring, for a server that has no add-ons."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from tools.places import DEFINITIONS

OWN = Path(__file__).parent / "definitions"
"""Written for these tests, where no module carries them."""
AZURE_GROUP, PROMETHEUS_GROUP = "azmonitoring.coreos.com", "monitoring.coreos.com"


def definitions() -> Iterator[dict[str, Any]]:
    """Every definition, each as it stands in a cluster of ours."""
    for folder in (DEFINITIONS, OWN):
        for path in sorted(folder.glob("*.yaml")):
            for found in yaml.load_all(path.read_text(encoding="utf-8"), Loader=_LOADER):
                if found:
                    yield _in_azures_group(found)


_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""Cilium's alone has six thousand lines."""


def _in_azures_group(definition: dict[str, Any]) -> dict[str, Any]:
    """Prometheus's definitions under the group that Azure's add-on gives them, and else the same.

    learn.microsoft.com/azure/azure-monitor/containers/prometheus-metrics-scrape-crd.
    """
    spec = definition["spec"]
    if spec["group"] != PROMETHEUS_GROUP:
        return definition
    name = f"{spec['names']['plural']}.{AZURE_GROUP}"
    return {**definition, "metadata": {"name": name}, "spec": {**spec, "group": AZURE_GROUP}}
