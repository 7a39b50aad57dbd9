"""Objects around the pods: kinds that the packs know, services that open one thing, volumes that are read."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from plan.model import MISSING, PlannedResource
from policies.addresses import is_private
from policies.clocked import CRON_JOB
from policies.config_maps import CONFIG, UNREADABLE, each_gateway
from policies.operators import DAEMON_SET
from policies.require import given, items, texts
from policies.review import StackUnderReview
from policies.rule import Judged, Severity, rule, stack_rule
from policies.settled import SHUT, Among, AtLeast, settled
from policies.tenants import space_of
from policies.types import CONTAINER, DEPLOYMENT, DISRUPTION_BUDGET, NAMESPACE, NETWORK_POLICY, SERVICE
from policies.verdict import PASSED, Verdict, all_of, refused, refused_for

VOLUME = "kubernetes:core/v1:PersistentVolume"
CLAIM = "kubernetes:core/v1:PersistentVolumeClaim"
SCALER = "kubernetes:autoscaling/v2:HorizontalPodAutoscaler"
SCALED = "kubernetes:keda.sh/v1alpha1:ScaledObject"
MONITOR = "kubernetes:azmonitoring.coreos.com/v1:PodMonitor"
UNREAD = {"action": "drop", "sourceLabels": ["__name__"], "regex": "vllm:cache_config_info"}
"""The one series that may be thrown away: components/metrics.py says why."""
CLASS = "kubernetes:scheduling.k8s.io/v1:PriorityClass"
PROVIDER = "kubernetes:secrets-store.csi.x-k8s.io/v1:SecretProviderClass"
ACCOUNT = "kubernetes:core/v1:ServiceAccount"
QUOTA = "kubernetes:core/v1:ResourceQuota"
LIMITS = "kubernetes:core/v1:LimitRange"
CILIUM = ("kubernetes:cilium.io/v2:CiliumNetworkPolicy", "kubernetes:cilium.io/v2:CiliumClusterwideNetworkPolicy")
JUDGED_ELSEWHERE = (
    "kubernetes:admissionregistration.k8s.io/v1:ValidatingAdmissionPolicy",
    "kubernetes:admissionregistration.k8s.io/v1:ValidatingAdmissionPolicyBinding",
    "kubernetes:admissionregistration.k8s.io/v1:ValidatingWebhookConfiguration",
    "kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition",
    "kubernetes:policy.sigstore.dev/v1alpha1:ClusterImagePolicy",
    *(
        f"kubernetes:rbac.authorization.k8s.io/v1:{kind}{what}"
        for kind in ("ClusterRole", "Role")
        for what in ("", "Binding")
    ),
    "kubernetes:apps/v1:StatefulSet",
    DAEMON_SET,
    "kubernetes:batch/v1:Job",
    CRON_JOB,
    "kubernetes:core/v1:Secret",
    "kubernetes:core/v1:SecretPatch",
)
"""Kinds that other rules judge, and kinds that no stack plans and that rules refuse, should one come."""
KNOWN = frozenset(
    {
        CONFIG,
        VOLUME,
        CLAIM,
        SCALER,
        SCALED,
        MONITOR,
        CLASS,
        PROVIDER,
        DISRUPTION_BUDGET,
        ACCOUNT,
        SERVICE,
        NETWORK_POLICY,
        NAMESPACE,
        QUOTA,
        LIMITS,
        *CILIUM,
    }
    | {DEPLOYMENT, *JUDGED_ELSEWHERE}
)
LOAD_BALANCER = "service.beta.kubernetes.io/azure-"
NOTED = frozenset(
    {
        "load-balancer-internal",
        "load-balancer-internal-subnet",
        "load-balancer-ipv4",
        "pls-create",
        "pls-ip-configuration-ip-address-count",
        "pls-ip-configuration-subnet",
        "pls-name",
        "pls-visibility",
        "pls-auto-approval",
    }
)
"""Annotations of Azure's load balancer that a service may carry: cloud-provider-azure.sigs.k8s.io/topics"""
NUMBERS_PORT = 8001
"""Of model servers: numbers and health, for the cluster's own."""
MODEL = re.compile(r"^https://[a-z0-9-]+\.inference-[a-z0-9-]+\.svc\.cluster\.local:8000$")
"""A model's proxy, which is spoken to by certificates on both sides."""
RETRIEVAL = "http://retrieval.retrieval.svc.cluster.local:8000"
"""Where the gateway asks for passages: one name in every stack."""
ORIGIN = re.compile(r"^https://[a-z0-9-]+(\.[a-z0-9-]+)+(:\d+)?$")
"""One page's host: a pattern, or `null`, is anybody's."""
INSIDE = re.compile(r"^http://[a-z0-9-]+\.[a-z0-9-]+\.svc\.cluster\.local(:\d+)?(/|$)")


