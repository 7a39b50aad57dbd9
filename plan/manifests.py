"""The plan's Kubernetes objects as manifests, in an order in which they can be applied.

What can't be written down whole is refused, never left out: a value that is known only after deployment, a secret
that the plan masks, a name that Pulumi would make up, a chart that unfolds elsewhere.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

import yaml

from plan.file import MASKED
from plan.model import UNKNOWN, Plan, PlannedResource, Value

PREFIX: Final = "kubernetes:"

_FIRST: Final = (
    "Namespace",
    "CustomResourceDefinition",
    "ValidatingAdmissionPolicy",
    "ValidatingAdmissionPolicyBinding",
    "NetworkPolicy",
    "CiliumNetworkPolicy",
    "CiliumClusterwideNetworkPolicy",
    "ResourceQuota",
    "LimitRange",
    "PriorityClass",
    "StorageClass",
    "ServiceAccount",
    "ClusterRole",
    "ClusterRoleBinding",
    "Role",
    "RoleBinding",
    "Secret",
    "ConfigMap",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "SecretProviderClass",
    "Service",
)
"""What a pod needs, and what confines it, before the pod; all other kinds come after."""
_LAST: Final = ("ValidatingWebhookConfiguration", "MutatingWebhookConfiguration")
"""From here on nothing starts without their answer: whoever answers has to stand."""
_SEVERAL: Final = re.compile(r"^kubernetes:(yaml|helm\.sh|kustomize)(:|/)|(List|Patch)$")
"""Tokens that stand for no single whole object."""
_PLAIN_KEY: Final = re.compile(r"^[A-Za-z][A-Za-z0-9_./-]*$")

Manifest = dict[str, Any]


class NoManifest(ValueError):
    """An object of the plan can't be written as a manifest; the message says which, and why."""


def manifests(plan: Plan) -> tuple[Manifest, ...]:
    """Every Kubernetes object of a plan: what confines comes first, and what runs after. Raises NoManifest."""
    made = [_manifest(resource) for token in plan.types if token.startswith(PREFIX) for resource in plan.of_type(token)]
    seen: set[tuple[str, ...]] = set()
    for manifest in made:
        here = identity(manifest)
        if here in seen:
            raise NoManifest(f"{' '.join(filter(None, here))} stands twice in the plan; one would undo the other")
        seen.add(here)
    return tuple(sorted(made, key=_rank))


def identity(manifest: Mapping[str, Any]) -> tuple[str, str, str, str]:
    """API version, kind, namespace (empty without one) and name."""
    metadata = manifest["metadata"]
    return manifest["apiVersion"], manifest["kind"], metadata.get("namespace", ""), metadata["name"]


def to_yaml(objects: tuple[Manifest, ...]) -> str:
    """YAML documents. Text is quoted: what one reader takes for text, another may take for a number (`1e3`)."""
    return yaml.dump_all(objects, Dumper=_Quoting, sort_keys=False, explicit_start=True, width=1000, allow_unicode=True)


def _manifest(resource: PlannedResource) -> Manifest:
    if _SEVERAL.search(resource.type):
        raise NoManifest(f"{resource.label}: {resource.type} is not one object, and what it holds is not in the plan")
    manifest = {key: _plain(resource, value, key) for key, value in resource.inputs.items()}
    metadata = manifest.get("metadata")
    if not isinstance(metadata, dict) or not metadata.get("name"):
        raise NoManifest(f"{resource.label} has no metadata.name: Pulumi would make one up")
    version, kind = _version_and_kind(resource.type)
    return {**manifest, "apiVersion": version, "kind": kind}


def _version_and_kind(token: str) -> tuple[str, str]:
    """`apps/v1` and `Deployment` of `kubernetes:apps/v1:Deployment`; the core group has no name."""
    _, version, kind = token.split(":")
    return version.removeprefix("core/"), kind


def _plain(resource: PlannedResource, value: Value, path: str) -> Value:
    if value is UNKNOWN:
        raise NoManifest(f"{resource.label}: {path} is known only after deployment")
    if value == MASKED:
        raise NoManifest(f"{resource.label}: {path} is a secret, which a plan never holds")
    if isinstance(value, Mapping):
        return {key: _plain(resource, inner, f"{path}.{key}") for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(resource, inner, f"{path}.{index}") for index, inner in enumerate(value)]
    return value


def _rank(manifest: Manifest) -> tuple[int, str, str, str]:
    version, kind, namespace, name = identity(manifest)
    place = _FIRST.index(kind) if kind in _FIRST else len(_FIRST) + (kind in _LAST)
    return place, f"{version} {kind}", namespace, name


class _Quoting(yaml.SafeDumper):
    """Text in double quotes, or as a block where it has lines; keys as they are where nobody can mistake them."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 the base class's signature
        """A document is read by people: what stands twice is written twice."""
        return True

    def represent_mapping(self, tag: str, mapping: Any, flow_style: bool | None = None) -> yaml.MappingNode:  # noqa: ANN401, FBT001 the base class's signature
        """A block in the order given."""
        node = super().represent_mapping(tag, mapping, flow_style)
        for key, _ in node.value:
            if _PLAIN_KEY.match(key.value) and len(key.value) > 1:
                key.style = None
        return node


def _quoted(dumper: _Quoting, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else '"')


_Quoting.add_representer(str, _quoted)
