"""The admission policies, as data: what is found wrong, in CEL, and whom each other wall of a rule of the plan holds.

What differs from stack to stack stands in variables of its own at the head of a policy, as literals: everything after
them is the same text in every stack, so that a digest says whether it is the text that was reviewed.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from components.image_policies import conditions
from components.naming import SUFFIX_LENGTH
from components.scope import Scope
from components.tables import table

FILES = (
    "admission.yaml",
    "admission_contents.yaml",
    "admission_objects.yaml",
    "admission_cilium.yaml",
    "admission_images.yaml",
)
PREFIX = "bailiwick-"
LEFT_OUT = ("kube-system", "gatekeeper-system", "dataprotection-microsoft")
"""Azure's own namespaces: the first two are the default of Azure Policy's definitions (github.com/Azure/azure-policy,
Kubernetes/ContainerAllowedImages.json), the third is the backup extension's (learn.microsoft.com/azure/backup/
azure-kubernetes-service-cluster-backup-concept). Two more that the definitions leave out are Arc's, and not on AKS: a
name that is left out and that nobody has taken is a hole."""
VAULT_NAME = 24
"""Most characters that Azure takes."""
OF_PODS: Sequence[tuple[list[str], list[str], list[str]]] = (
    ([""], ["v1"], ["pods", "pods/ephemeralcontainers", "replicationcontrollers"]),
    (["apps"], ["v1"], ["deployments", "statefulsets", "daemonsets", "replicasets"]),
    (["batch"], ["v1"], ["jobs", "cronjobs"]),
)
"""Pods, and what makes pods: a person is told at once, and not a controller later, in its events."""
_VARIABLE = re.compile(r"variables\.([a-z_]+)")

Object = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Check:
    """One thing that may be wrong."""

    name: str
    find: str
    """CEL: a list of texts, one for each thing that is wrong."""
    says: str


@dataclass(frozen=True, kw_only=True)
class Policy:
    """One policy of the files."""

    key: str
    checks: tuple[Check, ...]
    on: tuple[tuple[list[str], list[str], list[str]], ...]
    """Groups, versions, resources."""
    operations: tuple[str, ...]
    holds: tuple[str, ...]
    edge: bool

    @property
    def name(self) -> str:
        """As the cluster knows it."""
        return f"{PREFIX}{self.key}"

    def spec(self, values: Mapping[str, str]) -> Object:
        """A ValidatingAdmissionPolicy's, in the API's own form; `values` are CEL literals by name."""
        # What is going away may lose its finalizers, whatever it was admitted under.
        going = [] if "CONNECT" in self.operations else [{"name": "stays", "expression": STAYS}]
        return {
            "failurePolicy": "Fail",
            "matchConstraints": {
                "resourceRules": [
                    {
                        "apiGroups": groups,
                        "apiVersions": versions,
                        "resources": resources,
                        "operations": list(self.operations),
                        "scope": "*",
                    }
                    for groups, versions, resources in self.on
                ],
                "matchPolicy": "Equivalent",
            },
            **({"matchConditions": going} if going else {}),
            "variables": [*self._variables(values), *({"name": c.name, "expression": c.find} for c in self.checks)],
            "validations": [
                {
                    "expression": f"variables.{check.name}.size() == 0",
                    "message": check.says,
                    "messageExpression": f'"{check.says}: " + variables.{check.name}.join(", ")',
                    "reason": "Forbidden",
                }
                for check in self.checks
            ],
        }

    def _variables(self, values: Mapping[str, str]) -> list[Object]:
        """The stack's values, then what checks have in common: each that is needed, before what needs it."""
        known = {**values, **_shared()}
        needed: dict[str, None] = {}

        def need(text: str) -> None:
            for name in _VARIABLE.findall(text):
                if name in known and name not in needed:
                    need(known[name])
                    needed[name] = None

        for check in self.checks:
            need(check.find)
        ordered = sorted(needed, key=lambda name: name not in values)
        return [{"name": name, "expression": known[name]} for name in ordered]


STAYS = "!has(object.metadata.deletionTimestamp)"


def binding(policy: Policy, left_out: Sequence[str] = LEFT_OUT) -> Object:
    """A ValidatingAdmissionPolicyBinding's spec: everywhere but in Azure's own namespaces.

    A namespace's name label is set by the API server: nobody can forge it.
    """
    return {
        "policyName": policy.name,
        "validationActions": ["Deny", "Audit"],
        "matchResources": {
            "namespaceSelector": {
                "matchExpressions": [
                    {"key": "kubernetes.io/metadata.name", "operator": "NotIn", "values": list(left_out)}
                ]
            },
            "matchPolicy": "Equivalent",
        },
    }


def of_stack(scope: Scope) -> Mapping[str, str]:
    """The values of a stack, as CEL literals."""
    config = scope.config
    vault = scope.names.of("kv", "certs").replace("-", "")[: VAULT_NAME - SUFFIX_LENGTH]
    return {
        "registry": _text(f"{config.registry_name}.{scope.jurisdiction.cloud.suffixes['registry']}"),
        "jurisdiction": _text(scope.jurisdiction.id),
        "environment": _text(scope.environment),
        "region": _text(scope.region),
        # As AKS labels its nodes: learn.microsoft.com/azure/aks/availability-zones
        "zones": _list(f"{scope.region}-{zone}" for zone in scope.zones),
        "tenant": _text(config.tenant_id),
        "vault": _text(vault),
        "left_out": _list(LEFT_OUT),
        "verifier": _text(config.image_verification.image),
        # JSON's strings are CEL's, and so are its lists.
        "signers": json.dumps(config.image_verification.public_keys),
        "conditions": json.dumps(conditions(config.image_verification)),
    }


def at_sites(left_out: Sequence[str]) -> tuple[Object, ...]:
    """The manifests of those that hold at edge sites, with Flux's placeholders for values: a site fills them."""
    values = {"registry": _text("${registry}"), "left_out": _list(left_out)}
    found: list[Object] = []
    for policy in policies():
        if policy.edge:
            for kind, spec in (("", policy.spec(values)), ("Binding", binding(policy, left_out))):
                found.append(
                    {
                        "apiVersion": "admissionregistration.k8s.io/v1",
                        "kind": f"ValidatingAdmissionPolicy{kind}",
                        "metadata": {"name": policy.name},
                        "spec": spec,
                    }
                )
    return tuple(found)


@lru_cache(maxsize=1)
def policies() -> tuple[Policy, ...]:
    """Every policy, in the order of the files."""
    return tuple(_policy(entry) for file in FILES for entry in table(file)["policies"])


def _shared() -> Mapping[str, str]:
    found: Mapping[str, str] = table("admission.yaml")["shared"]
    return found


def _policy(entry: Mapping[str, Any]) -> Policy:
    groups, versions, resources, operations = entry.get("objects", ([], [], [], ["CREATE", "UPDATE"]))
    return Policy(
        key=entry["key"],
        checks=tuple(Check(**check) for check in entry["checks"]),
        on=tuple(OF_PODS) if entry.get("pods") else ((groups, versions, resources),),
        operations=tuple(operations),
        holds=tuple(entry["holds"]),
        edge=bool(entry.get("edge")),
    )


def _text(value: str) -> str:
    return f"'{value}'"


def _list(values: Iterable[str]) -> str:
    return f"[{', '.join(_text(value) for value in values)}]"