@rule(
    "workload.kinds-are-known",
    title="The plan puts only kinds of object into the cluster that the packs judge",
    severity=Severity.HIGH,
    applies_to="kubernetes:*",
    fix="make it with components/workload.py, or write rules for the kind and name it in workload_objects.py",
    example="a ClusterRoleBinding, an Ingress, a Helm chart",
)
def kinds_known(item: PlannedResource, stack: StackUnderReview) -> Verdict:
    """No rule looks at a kind that nobody thought of: it would pass by absence, as a binding to cluster-admin would."""
    return PASSED if item.type in KNOWN else refused(f"is of type {item.type}, which no rule judges")


@rule(
    "workload.services-open-one-thing",
    title="A service leads to pods by their labels, on known ports, and gives nobody a public or unapproved way in",
    severity=Severity.CRITICAL,
    applies_to=SERVICE,
    fix="leave services to components/gateway_entries.py",
    example="a service with externalIPs, or a private link that anybody's subscription may see and have approved",
)
def one_thing(service: PlannedResource, stack: StackUnderReview) -> Verdict:
    """`externalIPs` takes another address's traffic (CVE-2020-8554); a private link approves whom it names."""
    noted = service.get("metadata.annotations")
    own = {str(k).removeprefix(LOAD_BALANCER): v for k, v in noted.items()} if isinstance(noted, dict) else {}
    strange = sorted(set(own) - NOTED) if own else []
    approved = [own.get("pls-auto-approval")] if own.get("pls-auto-approval") else []
    balanced = service.get("spec.type") == "LoadBalancer"
    told = [f"carries {name}" for name in strange] + [f"approves {who} by itself" for who in approved]
    if balanced and own.get("load-balancer-internal-subnet") != "gateway":
        told.append("is not in the gateway's subnet")
    if not balanced and own.get("pls-create") not in (None, "false"):
        told.append("makes a private link of its own")
    if balanced and own.get("pls-visibility") == "*" and service.get("metadata.name") != "portal":
        told.append("is seen by every subscription")
    address = own.get("load-balancer-ipv4")
    if isinstance(address, str) and not is_private(address):
        told.append(f"asks for address {address}")
    others = [p.get("port") for p in items(service.get("spec.ports")) if p.get("port") not in (443, 8000, NUMBERS_PORT)]
    told += [f"opens port {port}" for port in others]
    if service.get("spec.selector") in (MISSING, {}):
        told.append("leads to no pods by label")
    shut = ("externalIPs", "externalName", "loadBalancerIP", "loadBalancerSourceRanges", "loadBalancerClass")
    wanted: dict[str, object] = {f"spec.{key}": SHUT for key in shut}
    if balanced:
        wanted["spec.externalTrafficPolicy"] = "Local"
    return all_of((settled(service, wanted), refused_for(told)))


@rule(
    "workload.policies-name-peers-and-ports",
    title="A network policy that opens something names ports, and peers by labels or a range of the stack's own",
    severity=Severity.HIGH,
    applies_to=NETWORK_POLICY,
    fix="name the ports, and the namespace by a label",
    example="a network policy whose peer is every namespace",
)
def peers_and_ports(policy: PlannedResource, stack: StackUnderReview) -> Verdict:
    """An empty selector is everybody; an absent list of ports is every port."""
    told = []
    for side, peers in (("ingress", "from"), ("egress", "to")):
        for index, opening in enumerate(items(policy.get(f"spec.{side}"))):
            if not opening.get("ports"):
                told.append(f"{side} {index} opens every port")
            for peer in items(opening.get(peers)):
                if peer.get("namespaceSelector") == {} or (peer.get("podSelector") == {} and len(peer) == 1):
                    told.append(f"{side} {index} names everybody")
                block = peer.get("ipBlock")
                cidr = str(block.get("cidr")) if isinstance(block, dict) else "10.0.0.0/16"
                if not is_private(cidr) or ("/" in cidr and int(cidr.rpartition("/")[2]) < 16):
                    told.append(f"{side} {index} names {cidr}")
    return refused_for(told)


