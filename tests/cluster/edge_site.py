"""An edge site's manifests, filled as Flux fills them: the bootstrap by the plan, the rest by the bootstrap."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import cast

import yaml

from plan.model import Plan
from tests.cluster.client import Object

FOLDER = Path(__file__).resolve().parents[2] / "edge"
FLUX = "azure-native:kubernetesconfiguration:FluxConfiguration"
BROUGHT = ("edge-delivery", "flux-system")
"""Namespaces that Azure's Flux extension makes: its own, and the one that a configuration names."""
_PLACEHOLDER = re.compile(r"\$\{([a-z0-9_]+)\}")


def surroundings() -> list[Object]:
    """What is there before the first manifest of ours: the namespaces, and the account that each gets."""
    made: list[Object] = []
    for name in BROUGHT:
        made.append({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
        made.append({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default", "namespace": name}})
    return made


def site(plan: Plan) -> list[Object]:
    """Every object of the plan's one site, in Flux's order."""
    (configuration,) = plan.of_type(FLUX)
    given = cast("Mapping[str, str]", configuration.get("kustomizations.bootstrap.postBuild.substitute"))
    bootstrap = list(_filled("bootstrap", given))
    (values,) = (found["data"] for found in bootstrap if found["kind"] == "ConfigMap")
    return [*bootstrap, *_filled("policies", values), *_filled("site", values)]


def _filled(folder: str, values: Mapping[str, str]) -> Iterator[Object]:
    kustomization = yaml.safe_load((FOLDER / folder / "kustomization.yaml").read_text(encoding="utf-8"))
    for name in kustomization["resources"]:
        text = (FOLDER / folder / name).read_text(encoding="utf-8")
        # What has no value becomes empty, as with Flux: then the server refuses it.
        yield from yaml.safe_load_all(_PLACEHOLDER.sub(lambda hit: values.get(hit[1], ""), text))
