"""The verifier's pods: who may ask them, whom they ask, and what they are given.

They ask the API server for policies, which no other pod of the platform may (components/out_of_reach.py), with a token
of an hour that is mounted by name and not by default. They ask the registry and the directory, and nobody else.
"""

from collections.abc import Mapping

from pulumi import Resource, ResourceOptions
from pulumi_kubernetes.apps import v1 as apps
from pulumi_kubernetes.core import v1 as core
from pulumi_kubernetes.meta import v1 as meta
from pulumi_kubernetes.networking import v1 as networking
from pulumi_kubernetes.policy import v1 as policy

from components.fine_policies import COLLECTOR, NUMBERS, asked, fine_policy, hosts, names
from components.network import Network
from components.scope import Scope
from components.workload import Place, addresses, container_security, labels, pod_security, ports, spread, waits

NAMESPACE, ACCOUNT, CERTIFICATE = "image-verification", "verifier", "webhook-certs"
"""The Secret's name is the program's own: cmd/webhook/main.go."""
PORT, NUMBERS_PORT, REPLICAS = 8443, 9090, 3
CPU, MEMORY = "500m", "512Mi"
SURGE, LEAVING = 1, 1
LEAVING_SECONDS, GRACE_SECONDS = 10, 150
"""It goes on answering for 45 seconds after it is told to stop: knative.dev/pkg, webhook/webhook.go, GracePeriod."""
API_TOKEN, MOUNTED_AT = "api", "/var/run/secrets/kubernetes.io/serviceaccount"
TOKEN_SECONDS = 3600
MATCH: Mapping[str, str] = {"app.kubernetes.io/name": ACCOUNT}
TUNNEL = {"app": "konnectivity-agent"}
"""Azure's own way from the API server to pods, where it takes no direct one: learn.microsoft.com/azure/aks/
core-aks-concepts."""


def verifier(name: str, place: Place, *, scope: Scope, network: Network, options: ResourceOptions) -> Resource:
    """The deployment, with what leads to it and what keeps it."""
    core.Service(
        f"{name}-service",
        metadata=meta.ObjectMetaArgs(name="webhook", namespace=NAMESPACE),
        spec=core.ServiceSpecArgs(
            type="ClusterIP",
            selector=dict(MATCH),
            ports=[core.ServicePortArgs(name="https", port=443, target_port=PORT, protocol="TCP")],
        ),
        opts=options,
    )
    policy.PodDisruptionBudget(
        f"{name}-budget",
        metadata=meta.ObjectMetaArgs(name=ACCOUNT, namespace=NAMESPACE),
        spec=policy.PodDisruptionBudgetSpecArgs(
            # With none of them, nothing starts anywhere.
            max_unavailable=1,
            unhealthy_pod_eviction_policy="AlwaysAllow",
            selector=meta.LabelSelectorArgs(match_labels=dict(MATCH)),
        ),
        opts=options,
    )
    _reach(name, place, scope=scope, network=network)
    known = labels(scope, name=ACCOUNT, component=NAMESPACE, classification="internal")
    return apps.Deployment(
        f"{name}-deployment",
        metadata=meta.ObjectMetaArgs(name=ACCOUNT, namespace=NAMESPACE, labels=known),
        spec=apps.DeploymentSpecArgs(
            replicas=REPLICAS,
            min_ready_seconds=5,
            strategy=apps.DeploymentStrategyArgs(
                type="RollingUpdate",
                rolling_update=apps.RollingUpdateDeploymentArgs(max_surge=SURGE, max_unavailable=0),
            ),
            selector=meta.LabelSelectorArgs(match_labels=dict(MATCH)),
            template=core.PodTemplateSpecArgs(
                metadata=meta.ObjectMetaArgs(labels={**known, "azure.workload.identity/use": "true"}),
                spec=core.PodSpecArgs(
                    service_account_name=ACCOUNT,
                    automount_service_account_token=False,
                    enable_service_links=False,
                    security_context=pod_security(),
                    node_selector={"bailiwick/pool": "workload"},
                    topology_spread_constraints=spread(MATCH, scope.zones),
                    termination_grace_period_seconds=GRACE_SECONDS,
                    volumes=[
                        core.VolumeArgs(name="home", empty_dir=core.EmptyDirVolumeSourceArgs(size_limit="64Mi")),
                        core.VolumeArgs(name=API_TOKEN, projected=_token()),
                    ],
                    containers=[_container(scope)],
                ),
            ),
        ),
        opts=options,
    )