@stack_rule(
    "workload.weights-are-read",
    title="Volumes of the cluster are containers of the stack's own stores, read with an identity and kept",
    severity=Severity.CRITICAL,
    applies_to=(VOLUME, CLAIM, CONTAINER),
    fix="leave volumes to components/inference.py",
    example="a volume that is the node's disk, or a share that is read with a key",
)
def weights_read(stack: StackUnderReview) -> Iterable[Judged]:
    """What answers patients are these bytes: nobody in the cluster may change them, and they come from nowhere else."""
    stores = {(c.get("accountName"), c.get("containerName")) for c in stack.of_type(CONTAINER)}
    base = "spec.csi.volumeAttributes"
    for volume in stack.of_type(VOLUME):
        place = (volume.get(f"{base}.storageAccount"), volume.get(f"{base}.containerName"))
        wanted = {
            "spec.csi.driver": "blob.csi.azure.com",
            "spec.csi.readOnly": True,
            "spec.csi.nodeStageSecretRef": SHUT,
            f"{base}.protocol": "fuse2",
            f"{base}.AzureStorageAuthType": Among(("msi", "workloadidentity"), unset=True),
            f"{base}.mountWithWorkloadIdentityToken": "true",
            "spec.persistentVolumeReclaimPolicy": "Retain",
            **{f"spec.{kind}": SHUT for kind in ("hostPath", "nfs", "local")},
        }
        read = volume.get("spec.accessModes") == ["ReadOnlyMany"] and "--read-only=true" in texts(
            volume.get("spec.mountOptions")
        )
        yield (
            volume,
            all_of(
                (
                    settled(volume, wanted),
                    PASSED if read else refused("may be written"),
                    PASSED
                    if stack.partial or place in stores
                    else refused(f"is {place[1]} of {place[0]}, not in the plan"),
                )
            ),
        )
    names = {volume.get("metadata.name") for volume in stack.of_type(VOLUME)}
    for claim in stack.of_type(CLAIM):
        known = stack.partial or claim.get("spec.volumeName") in names
        read = claim.get("spec.accessModes") == ["ReadOnlyMany"]
        yield claim, PASSED if known and read else refused("takes a volume that the plan doesn't make, or may write")


@rule(
    "workload.secrets-stay-in-memory",
    title="What comes from the vault is mounted as files, with the pod's own identity, and makes no Secret",
    severity=Severity.HIGH,
    applies_to=PROVIDER,
    fix="remove secretObjects and useVMManagedIdentity, and name the account's client id",
    example="a SecretProviderClass that copies a certificate into a Secret",
)
def in_memory(provider: PlannedResource, stack: StackUnderReview) -> Verdict:
    """A Secret lies in etcd and in every backup of it; the machine's identity is every pod's."""
    wanted = {
        "spec.provider": "azure",
        "spec.secretObjects": SHUT,
        "spec.parameters.usePodIdentity": Among(("false", False), unset=True),
        "spec.parameters.useVMManagedIdentity": Among(("false", False), unset=True),
    }
    return all_of((settled(provider, wanted), given(provider, "spec.parameters.clientID")))


@stack_rule(
    "workload.gateway-serves-this-stack",
    title="The gateway's settings name this jurisdiction, models inside the cluster alone, and its pages one by one",
    severity=Severity.CRITICAL,
    applies_to=(CONFIG, NAMESPACE),
    fix="leave gateway.json to components/gateway.py",
    example="a gateway whose model is at https://elsewhere.example/v1",
)
def gateway_serves(stack: StackUnderReview) -> Iterable[Judged]:
    """The gateway is where every prompt passes: its settings decide where that goes next."""
    spaces = {space.get("metadata.name") for space in stack.of_type(NAMESPACE)}
    return each_gateway(stack, lambda told: _gateway(told, stack, spaces))


def _gateway(told: Mapping[str, Any], stack: StackUnderReview, spaces: set[object]) -> Verdict:
    try:
        wanted = {
            "stack": stack.plan.stack,
            "jurisdiction": stack.jurisdiction.id,
            "environment": stack.environment,
        }
        bad = [f"{key} is {told.get(key)!r}" for key, value in wanted.items() if told.get(key) != value]
        routes = [*dict(told.get("models", {})).items()]
        for tenant in dict(told.get("tenants", {})).values():
            routes += dict(tenant.get("models", {})).items()
        for name, url in routes:
            space = space_of(url)
            if not MODEL.match(str(url)) or not (stack.partial or space in spaces):
                bad.append(f"model {name} is at {url}")
        retrieval = told.get("retrieval")
        if retrieval not in (None, RETRIEVAL) or (retrieval and not stack.partial and "retrieval" not in spaces):
            bad.append(f"retrieval is at {retrieval}")
        pages = [page for one in (told, *dict(told.get("tenants", {})).values()) for page in one.get("origins", ())]
        bad += [f"answers pages of {page}" for page in pages if not ORIGIN.match(str(page))]
        if pages and "portal" not in dict(told.get("listeners", {})):
            bad.append("answers pages, and has no listener for browsers")
        if stack.plan.stack.partition("-")[0] not in str(told.get("host", stack.jurisdiction.id)):
            bad.append(f"answers to {told.get('host')}, which doesn't name this stack")
    except (ValueError, TypeError, AttributeError):
        return refused(UNREADABLE)
    return refused_for(bad)


