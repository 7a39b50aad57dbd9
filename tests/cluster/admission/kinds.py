"""Everything that makes pods."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from tests.cluster.admission.case import Case
from tests.cluster.client import Object

KINDS = (
    ("apps/v1", "StatefulSet"),
    ("apps/v1", "DaemonSet"),
    ("apps/v1", "ReplicaSet"),
    ("v1", "ReplicationController"),
    ("batch/v1", "Job"),
    ("batch/v1", "CronJob"),
    ("v1", "Pod"),
)
"""Everything beside a deployment that makes pods."""


def as_kinds(case: Case) -> Iterator[Case]:
    """The same breach in everything that makes pods."""
    for version, kind in KINDS:
        yield replace(case, what=f"{case.what}, by a {kind}", make=partial(_as, case, version, kind))


def _as(case: Case, version: str, kind: str) -> Object:
    deployment = case.object
    template = deployment["spec"]["template"]
    selector = {"selector": deployment["spec"]["selector"]}
    meta = {"name": "other", "namespace": deployment["metadata"]["namespace"]}
    job = {"metadata": template["metadata"], "spec": {**template["spec"], "restartPolicy": "Never"}}
    spec: Object = {
        "StatefulSet": {**selector, "serviceName": "x", "template": template},
        "ReplicationController": {"selector": selector["selector"]["matchLabels"], "template": template},
        "Job": {"template": job},
        "CronJob": {"schedule": "* * * * *", "jobTemplate": {"spec": {"template": job}}},
        "Pod": template["spec"],
    }.get(kind, {**selector, "template": template})
    own = {**template["metadata"], **meta} if kind == "Pod" else meta
    return {"apiVersion": version, "kind": kind, "metadata": own, "spec": spec}
