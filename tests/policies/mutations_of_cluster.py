"""Breaches of the rules on what is inside the cluster: fine policies, quotas, labels, tokens and drains."""

from collections.abc import Mapping

from tests.policies.mutation import Mutation
from tests.policies.mutations_of_settings import weaken

FINE = "kubernetes:cilium.io/v2:CiliumNetworkPolicy"
WIDE = "kubernetes:cilium.io/v2:CiliumClusterwideNetworkPolicy"
DEPLOYMENT, QUOTA = "kubernetes:apps/v1:Deployment", "kubernetes:core/v1:ResourceQuota"
MODEL = {"metadata.namespace": "inference-clinical-notes"}
GATEWAY = {"metadata.namespace": "gateway"}
RETRIEVAL = {"metadata.namespace": "retrieval"}

CLUSTER: Mapping[str, Mutation] = {
    "cluster.policies-read-names-and-requests": weaken(
        "containerservice:ManagedCluster",
        "networkProfile.advancedNetworking.security.advancedNetworkPolicies",
        "FQDN",
    ),
    "cluster.upgrades-wait-for-models": weaken(
        "containerservice:AgentPool", "upgradeSettings.drainTimeoutInMinutes", 30
    ),
    "retrieval.answers-known-requests": weaken(
        FINE,
        "spec.ingress[*].toPorts[*].rules.http",
        {"method": "POST", "path": "/v1/documents"},
        change="add",
        when=RETRIEVAL,
    ),
    "retrieval.asks-the-database-alone": weaken(
        "kubernetes:networking.k8s.io/v1:NetworkPolicy", "spec.egress[*].ports[*].port", 443, when=RETRIEVAL
    ),
    "retrieval.reads-as-its-own-login": weaken(
        DEPLOYMENT, "spec.template.spec.containers[*].env[*].value", "require", when={".name": "PGSSLMODE"}
    ),
    "tokens.kept-in-the-stacks-own-database": weaken(
        "kubernetes:core/v1:ConfigMap",
        "data['gateway.json']|vault.user",
        "id-bw-eu-prod-migrations",
        when={"metadata.name": "gateway"},
    ),
    "workload.detector-holds-only-a-socket": weaken(
        "kubernetes:core/v1:ConfigMap",
        "data['gateway.json']|plugin",
        {"socket": "/run/detector/detector.sock", "model": f"sha256:{'0' * 64}", "seconds": 1.0},
        when={"metadata.name": "gateway"},
    ),
    "workload.gateway-ceilings-hold": weaken(
        "kubernetes:core/v1:ConfigMap",
        "data['gateway.json']|volume.caller.patients",
        1_000_000,
        when={"metadata.name": "gateway"},
    ),
    "workload.drains-end-streams": weaken(DEPLOYMENT, "spec.template.spec.terminationGracePeriodSeconds", 30),
    "workload.fine-policies-open-nothing-wide": weaken(
        FINE, "spec.egress", {"toEntities": ["kube-apiserver"]}, change="add", when=GATEWAY
    ),
    "workload.models-answer-known-requests": weaken(
        FINE,
        "spec.ingress[*].toPorts[*].ports[*].port",
        "8002",
        when=MODEL,
    ),
    "workload.namespaces-are-bounded": weaken("kubernetes:core/v1:LimitRange", change="vanish"),
    "workload.node-and-control-are-out-of-reach": weaken(WIDE, change="vanish"),
    "workload.operators-keep-to-their-folder": weaken(
        "kubernetes:apps/v1:DaemonSet", "spec.template.spec.volumes[*].hostPath.path", "/var/lib/kubelet"
    ),
    "workload.quotas-follow-the-dials": weaken(QUOTA, "spec.hard.pods", "1000"),
    "workload.says-whose-it-is": weaken(
        DEPLOYMENT, "spec.template.metadata.labels['bailiwick/tenant']", change="absent"
    ),
    "workload.tokens-live-an-hour": weaken(
        "kubernetes:core/v1:ServiceAccount",
        "metadata.annotations['azure.workload.identity/service-account-token-expiration']",
        "86400",
    ),
}

OF_CLUSTER_TOO: Mapping[str, str] = {
    "flows.only-the-gateway-reaches-models": "workload.fine-policies-open-nothing-wide "
    "workload.models-answer-known-requests",
    "workload.namespaces-restricted": "workload.node-and-control-are-out-of-reach workload.says-whose-it-is",
    "workload.operators-keep-to-their-folder": "workload.shares-nothing-with-node workload.mounts-what-it-reads",
    "workload.limits-set": "workload.quotas-follow-the-dials",
    # Server and proxy are of one image; what is verified is what is noted.
    "images.in-catalogue": "workload.models-stand-behind-their-proxy",
    "workload.images-by-digest": "workload.models-stand-behind-their-proxy",
    "workload.images-from-own-registry": "workload.models-stand-behind-their-proxy",
    "delivery.changes-name-these-versions": "workload.models-run-no-code",
    # A quota counts the services of its namespace.
    "workload.lives-in-own-namespaces": "workload.quotas-follow-the-dials",
}