@rule(
    "workload.numbers-keep-their-bounds",
    title="Scaling keeps two pods in prod, and what is measured is bounded and read every minute",
    severity=Severity.MEDIUM,
    applies_to=(SCALER, SCALED, MONITOR, CLASS, DISRUPTION_BUDGET, NAMESPACE),
    fix="leave scaling and monitors to components/workload.py",
    example="a prod scaler that goes down to no pod",
)
def bounds(item: PlannedResource, stack: StackUnderReview) -> Verdict:
    """Down to none is off; a label without a bound writes a patient's number into the metrics."""
    wanted: dict[str, object] = {}
    if item.type == SCALER and stack.is_prod:
        wanted = {"spec.minReplicas": AtLeast(2)}
    elif item.type == SCALED:
        wanted = {"spec.minReplicaCount": AtLeast(1)} if stack.is_prod else {}
        bad = [
            str(u)
            for _, u in item.each("spec.triggers[*].metadata.url")
            if u is not MISSING and not INSIDE.match(str(u))
        ]
        if bad:
            return refused(f"asks {', '.join(bad)}")
    elif item.type == MONITOR:
        wanted = {
            "spec.labelLimit": AtLeast(1),
            "spec.labelValueLengthLimit": AtLeast(1),
            "spec.podMetricsEndpoints": AtLeast(1),
            "spec.podMetricsEndpoints[*].interval": Among(("15s", "30s", "60s", "1m")),
            # What is dropped before it is kept is what an alert never sees.
            "spec.podMetricsEndpoints[*].metricRelabelings": Among(([UNREAD],), unset=True),
        }
    elif item.type == CLASS:
        wanted = {"globalDefault": SHUT}
    elif item.type == NAMESPACE:
        labels = item.get("metadata.labels")
        version = labels.get("pod-security.kubernetes.io/enforce-version") if isinstance(labels, dict) else None
        return PASSED if version in (None, "latest") else refused(f"enforces Pod Security as of {version}")
    elif item.type == DISRUPTION_BUDGET and stack.is_prod:
        share = item.get("spec.maxUnavailable")
        return (
            refused(f"lets {share} of the pods be away")
            if isinstance(share, str) and share.startswith("100")
            else PASSED
        )
    return settled(item, wanted)


@stack_rule(
    "workload.labels-find-their-pods",
    title="Budgets and monitors name pods that a workload in their namespace has",
    severity=Severity.MEDIUM,
    applies_to=(DEPLOYMENT, DAEMON_SET, DISRUPTION_BUDGET, MONITOR),
    fix="select by the deployment's own labels",
    example="a PodMonitor that selects app=x, which no pod has",
)
def find_pods(stack: StackUnderReview) -> Iterable[Judged]:
    """A selector that finds nothing is not an error: it is silence."""
    for item in stack.of_type(DISRUPTION_BUDGET, MONITOR):
        found = item.get("spec.selector.matchLabels")
        wanted = found.items() if isinstance(found, dict) else ()
        pods = [
            d.get("spec.template.metadata.labels")
            for d in stack.of_type(DEPLOYMENT, DAEMON_SET)
            if d.get("metadata.namespace") == item.get("metadata.namespace")
        ]
        hit = any(isinstance(labels, dict) and wanted <= labels.items() for labels in pods) if wanted else False
        yield item, PASSED if hit or stack.partial else refused("selects no pod of its namespace")
    watched = {monitor.get("metadata.namespace") for monitor in stack.of_type(MONITOR)}
    for deployment in stack.of_type(DEPLOYMENT, DAEMON_SET):
        seen = stack.partial or deployment.get("metadata.namespace") in watched
        yield deployment, PASSED if seen else refused("has no PodMonitor in its namespace")
