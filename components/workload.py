"""What every pod and namespace of the platform has in common: it can do its work, and nothing else."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pulumi import Input, Resource, ResourceOptions
from pulumi_kubernetes.core import v1 as core
from pulumi_kubernetes.meta import v1 as meta
from pulumi_kubernetes.networking import v1 as networking

from components.scope import Classification, Scope

USER = 10001
"""Unprivileged, and no system account's number."""

DNS_PORT = 53


@dataclass(frozen=True, kw_only=True)
class Place:
    """A namespace, as a workload refers to it."""

    name: str
    namespace: core.Namespace
    options: ResourceOptions


def labels(scope: Scope, *, name: str, component: str, classification: Classification) -> dict[str, str]:
    """Recommended labels, and those that admission and evidence look for."""
    return {
        "app.kubernetes.io/name": name,
        "app.kubernetes.io/component": component,
        "app.kubernetes.io/part-of": "bailiwick",
        "bailiwick/jurisdiction": scope.jurisdiction.id,
        "bailiwick/environment": scope.environment,
        "bailiwick/data-classification": classification,
        "bailiwick/cost-centre": scope.config.cost_centre,
    }


def namespace(
    name: str, *, scope: Scope, component: str, classification: Classification, options: ResourceOptions
) -> Place:
    """A namespace with Pod Security `restricted`, in which nobody talks to anybody until a policy says so."""
    made = core.Namespace(
        f"{name}-namespace",
        metadata=meta.ObjectMetaArgs(
            name=name,
            labels={
                **labels(scope, name=name, component=component, classification=classification),
                **{f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "audit", "warn")},
            },
        ),
        opts=options,
    )
    networking.NetworkPolicy(
        f"{name}-deny",
        metadata=meta.ObjectMetaArgs(name="deny-everything", namespace=name),
        spec=networking.NetworkPolicySpecArgs(
            pod_selector=meta.LabelSelectorArgs(), policy_types=["Ingress", "Egress"]
        ),
        opts=inside(made, options),
    )
    return Place(name=name, namespace=made, options=inside(made, options))


def inside(owner: Resource, options: ResourceOptions) -> ResourceOptions:
    """The same options, after the namespace."""
    return ResourceOptions(parent=options.parent, provider=options.provider, depends_on=[owner])


def service_account(place: Place, name: str, *, client_id: Input[str] | None = None) -> core.ServiceAccount:
    """An account without a token; with a client id, one that can be an Azure identity."""
    return core.ServiceAccount(
        f"{place.name}-account",
        metadata=meta.ObjectMetaArgs(
            name=name,
            namespace=place.name,
            annotations={"azure.workload.identity/client-id": client_id} if client_id is not None else None,
        ),
        automount_service_account_token=False,
        opts=place.options,
    )


def pod_security() -> core.PodSecurityContextArgs:
    """Not root, whatever the image says."""
    return core.PodSecurityContextArgs(
        run_as_non_root=True,
        run_as_user=USER,
        run_as_group=USER,
        fs_group=USER,
        seccomp_profile=core.SeccompProfileArgs(type="RuntimeDefault"),
    )


def container_security() -> core.SecurityContextArgs:
    """No privilege, none to gain, and nothing to write to."""
    return core.SecurityContextArgs(
        allow_privilege_escalation=False,
        privileged=False,
        read_only_root_filesystem=True,
        run_as_non_root=True,
        capabilities=core.CapabilitiesArgs(drop=["ALL"]),
    )


def environment(values: Mapping[str, Input[str]]) -> list[core.EnvVarArgs]:
    """Environment variables, in order; never a secret."""
    return [core.EnvVarArgs(name=key, value=value) for key, value in values.items()]


def spread(match: Mapping[str, str], zones: Sequence[str]) -> list[core.TopologySpreadConstraintArgs] | None:
    """Replicas over zones, as evenly as there is room."""
    if not zones:
        return None
    return [
        core.TopologySpreadConstraintArgs(
            max_skew=1,
            topology_key="topology.kubernetes.io/zone",
            when_unsatisfiable="ScheduleAnyway",
            label_selector=meta.LabelSelectorArgs(match_labels=dict(match)),
        )
    ]


def dns_egress() -> networking.NetworkPolicyEgressRuleArgs:
    """To the cluster's resolver, which asks the firewall."""
    return networking.NetworkPolicyEgressRuleArgs(
        to=[
            networking.NetworkPolicyPeerArgs(
                namespace_selector=meta.LabelSelectorArgs(match_labels={"kubernetes.io/metadata.name": "kube-system"}),
                pod_selector=meta.LabelSelectorArgs(match_labels={"k8s-app": "kube-dns"}),
            )
        ],
        ports=[networking.NetworkPolicyPortArgs(port=DNS_PORT, protocol=protocol) for protocol in ("UDP", "TCP")],
    )


def ports(*numbers: int) -> list[networking.NetworkPolicyPortArgs]:
    """TCP ports of a policy."""
    return [networking.NetworkPolicyPortArgs(port=number, protocol="TCP") for number in numbers]


def scraper() -> networking.NetworkPolicyPeerArgs:
    """Azure's collector of numbers: Azure/prometheus-collector labels its pods so."""
    return networking.NetworkPolicyPeerArgs(
        namespace_selector=meta.LabelSelectorArgs(match_labels={"kubernetes.io/metadata.name": "kube-system"}),
        pod_selector=meta.LabelSelectorArgs(match_labels={"rsName": "ama-metrics"}),
    )