def _container(scope: Scope) -> core.ContainerArgs:
    # The program takes the kubelet for one of its callers unless it says who it is.
    health = core.HTTPGetActionArgs(
        path="/",
        port=PORT,
        scheme="HTTPS",
        http_headers=[core.HTTPHeaderArgs(name="k-kubelet-probe", value="webhook")],
    )
    size = {"cpu": CPU, "memory": MEMORY}
    return core.ContainerArgs(
        name=ACCOUNT,
        image=scope.config.image_verification.image,
        image_pull_policy="IfNotPresent",
        args=["-disable-tuf"],
        env=[
            core.EnvVarArgs(name="SYSTEM_NAMESPACE", value_from=_field("metadata.namespace")),
            core.EnvVarArgs(name="POD_NAME", value_from=_field("metadata.name")),
            core.EnvVarArgs(name="METRICS_DOMAIN", value="sigstore.dev/policy"),
            core.EnvVarArgs(name="WEBHOOK_NAME", value="webhook"),
            core.EnvVarArgs(name="HOME", value="/var/run/sigstore"),
        ],
        ports=[
            core.ContainerPortArgs(name="https", container_port=PORT, protocol="TCP"),
            core.ContainerPortArgs(name="numbers", container_port=NUMBERS_PORT, protocol="TCP"),
        ],
        resources=core.ResourceRequirementsArgs(requests=size, limits=size),
        security_context=container_security(),
        lifecycle=waits(LEAVING_SECONDS),
        volume_mounts=[
            core.VolumeMountArgs(name="home", mount_path="/var/run/sigstore"),
            core.VolumeMountArgs(name=API_TOKEN, mount_path=MOUNTED_AT, read_only=True),
        ],
        startup_probe=core.ProbeArgs(http_get=health, period_seconds=2, failure_threshold=60),
        readiness_probe=core.ProbeArgs(http_get=health, period_seconds=5, failure_threshold=3),
        liveness_probe=core.ProbeArgs(http_get=health, period_seconds=10, failure_threshold=6),
    )


def _token() -> core.ProjectedVolumeSourceArgs:
    """What the API server mounts by default, but said here, and for an hour."""
    return core.ProjectedVolumeSourceArgs(
        default_mode=0o440,
        sources=[
            core.VolumeProjectionArgs(
                service_account_token=core.ServiceAccountTokenProjectionArgs(
                    path="token", expiration_seconds=TOKEN_SECONDS
                )
            ),
            core.VolumeProjectionArgs(
                config_map=core.ConfigMapProjectionArgs(
                    name="kube-root-ca.crt", items=[core.KeyToPathArgs(key="ca.crt", path="ca.crt")]
                )
            ),
            core.VolumeProjectionArgs(
                downward_api=core.DownwardAPIProjectionArgs(
                    items=[
                        core.DownwardAPIVolumeFileArgs(
                            path="namespace",
                            field_ref=core.ObjectFieldSelectorArgs(api_version="v1", field_path="metadata.namespace"),
                        )
                    ]
                )
            ),
        ],
    )


def _field(path: str) -> core.EnvVarSourceArgs:
    return core.EnvVarSourceArgs(field_ref=core.ObjectFieldSelectorArgs(api_version="v1", field_path=path))


def _reach(name: str, place: Place, *, scope: Scope, network: Network) -> None:
    """In: the API server. Out: the API server, the private endpoints, and the directory for a token."""
    server = addresses(network.plan["apiserver"])
    endpoints = addresses(network.plan["endpoints"])
    tunnel = networking.NetworkPolicyPeerArgs(
        namespace_selector=meta.LabelSelectorArgs(match_labels={"kubernetes.io/metadata.name": "kube-system"}),
        pod_selector=meta.LabelSelectorArgs(match_labels=TUNNEL),
    )
    networking.NetworkPolicy(
        f"{name}-allow",
        metadata=meta.ObjectMetaArgs(name=ACCOUNT, namespace=NAMESPACE),
        spec=networking.NetworkPolicySpecArgs(
            pod_selector=meta.LabelSelectorArgs(match_labels=dict(MATCH)),
            policy_types=["Ingress", "Egress"],
            ingress=[networking.NetworkPolicyIngressRuleArgs(from_=[server, tunnel], ports=ports(PORT))],
            egress=[networking.NetworkPolicyEgressRuleArgs(to=[server, endpoints], ports=ports(443))],
        ),
        opts=place.options,
    )
    fine_policy(
        "requests",
        place,
        match=MATCH,
        ingress=[asked([COLLECTOR], NUMBERS_PORT, NUMBERS)],
        egress=[names(), hosts(443, scope.jurisdiction.cloud.active_directory)],
    )
