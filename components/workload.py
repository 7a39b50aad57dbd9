"""What every pod and namespace of the platform has in common: it can do its work, and nothing else."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network

from pulumi import Input, Resource, ResourceOptions
from pulumi_kubernetes.core import v1 as core
from pulumi_kubernetes.meta import v1 as meta
from pulumi_kubernetes.networking import v1 as networking

from components.scope import Classification, Scope
from config.tenants import SHARED

USER = 10001
"""Unprivileged, and no system account's number."""

DNS_PORT = 53
OURS = {"app.kubernetes.io/part-of": "bailiwick"}
"""By this a namespace says that it is the platform's: a policy for all of them selects it."""
TOKEN_SECONDS = 3600
"""The shortest that the webhook of workload identity gives: azure.github.io/azure-workload-identity, labels and
annotations."""
RESTRICTED: Mapping[str, str] = dict.fromkeys(("enforce", "audit", "warn"), "restricted")
"""Levels of Pod Security, by what is done: kubernetes.io/docs/concepts/security/pod-security-admission"""
STREAM_SECONDS = 150
"""The longest answer that a caller may have streamed to it."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """A namespace, as a workload refers to it."""

    name: str
    namespace: core.Namespace
    options: ResourceOptions


def labels(
    scope: Scope,
    *,
    name: str,
    component: str,
    classification: Classification,
    use_case: str | None = None,
    tenant: str = SHARED,
) -> dict[str, str]:
    """Recommended labels, and those that admission and evidence look for."""
    return {
        "app.kubernetes.io/name": name,
        "app.kubernetes.io/component": component,
        **OURS,
        "bailiwick/jurisdiction": scope.jurisdiction.id,
        "bailiwick/environment": scope.environment,
        "bailiwick/data-classification": classification,
        "bailiwick/cost-centre": scope.config.cost_centre,
        "bailiwick/tenant": tenant,
        **({"bailiwick/use-case": use_case} if use_case is not None else {}),
    }


def namespace(
    name: str,
    *,
    scope: Scope,
    component: str,
    classification: Classification,
    options: ResourceOptions,
    use_case: str | None = None,
    tenant: str = SHARED,
    levels: Mapping[str, str] = RESTRICTED,
) -> Place:
    """A namespace with Pod Security `restricted`, in which nobody talks to anybody until a policy says so.

    What hands out GPUs needs other levels, and is the only one: a rule holds that (workload.namespaces-restricted).
    """
    made = core.Namespace(
        f"{name}-namespace",
        metadata=meta.ObjectMetaArgs(
            name=name,
            labels={
                **labels(
                    scope,
                    name=name,
                    component=component,
                    classification=classification,
                    use_case=use_case,
                    tenant=tenant,
                ),
                **{f"pod-security.kubernetes.io/{mode}": level for mode, level in levels.items()},
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
    """An account without a token; with a client id, one that can be an Azure identity, for an hour at a time."""
    identity: dict[str, Input[str]] = {"service-account-token-expiration": str(TOKEN_SECONDS)}
    if client_id is not None:
        identity["client-id"] = client_id
    return core.ServiceAccount(
        f"{place.name}-account",
        metadata=meta.ObjectMetaArgs(
            name=name,
            namespace=place.name,
            annotations={f"azure.workload.identity/{key}": value for key, value in identity.items()},
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


def spread(match: Mapping[str, str], zones: Sequence[str]) -> list[core.TopologySpreadConstraintArgs]:
    """Replicas over zones and over nodes, as evenly as there is room; those of one release among themselves.

    Room comes first: with a zone gone, a pod that waits for it to come back answers nobody.
    """
    places = (*(["topology.kubernetes.io/zone"] if zones else []), "kubernetes.io/hostname")
    return [
        core.TopologySpreadConstraintArgs(
            max_skew=1,
            topology_key=place,
            when_unsatisfiable="ScheduleAnyway",
            label_selector=meta.LabelSelectorArgs(match_labels=dict(match)),
            match_label_keys=["pod-template-hash"],
        )
        for place in places
    ]


def waits(seconds: int) -> core.LifecycleArgs:
    """Before it is told to stop, a pod goes on as before for a while; the kubelet waits, and nothing runs in it.

    kubernetes.io/docs/concepts/containers/container-lifecycle-hooks
    """
    return core.LifecycleArgs(pre_stop=core.LifecycleHandlerArgs(sleep=core.SleepActionArgs(seconds=seconds)))


def ports(*numbers: int) -> list[networking.NetworkPolicyPortArgs]:
    """TCP ports of a policy."""
    return [networking.NetworkPolicyPortArgs(port=number, protocol="TCP") for number in numbers]


def addresses(block: IPv4Network) -> networking.NetworkPolicyPeerArgs:
    """Whoever has an address of a subnet."""
    return networking.NetworkPolicyPeerArgs(ip_block=networking.IPBlockArgs(cidr=str(block)))
