"""Where what is served, and tried, stands in its life: a ConfigMap in each namespace of models.

Not annotations of pods: a renewed approval would restart every server to say so. Nothing reads it but people; what
holds is the record in git, and a rule holds the two against each other.
"""

import json

from pulumi_kubernetes.core import v1 as core
from pulumi_kubernetes.meta import v1 as meta

from components.canary import versions
from components.workload import Place
from config.use_case import UseCase
from records.shown import FILE, NAME, shown


def told(stack: str, item: UseCase) -> str:
    """The file's text: every version of a use case, what is served first."""
    tracks = ("stable", "candidate")
    found = [
        shown(
            stack,
            item.name,
            track,
            {
                "model": one.item.model.name,
                "revision": one.item.model.revision,
                "modelSha256": one.item.model.sha256,
                "prompt": one.item.prompt.name,
                "promptVersion": one.item.prompt.version,
                "promptSha256": one.item.prompt.sha256,
            },
        )
        for track, one in zip(tracks, versions(item), strict=False)
    ]
    return json.dumps({"useCase": item.name, "versions": found}, indent=1, sort_keys=True)


def said(place: Place, stack: str, item: UseCase) -> core.ConfigMap:
    """The ConfigMap."""
    return core.ConfigMap(
        f"{place.name}-lifecycle",
        metadata=meta.ObjectMetaArgs(name=NAME, namespace=place.name),
        data={FILE: told(stack, item)},
        opts=place.options,
    )
